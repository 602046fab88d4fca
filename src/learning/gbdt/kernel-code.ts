import { hessianBits } from "./fixed-point.js";
import { histogramFunctions } from "./histogram-code.js";
import { memoryMap } from "./memory-map.js";
import {
  f32,
  f32x4,
  get,
  i32,
  i32x4,
  i64x2,
  loopBelow,
  select,
  set,
  v128,
  type Code,
  type WasmFunction,
} from "./wasm-assembler.js";

/**
 * (rows, count, bins of a feature, room for the right) → bytes of the left: a stable partition without
 * branches. Both sides are written, one pointer moves. The table holds 4 for bins that go left, else 0.
 */
function part(): WasmFunction {
  const [rows, count, bins, right, end, left, row, step] = [0, 1, 2, 3, 4, 5, 6, 7];
  const body = [
    ...set(row, i32.load(get(rows))),
    ...set(step, i32.load8(i32.load8(i32.add(get(bins), get(row))), memoryMap.sides)),
    ...i32.store(get(left), get(row)),
    ...i32.store(get(right), get(row)),
    ...set(left, i32.add(get(left), get(step))),
    ...set(right, i32.add(get(right), i32.sub(i32.of(4), get(step)))),
  ];
  const first = count;
  return {
    name: "part",
    parameters: ["i32", "i32", "i32", "i32"],
    result: "i32",
    locals: ["i32", "i32", "i32", "i32"],
    body: [
      ...set(end, i32.add(get(rows), i32.shl(get(count), i32.of(2)))),
      ...set(first, get(rows)),
      ...set(left, get(rows)),
      ...loopBelow(rows, { end: get(end), step: 4 }, body),
      ...i32.sub(get(left), get(first)),
    ],
  };
}

/** (rows, count, scores, value): adds the value to the rows' float32 scores. */
function addToScores(): WasmFunction {
  const [rows, count, scores, value, end, at] = [0, 1, 2, 3, 4, 5];
  const body = [
    ...set(at, i32.add(get(scores), i32.shl(i32.load(get(rows)), i32.of(2)))),
    ...f32.store(get(at), f32.add(f32.load(get(at)), get(value))),
  ];
  return {
    name: "addToScores",
    parameters: ["i32", "i32", "i32", "f32"],
    locals: ["i32", "i32"],
    body: [
      ...set(end, i32.add(get(rows), i32.shl(get(count), i32.of(2)))),
      ...loopBelow(rows, { end: get(end), step: 4 }, body),
    ],
  };
}

/** (values, count, bins by feature, bins by row, stride): binary search in the block of bounds. */
function binValues(): WasmFunction {
  const [values, count, column, record, stride, end, value, below] = [0, 1, 2, 3, 4, 5, 6, 7];
  const search = [128, 64, 32, 16, 8, 4, 2, 1].flatMap((step) => {
    const bound = f32.load(i32.shl(get(below), i32.of(2)), memoryMap.bounds + 4 * (step - 1));
    const further = i32.add(get(below), i32.of(step));
    return set(below, select(further, get(below), f32.less(bound, get(value))));
  });
  const isMissing = f32.notEqual(get(value), get(value));
  const body = [
    ...set(value, f32.load(get(values))),
    ...set(below, i32.of(0)),
    ...search,
    ...set(below, select(i32.of(0), i32.add(get(below), i32.of(1)), isMissing)),
    ...i32.store8(get(column), get(below)),
    ...i32.store8(get(record), get(below)),
    ...set(column, i32.add(get(column), i32.of(1))),
    ...set(record, i32.add(get(record), get(stride))),
  ];
  return {
    name: "binValues",
    parameters: ["i32", "i32", "i32", "i32", "i32"],
    locals: ["i32", "f32", "i32"],
    body: [
      ...set(end, i32.add(get(values), i32.shl(get(count), i32.of(2)))),
      ...loopBelow(values, { end: get(end), step: 4 }, body),
    ],
  };
}

/** Four uniform numbers in [0, 1) from 32 bits each, of which the upper 24 count. */
const uniform = (bits: Code) =>
  f32x4.mul(i32x4.toF32Unsigned(i32x4.shrUnsigned(bits, i32.of(8))), v128.f32(2 ** -24));

/** (packed, count, scale of g, scale of h, dither): the block's derivatives as packed integers. */
function packGradients(step: number): WasmFunction {
  const [out, count, scaleG, scaleH, dither, at, end, bits, g, h] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  const lanes = [0, 1, 2, 3].map((lane) => Math.imul(step, lane)) as [number, number, number, number];
  const whole = (block: number, scale: number, noise: Code) => {
    const scaled = f32x4.mul(v128.load(get(at), block), f32x4.splat(get(scale)));
    return i32x4.fromF32(f32x4.floor(f32x4.add(scaled, noise)));
  };
  const packed = (half: typeof i64x2.extendLow) =>
    i64x2.add(i64x2.shl(half(get(g)), i32.of(hessianBits)), half(get(h)));
  const body = [
    ...set(g, whole(memoryMap.blockG, scaleG, uniform(get(bits)))),
    ...set(h, whole(memoryMap.blockH, scaleH, uniform(i32x4.shl(get(bits), i32.of(16))))),
    ...v128.store(get(out), packed(i64x2.extendLow)),
    ...v128.store(get(out), packed(i64x2.extendHigh), 16),
    ...set(out, i32.add(get(out), i32.of(32))),
    ...set(bits, i32x4.add(get(bits), i32x4.splat(i32.of(Math.imul(step, 4))))),
  ];
  return {
    name: "packGradients",
    parameters: ["i32", "i32", "f32", "f32", "i32"],
    locals: ["i32", "i32", "v128", "v128", "v128"],
    body: [
      ...set(end, i32.shl(get(count), i32.of(2))),
      ...set(bits, i32x4.add(i32x4.splat(get(dither)), v128.i32(...lanes))),
      ...loopBelow(at, { end: get(end), step: 16 }, body),
    ],
  };
}

/** exp of four numbers within ±87: 2ⁿ·eʳ with |r| ≤ ln 2 / 2, eʳ by its Taylor series of degree 7. */
function exponential(x: Code, { n, r }: Record<"n" | "r", number>): Code {
  const log2 = f32x4.mul(get(r), v128.f32(Math.LOG2E));
  const reduced = f32x4.sub(
    f32x4.sub(get(r), f32x4.mul(get(n), v128.f32(0.693359375))),
    f32x4.mul(get(n), v128.f32(-2.1219444e-4)),
  );
  const coefficients = [1 / 5040, 1 / 720, 1 / 120, 1 / 24, 1 / 6, 1 / 2, 1, 1].map((c) => v128.f32(c));
  const series = coefficients.reduce((sum, c) => f32x4.add(f32x4.mul(sum, get(r)), c));
  const power = i32x4.shl(i32x4.add(i32x4.fromF32(get(n)), v128.i32(127, 127, 127, 127)), i32.of(23));
  return [
    ...set(r, f32x4.max(f32x4.min(x, v128.f32(87)), v128.f32(-87))),
    ...set(n, f32x4.nearest(log2)),
    ...set(r, reduced),
    ...f32x4.mul(series, power),
  ];
}

/** (scores, labels, count): the log loss's derivatives p − y and p·(1 − p) of a block. */
function logisticDerivatives(): WasmFunction {
  const [scores, labels, count, at, end, n, r, p] = [0, 1, 2, 3, 4, 5, 6, 7];
  const score = v128.load(i32.add(get(scores), get(at)));
  const body = [
    ...set(
      p,
      f32x4.div(v128.f32(1), f32x4.add(v128.f32(1), exponential(f32x4.sub(v128.f32(0), score), { n, r }))),
    ),
    ...v128.store(get(at), f32x4.sub(get(p), v128.load(i32.add(get(labels), get(at)))), memoryMap.blockG),
    ...v128.store(get(at), f32x4.mul(get(p), f32x4.sub(v128.f32(1), get(p))), memoryMap.blockH),
  ];
  return {
    name: "logisticDerivatives",
    parameters: ["i32", "i32", "i32"],
    locals: ["i32", "i32", "v128", "v128", "v128"],
    body: [...set(end, i32.shl(get(count), i32.of(2))), ...loopBelow(at, { end: get(end), step: 16 }, body)],
  };
}

/** (scores, values, count): half the squared error's derivatives of a block, score − value and 1. */
function squaredDerivatives(): WasmFunction {
  const [scores, values, count, at, end] = [0, 1, 2, 3, 4];
  const load = (array: number) => v128.load(i32.add(get(array), get(at)));
  const body = [
    ...v128.store(get(at), f32x4.sub(load(scores), load(values)), memoryMap.blockG),
    ...v128.store(get(at), v128.f32(1), memoryMap.blockH),
  ];
  return {
    name: "squaredDerivatives",
    parameters: ["i32", "i32", "i32"],
    locals: ["i32", "i32"],
    body: [...set(end, i32.shl(get(count), i32.of(2))), ...loopBelow(at, { end: get(end), step: 16 }, body)],
  };
}

/** Every function that training runs over arrays. */
export const kernelFunctions = (ditherStep: number): readonly WasmFunction[] => [
  ...histogramFunctions(),
  part(),
  addToScores(),
  binValues(),
  packGradients(ditherStep),
  logisticDerivatives(),
  squaredDerivatives(),
];
