/**
 * Thrift's compact protocol, in which Parquet writes its metadata, as a tree that keeps every field it does not know.
 * Specification: apache/thrift, doc/specs/thrift-compact-protocol.md.
 */
export type ThriftValue =
  | { readonly kind: "bool"; readonly value: boolean }
  | { readonly kind: "byte"; readonly value: number }
  | { readonly kind: "i16" | "i32" | "i64"; readonly value: bigint }
  | { readonly kind: "double" | "binary"; readonly value: Uint8Array }
  | { readonly kind: "list"; readonly element: number; readonly items: readonly ThriftValue[] }
  | { readonly kind: "struct"; readonly fields: ThriftStruct };

/** Fields by number. */
export type ThriftStruct = ReadonlyMap<number, ThriftValue>;

/** What has an end, so that no damaged or hostile footer is read past it. */
interface Reader {
  readonly bytes: Uint8Array;
  at: number;
  depth: number;
}

const types = {
  yes: 1,
  no: 2,
  byte: 3,
  i16: 4,
  i32: 5,
  i64: 6,
  double: 7,
  binary: 8,
  list: 9,
  set: 10,
  struct: 12,
};
const deepest = 32;
const longestVarint = 10;

/** Reads one struct from the begin of some bytes. Throws a `RangeError` where they are none. */
export function readThrift(bytes: Uint8Array): ThriftStruct {
  return readStruct({ bytes, at: 0, depth: 0 });
}

function readStruct(reader: Reader): ThriftStruct {
  if (++reader.depth > deepest) throw new RangeError("structs within too many structs");
  const fields = new Map<number, ThriftValue>();
  for (let number = 0; ;) {
    const head = readByte(reader);
    if (head === 0) break;
    const delta = head >> 4;
    number = delta === 0 ? Number(zigzag(readVarint(reader))) : number + delta;
    const type = head & 15;
    fields.set(
      number,
      type <= types.no ? { kind: "bool", value: type === types.yes } : readValue(reader, type),
    );
  }
  reader.depth--;
  return fields;
}

function readValue(reader: Reader, type: number): ThriftValue {
  switch (type) {
    case types.yes:
    case types.no:
      return { kind: "bool", value: readByte(reader) === types.yes };
    case types.byte:
      return { kind: "byte", value: readByte(reader) };
    case types.i16:
      return { kind: "i16", value: zigzag(readVarint(reader)) };
    case types.i32:
      return { kind: "i32", value: zigzag(readVarint(reader)) };
    case types.i64:
      return { kind: "i64", value: zigzag(readVarint(reader)) };
    case types.double:
      return { kind: "double", value: readBytes(reader, 8) };
    case types.binary:
      return { kind: "binary", value: readBytes(reader, Number(readVarint(reader))) };
    case types.list:
    case types.set:
      return readList(reader);
    case types.struct:
      return { kind: "struct", fields: readStruct(reader) };
    default:
      throw new RangeError(`no type ${type}`);
  }
}

function readList(reader: Reader): ThriftValue {
  const head = readByte(reader);
  const short = head >> 4;
  const count = short === 15 ? Number(readVarint(reader)) : short;
  if (count > reader.bytes.length - reader.at) throw new RangeError("a list that is longer than its bytes");
  const element = head & 15;
  return { kind: "list", element, items: Array.from({ length: count }, () => readValue(reader, element)) };
}

function readByte(reader: Reader): number {
  if (reader.at >= reader.bytes.length) throw new RangeError("bytes that end within a struct");
  return reader.bytes[reader.at++];
}

function readBytes(reader: Reader, length: number): Uint8Array {
  const end = reader.at + length;
  if (end > reader.bytes.length) throw new RangeError("bytes that end within a value");
  const taken = reader.bytes.subarray(reader.at, end);
  reader.at = end;
  return taken;
}

function readVarint(reader: Reader): bigint {
  let value = 0n;
  for (let i = 0; i < longestVarint; i++) {
    const byte = readByte(reader);
    value |= BigInt(byte & 127) << BigInt(7 * i);
    if (byte < 128) return value;
  }
  throw new RangeError("a number that does not end");
}

const zigzag = (value: bigint): bigint => BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n));

/** The bytes of a struct. */
export function writeThrift(fields: ThriftStruct): Uint8Array {
  const pieces: Uint8Array[] = [];
  writeStruct(pieces, fields);
  return Buffer.concat(pieces);
}

function writeStruct(to: Uint8Array[], fields: ThriftStruct): void {
  let last = 0;
  for (const [number, value] of [...fields].sort(([a], [b]) => a - b)) {
    const type = value.kind === "bool" ? (value.value ? types.yes : types.no) : types[value.kind];
    const delta = number - last;
    if (delta > 0 && delta <= 15) to.push(Uint8Array.of((delta << 4) | type));
    else to.push(Uint8Array.of(type), varint(unzigzag(BigInt(number))));
    if (value.kind !== "bool") writeValue(to, value);
    last = number;
  }
  to.push(Uint8Array.of(0));
}

function writeValue(to: Uint8Array[], value: ThriftValue): void {
  switch (value.kind) {
    case "bool":
      to.push(Uint8Array.of(value.value ? types.yes : types.no));
      return;
    case "byte":
      to.push(Uint8Array.of(value.value));
      return;
    case "i16":
    case "i32":
    case "i64":
      to.push(varint(unzigzag(value.value)));
      return;
    case "double":
      to.push(value.value);
      return;
    case "binary":
      to.push(varint(BigInt(value.value.length)), value.value);
      return;
    case "list": {
      const { length } = value.items;
      to.push(Uint8Array.of((Math.min(length, 15) << 4) | value.element));
      if (length >= 15) to.push(varint(BigInt(length)));
      for (const item of value.items) writeValue(to, item);
      return;
    }
    case "struct":
      writeStruct(to, value.fields);
  }
}

const unzigzag = (value: bigint): bigint => BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));

function varint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}

/** Fields as a struct; those that are undefined are left out. */
export function thriftStruct(fields: Readonly<Record<number, ThriftValue | undefined>>): ThriftStruct {
  const given = Object.entries(fields).filter(
    (entry): entry is [string, ThriftValue] => entry[1] !== undefined,
  );
  return new Map(given.map(([number, value]) => [Number(number), value]));
}

export const i32 = (value: number): ThriftValue => ({ kind: "i32", value: BigInt(value) });
export const i64 = (value: number): ThriftValue => ({ kind: "i64", value: BigInt(value) });
export const text = (value: string): ThriftValue => ({ kind: "binary", value: Buffer.from(value) });
export const structs = (items: readonly ThriftStruct[]): ThriftValue => ({
  ...{ kind: "list", element: types.struct },
  items: items.map((fields) => ({ kind: "struct", fields })),
});
export const i32s = (values: readonly number[]): ThriftValue => ({
  ...{ kind: "list", element: types.i32 },
  items: values.map(i32),
});
export const texts = (values: readonly string[]): ThriftValue => ({
  ...{ kind: "list", element: types.binary },
  items: values.map(text),
});
