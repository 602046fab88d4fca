import type { Tensors, TensorSignature, TensorValue } from "../../registry/index.js";
import type { Session } from "../ports.js";

/** A session whose computations end when the test says so. */

export const pairs: TensorSignature = {
  inputs: [{ name: "x", dtype: "float32", shape: [null, null] }],
  outputs: [{ name: "y", dtype: "float32", shape: [null, 2] }],
};

/** Rows that say whose they are: the number of the call, that of the row, and nothing else of use. */
export const rowsOfCall = (id: number, rows: number, width = 2): TensorValue => ({
  ...{ dtype: "float32", shape: [rows, width] },
  data: Float32Array.from({ length: rows * width }, (_, i) =>
    i % width === 0 ? id : i % width === 1 ? Math.floor(i / width) : -1,
  ),
});

/** What a call gets: its number and, for every row, that row's number plus a thousand. */
export const answerTo = (id: number, rows: number): TensorValue => ({
  ...{ dtype: "float32", shape: [rows, 2] },
  data: Float32Array.from({ length: rows * 2 }, (_, i) => (i % 2 === 0 ? id : 1000 + (i >> 1))),
});

/** One computation under way. */
export interface Running {
  readonly session: Session;
  readonly inputs: Tensors;
  /** Numbers of the calls in it, in their order. */
  readonly ids: readonly number[];
  readonly rows: number;
  succeed(outputs?: Tensors): Promise<void>;
  fail(error: unknown): Promise<void>;
}

/** Lets everything happen that waits for nothing but its turn. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export interface HandDriven {
  readonly sessions: readonly Session[];
  readonly running: Running[];
  disposed: number;
}

export function handDriven(instances: number, started: (running: Running) => void = () => {}): HandDriven {
  const driven: HandDriven = {
    running: [],
    disposed: 0,
    sessions: Array.from({ length: instances }, () => session()),
  };
  function session(): Session {
    const self: Session = {
      ...pairs,
      run: async () => new Float32Array(0),
      compute: (inputs) => new Promise((resolve, reject) => begin(self, inputs, { resolve, reject })),
      computeBatches: async (inputs) => [await self.compute(inputs)],
      dispose: async () => void driven.disposed++,
    };
    return self;
  }
  function begin(
    session: Session,
    inputs: Tensors,
    ends: { resolve: (outputs: Tensors) => void; reject: (error: unknown) => void },
  ) {
    const { data, shape } = inputs.x;
    const of = (row: number, column: number) => Number(data[row * shape[1] + column]);
    const ids = Array.from({ length: shape[0] }, (_, row) => of(row, 0));
    const y = Float32Array.from({ length: shape[0] * 2 }, (_, i) =>
      i % 2 === 0 ? of(i >> 1, 0) : of(i >> 1, 1) + 1000,
    );
    const end = async (how: () => void) => {
      driven.running.splice(driven.running.indexOf(running), 1);
      how();
      await settle();
    };
    const running: Running = {
      ...{ session, inputs, rows: shape[0], ids: ids.filter((id, i) => id !== ids[i - 1]) },
      succeed: (outputs = { y: { dtype: "float32", shape: [shape[0], 2], data: y } }) =>
        end(() => ends.resolve(outputs)),
      fail: (error) => end(() => ends.reject(error)),
    };
    driven.running.push(running);
    started(running);
  }
  return driven;
}
