import { gzipSync } from "node:zlib";
import type { PartColumn } from "../../data/index.js";
import { i32, thriftStruct, writeThrift } from "./thrift.js";

/** The types, codecs and levels of Parquet's own numbering: apache/parquet-format, parquet.thrift. */
interface PageType {
  readonly physical: number;
  /** What the physical type stands for, where that is not itself. */
  readonly converted?: number;
  readonly codec: number;
  readonly list: boolean;
}

const uncompressed = 0;
const gzip = 2;
const utf8 = 0;
const uint64 = 14;

/** Numbers are not compressed: predictions are noise in all bytes that would count. */
export const pageTypes: Readonly<Record<PartColumn["type"], PageType>> = {
  float: { physical: 4, codec: uncompressed, list: false },
  double: { physical: 5, codec: uncompressed, list: false },
  int: { physical: 1, codec: uncompressed, list: false },
  bigint: { physical: 2, codec: uncompressed, list: false },
  ubigint: { physical: 2, converted: uint64, codec: uncompressed, list: false },
  bool: { physical: 0, codec: gzip, list: false },
  text: { physical: 6, converted: utf8, codec: gzip, list: false },
  bools: { physical: 0, codec: gzip, list: true },
  texts: { physical: 6, converted: utf8, codec: gzip, list: true },
};

/** A data page with its header. */
export interface Page {
  readonly bytes: Uint8Array;
  /** Rows that lie in it. */
  readonly rows: number;
  /** Values by Parquet's count: a list has as many as elements, and one where it has none. */
  readonly values: number;
  /** Bytes as they would be without compression, the header included. */
  readonly rawBytes: number;
}

type Value = ReturnType<PartColumn["value"]>;

/** Rows `[from, to)` of a column as one page of plain values. */
export function encodePage(
  { type, value }: Pick<PartColumn, "type" | "value">,
  [from, to]: readonly [number, number],
): Page {
  const { codec, list } = pageTypes[type];
  const rows = to - from;
  const { content, values } =
    numbersOf(type, value, [from, to]) ?? contentOf({ type, list }, value, [from, to]);
  const packed = codec === gzip ? gzipSync(content, { level: 1 }) : content;
  const header = pageHeader(content.length, packed.length, values);
  return { bytes: Buffer.concat([header, packed]), rows, values, rawBytes: header.length + content.length };
}

interface Content {
  readonly content: Uint8Array;
  readonly values: number;
}

/** Numbers of which none is missing, which nearly all predictions are: without a list of them first. */
function numbersOf(
  type: PartColumn["type"],
  value: PartColumn["value"],
  [from, to]: readonly [number, number],
): Content | undefined {
  if (type !== "float" && type !== "double") return undefined;
  const values = to - from;
  const numbers = type === "float" ? new Float32Array(values) : new Float64Array(values);
  for (let i = 0; i < values; i++) {
    const number = value(from + i);
    if (typeof number !== "number") return undefined;
    numbers[i] = number;
  }
  return { content: Buffer.concat([withLength(repeated(1, values)), bytesOf(numbers)]), values };
}

function contentOf(
  { type, list }: { readonly type: PartColumn["type"]; readonly list: boolean },
  value: PartColumn["value"],
  [from, to]: readonly [number, number],
): Content {
  const rows = Array.from({ length: to - from }, (_, i) => value(from + i));
  const { levels, elements, values } = list ? listLevels(rows) : flatLevels(rows);
  return { content: Buffer.concat([...levels, encode(type, elements)]), values };
}

const plain = 0;
const runLength = 3;
/** How values and levels are written. */
export const encodings: readonly number[] = [plain, runLength];

function pageHeader(rawSize: number, size: number, values: number): Uint8Array {
  const data = thriftStruct({ 1: i32(values), 2: i32(plain), 3: i32(runLength), 4: i32(runLength) });
  return writeThrift(
    thriftStruct({ 1: i32(0), 2: i32(rawSize), 3: i32(size), 5: { kind: "struct", fields: data } }),
  );
}

interface Levelled {
  readonly levels: readonly Uint8Array[];
  readonly elements: readonly Value[];
  readonly values: number;
}

function flatLevels(rows: readonly Value[]): Levelled {
  const elements = rows.filter((value) => value !== null);
  const whole = elements.length === rows.length;
  const definition = whole
    ? repeated(1, rows.length)
    : packedLevels(
        rows.map((value) => (value === null ? 0 : 1)),
        1,
      );
  return { levels: [withLength(definition)], elements, values: rows.length };
}

/** A list that is missing has the definition level 0, an empty one 1, an element 2; its first repeats nothing. */
function listLevels(rows: readonly Value[]): Levelled {
  const repetition: number[] = [];
  const definition: number[] = [];
  const elements: Value[] = [];
  for (const row of rows) {
    const items = row as readonly (boolean | string)[] | null;
    if (items === null || items.length === 0) {
      repetition.push(0);
      definition.push(items === null ? 0 : 1);
    }
    items?.forEach((item, i) => {
      repetition.push(i === 0 ? 0 : 1);
      definition.push(2);
      elements.push(item);
    });
  }
  const levels = [withLength(packedLevels(repetition, 1)), withLength(packedLevels(definition, 2))];
  return { levels, elements, values: definition.length };
}

const withLength = (levels: Uint8Array): Uint8Array => {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(levels.length);
  return Buffer.concat([length, levels]);
};

/** One run of the same level. */
const repeated = (level: number, count: number): Uint8Array =>
  Uint8Array.from([...unsigned(count * 2), level]);

/** One run of levels of so many bits, the first in the lowest bits, in groups of eight. */
function packedLevels(levels: readonly number[], bits: number): Uint8Array {
  const groups = Math.ceil(levels.length / 8);
  const packed = new Uint8Array(groups * bits);
  levels.forEach((level, i) => (packed[(i * bits) >> 3] |= level << ((i * bits) & 7)));
  return Buffer.concat([Uint8Array.from(unsigned(groups * 2 + 1)), packed]);
}

function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return [...bytes, rest];
}

function encode(type: PartColumn["type"], elements: readonly Value[]): Uint8Array {
  switch (type) {
    case "float":
      return bytesOf(Float32Array.from(elements as readonly number[]));
    case "double":
      return bytesOf(Float64Array.from(elements as readonly number[]));
    case "int":
      return bytesOf(Int32Array.from(elements as readonly number[]));
    case "bigint":
      return bytesOf(BigInt64Array.from(elements as readonly bigint[]));
    case "ubigint":
      return bytesOf(BigUint64Array.from(elements as readonly bigint[]));
    case "bool":
    case "bools":
      return packedBits(elements as readonly boolean[]);
    case "text":
    case "texts":
      return Buffer.concat(
        (elements as readonly string[]).map((element) => withLength(Buffer.from(element))),
      );
  }
}

/** Parquet is little endian, as every machine is that the engines run on. */
const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

function packedBits(elements: readonly boolean[]): Uint8Array {
  const packed = new Uint8Array(Math.ceil(elements.length / 8));
  elements.forEach((element, i) => (packed[i >> 3] |= element ? 1 << (i & 7) : 0));
  return packed;
}
