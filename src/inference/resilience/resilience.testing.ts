import fc from "fast-check";
import { errorTable, manualClock, type Clock } from "../../kernel/index.js";
import type { Tensors, TensorValue } from "../../registry/index.js";
import { inferenceErrors } from "../errors.js";
import type { Infer, Inferred, InferOptions } from "../infer.js";
import type { Timers } from "./timers.js";

/** A float32 tensor of one row. */
export const row = (...values: number[]): TensorValue => ({
  ...{ dtype: "float32", shape: [1, values.length] },
  data: Float32Array.from(values),
});

/** The question `{ x: [[value]] }` and the answer `{ y: [[value]] }`. */
export const question = (value: number): Tensors => ({ x: row(value) });
export const answer = (value: number): Tensors => ({ y: row(value) });
export const signature = {
  inputs: [{ name: "x", dtype: "float32", shape: [null, 1] }],
  outputs: [{ name: "y", dtype: "float32", shape: [null, 1] }],
};

export const fromModel = (outputs: Tensors): Inferred => ({ outputs, origin: { kind: "model" } });

/** Time that stands still until it is told to move; what is due by then is called in its order. */
export interface ManualTime {
  readonly clock: Clock;
  readonly timers: Timers;
  advance(ms: number): void;
  /** Calls that were not called off. */
  pending(): number;
}

export function manualTime(): ManualTime {
  const clock = manualClock(1000);
  const due = new Set<{ readonly atMs: number; readonly call: () => void }>();
  return {
    clock,
    timers: {
      after(delayMs, call) {
        const entry = { atMs: clock.monotonicMs() + delayMs, call };
        due.add(entry);
        return () => due.delete(entry);
      },
    },
    advance(ms) {
      clock.advance(ms);
      for (const entry of [...due].sort((a, b) => a.atMs - b.atMs)) {
        if (entry.atMs > clock.monotonicMs() || !due.delete(entry)) continue;
        entry.call();
      }
    },
    pending: () => due.size,
  };
}

/** A call of a model that the test answers when it likes. */
export interface HeldCall {
  readonly inputs: Tensors;
  readonly options: InferOptions;
  succeed(outputs: Tensors): void;
  fail(error: unknown): void;
}

/** A model whose calls wait for the test, and give up when their signal fires if it says so. */
export function heldModel({ heedsSignal = true } = {}): {
  readonly infer: Infer;
  readonly calls: HeldCall[];
} {
  const calls: HeldCall[] = [];
  const infer: Infer = (inputs, options = {}) =>
    new Promise((resolve, fail) => {
      calls.push({ inputs, options, fail, succeed: (outputs) => resolve(fromModel(outputs)) });
      if (heedsSignal) options.signal?.addEventListener("abort", () => fail(failure("MW0799")));
    });
  return { infer, calls };
}

const strange = errorTable({
  MW0799: {
    title: "given up",
    exit: 3,
    http: 500,
    about: "A model's own word for a call that was given up.",
  },
  MW0798: { title: "refused", exit: 3, http: 429, about: "A refusal that says nothing of the model." },
});

export type FailureCode = keyof typeof inferenceErrors.rows | keyof typeof strange.rows;

export function failure(code: FailureCode) {
  const facts = { expected: "an answer", found: "none", remedy: "None." };
  return code === "MW0798" || code === "MW0799"
    ? strange.error(code, facts)
    : inferenceErrors.error(code, facts);
}

/** Lets everything run that waits for nothing but its turn. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const shapes = fc.constantFrom<number[][]>([], [0], [1], [2], [1, 2], [2, 1], [3], [2, 2]);
const oddFloats = fc.constantFrom(0, -0, 1, -1, NaN, Infinity, 0.1, 2 ** 31, 5e-324);
const oddTexts = fc.constantFrom("", "a", "ab", "b", '"', "\n", "\ud800", "\udc00", "\ufffd", "é", "😀", ",");

function filled<T>(elements: fc.Arbitrary<T>, make: (data: T[], shape: number[]) => TensorValue) {
  return shapes.chain((shape) => {
    const length = shape.reduce((product, size) => product * size, 1);
    return fc.array(elements, { minLength: length, maxLength: length }).map((data) => make(data, shape));
  });
}

const small = fc.integer({ min: 0, max: 1 });
/** Tensors of every type, from few values, so that equal ones come up. */
const anyTensor: fc.Arbitrary<TensorValue> = fc.oneof(
  filled(oddFloats, (data, shape) => ({ dtype: "float32", shape, data: Float32Array.from(data) })),
  filled(oddFloats, (data, shape) => ({ dtype: "float64", shape, data: Float64Array.from(data) })),
  filled(small, (data, shape) => ({ dtype: "int32", shape, data: Int32Array.from(data) })),
  filled(small.map(BigInt), (data, shape) => ({ dtype: "int64", shape, data: BigInt64Array.from(data) })),
  filled(small, (data, shape) => ({ dtype: "uint8", shape, data: Uint8Array.from(data) })),
  filled(small, (data, shape) => ({ dtype: "bool", shape, data: Uint8Array.from(data) })),
  filled(oddTexts, (data, shape) => ({ dtype: "string", shape, data })),
);

export const anyTensors: fc.Arbitrary<Tensors> = fc
  .uniqueArray(fc.tuple(oddTexts, anyTensor), { maxLength: 3, selector: ([name]) => name })
  .map((entries) => Object.fromEntries(entries));

/** Tensors element by element, in the order of their names, bits and code units in full: slow and obvious. */
export function spelledOut(tensors: Tensors): string {
  const units = (text: string) => Array.from({ length: text.length }, (_, i) => text.charCodeAt(i)).join(".");
  const bits = (value: number | bigint | string, dtype: string): string => {
    if (typeof value === "string") return `<${units(value)}>`;
    if (typeof value === "bigint") return `${value}n`;
    const view = new DataView(new ArrayBuffer(8));
    if (dtype === "float32") view.setFloat32(0, value);
    else view.setFloat64(0, value);
    return view.getBigUint64(0).toString(16);
  };
  const order = Object.entries(tensors).map(([name, value]) => [units(name), value] as const);
  return order
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { dtype, shape, data }]) => {
      const elements = Array.from<number | bigint | string>(data).map((value) => bits(value, dtype));
      return `${name}:${dtype}(${shape.join("x")})=${elements.join(",")}`;
    })
    .join(";");
}
