/**
 * Enough of the WebAssembly binary format (core specification 2.0 with fixed-width SIMD) to write loops over
 * arrays: an expression is the bytes that leave its value on the stack, and operators take expressions.
 */
export type Code = readonly number[];

/** Value types by their byte in the format. */
export const valueType = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b } as const;
export type ValueType = keyof typeof valueType;

function unsigned(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value >>> 0; ; rest >>>= 7) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest & 127) | 128);
  }
}

function signed(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7) {
    if (rest >= -64 && rest < 64) return [...bytes, rest & 127];
    bytes.push((rest & 127) | 128);
  }
}

const little = (bytes: ArrayBuffer): number[] => [...new Uint8Array(bytes)];
const f32Bytes = (value: number) => little(Float32Array.of(value).buffer);

const plain =
  (opcode: number) =>
  (...operands: readonly Code[]): Code => [...operands.flat(), opcode];
const simd =
  (opcode: number) =>
  (...operands: readonly Code[]): Code => [...operands.flat(), 0xfd, ...unsigned(opcode)];
const load =
  (prefix: Code, align: number) =>
  (address: Code, offset = 0): Code => [...address, ...prefix, align, ...unsigned(offset)];
const store =
  (prefix: Code, align: number) =>
  (address: Code, value: Code, offset = 0): Code => [
    ...address,
    ...value,
    ...prefix,
    align,
    ...unsigned(offset),
  ];

export const i32 = {
  of: (value: number): Code => [0x41, ...signed(value | 0)],
  load: load([0x28], 2),
  load8: load([0x2d], 0),
  store: store([0x36], 2),
  store8: store([0x3a], 0),
  lessUnsigned: plain(0x49),
  add: plain(0x6a),
  sub: plain(0x6b),
  mul: plain(0x6c),
  shl: plain(0x74),
  shrUnsigned: plain(0x76),
} as const;

export const i64 = {
  of: (value: number): Code => [0x42, ...signed(value)],
  load: load([0x29], 3),
  store: store([0x37], 3),
  add: plain(0x7c),
  extendUnsigned: plain(0xad),
} as const;

export const f32 = {
  load: load([0x2a], 2),
  store: store([0x38], 2),
  less: plain(0x5d),
  notEqual: plain(0x5c),
  add: plain(0x92),
} as const;

export const f64 = {
  of: (value: number): Code => [0x44, ...little(Float64Array.of(value).buffer)],
  store: store([0x39], 3),
  less: plain(0x63),
  more: plain(0x64),
  atLeast: plain(0x66),
  add: plain(0xa0),
  mul: plain(0xa2),
} as const;

export const v128 = {
  load: load([0xfd, 0x00], 4),
  store: store([0xfd, 0x0b], 4),
  /** Four equal constants. */
  f32: (value: number): Code => {
    const bytes = f32Bytes(value);
    return [0xfd, 0x0c, ...bytes, ...bytes, ...bytes, ...bytes];
  },
  i32: (...lanes: readonly [number, number, number, number]): Code => [
    0xfd,
    0x0c,
    ...little(Int32Array.from(lanes).buffer),
  ],
  /** Two equal constants. */
  i64: (value: bigint): Code => [0xfd, 0x0c, ...little(BigInt64Array.of(value, value).buffer)],
  and: simd(0x4e),
  /** Whether any bit is set. */
  any: simd(0x53),
} as const;

export const i32x4 = {
  splat: simd(0x11),
  shl: simd(0xab),
  shrUnsigned: simd(0xad),
  add: simd(0xae),
  /** Truncates towards zero. */
  fromF32: simd(0xf8),
  toF32: simd(0xfa),
  toF32Unsigned: simd(0xfb),
} as const;

export const i64x2 = {
  extendLow: simd(0xc7),
  extendHigh: simd(0xc8),
  shl: simd(0xcb),
  shr: simd(0xcc),
  add: simd(0xce),
} as const;

export const f32x4 = {
  splat: simd(0x13),
  floor: simd(0x68),
  nearest: simd(0x6a),
  add: simd(0xe4),
  sub: simd(0xe5),
  mul: simd(0xe6),
  div: simd(0xe7),
  min: simd(0xe8),
  max: simd(0xe9),
} as const;

export const f64x2 = {
  of: (first: Code, second: Code): Code => [...first, 0xfd, 0x14, ...second, 0xfd, 0x22, 1],
  lane: (pair: Code, lane: 0 | 1): Code => [...pair, 0xfd, 0x21, lane],
  /** The first lanes of two pairs. */
  firsts: (a: Code, b: Code): Code => [...a, ...b, 0xfd, 0x0d, ...bytesOfLane(0), ...bytesOfLane(2)],
  seconds: (a: Code, b: Code): Code => [...a, ...b, 0xfd, 0x0d, ...bytesOfLane(1), ...bytesOfLane(3)],
  add: simd(0xf0),
  sub: simd(0xf1),
  mul: simd(0xf2),
  div: simd(0xf3),
} as const;

/** Of the four lanes of two pairs. */
function bytesOfLane(lane: number): Code {
  return Array.from({ length: 8 }, (_, byte) => 8 * lane + byte);
}

export const get = (local: number): Code => [0x20, ...unsigned(local)];
export const set = (local: number, value: Code): Code => [...value, 0x21, ...unsigned(local)];
/** `condition ? yes : no` without a branch. */
export const select = (yes: Code, no: Code, condition: Code): Code => [...yes, ...no, ...condition, 0x1b];

/** Runs the body if the condition holds. */
export const when = (condition: Code, body: Code): Code => [...condition, 0x04, 0x40, ...body, 0x0b];

/** Runs the body with `local` from its present value, by `step`, while it is below `end` (unsigned). */
export function loopBelow(
  local: number,
  { end, step }: { readonly end: Code; readonly step: number },
  body: Code,
): Code {
  const isBelow = i32.lessUnsigned(get(local), end);
  const next = set(local, i32.add(get(local), i32.of(step)));
  const again: Code = [...body, ...next, ...isBelow, 0x0d, 0];
  // if (below) loop { body; local += step; branch back while below }
  return [...isBelow, 0x04, 0x40, 0x03, 0x40, ...again, 0x0b, 0x0b];
}

/** A function; its locals are numbered from the parameters on. */
export interface WasmFunction {
  readonly name: string;
  readonly parameters: readonly ValueType[];
  readonly result?: ValueType;
  readonly locals: readonly ValueType[];
  readonly body: Code;
}

/** A module that exports the functions and imports its memory as `host.memory`. */
export function assemble(functions: readonly WasmFunction[]): Uint8Array<ArrayBuffer> {
  const text = (value: string) => vector([...new TextEncoder().encode(value)].map((byte) => [byte]));
  const types = functions.map(({ parameters, result }) => [
    0x60,
    ...vector(parameters.map((type) => [valueType[type]])),
    ...vector(result === undefined ? [] : [[valueType[result]]]),
  ]);
  const bodies = functions.map(({ locals, body }) => {
    const code = [...vector(locals.map((type) => [1, valueType[type]])), ...body, 0x0b];
    return [...unsigned(code.length), ...code];
  });
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, vector(types)),
    ...section(2, vector([[...text("host"), ...text("memory"), 0x02, 0x00, 0x00]])),
    ...section(3, vector(functions.map((_, index) => unsigned(index)))),
    ...section(7, vector(functions.map(({ name }, index) => [...text(name), 0x00, ...unsigned(index)]))),
    ...section(10, vector(bodies)),
  ]);
}

function vector(items: readonly Code[]): Code {
  return [...unsigned(items.length), ...items.flat()];
}

function section(id: number, content: Code): Code {
  return [id, ...unsigned(content.length), ...content];
}
