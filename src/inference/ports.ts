import type { Tensors, TensorSpec } from "../registry/index.js";

/** A graph in memory, ready to compute. */
export interface Session {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  /**
   * Computes the first output of a graph that reads rows of features: the float32 input `numeric` of shape [rows, n],
   * the string input `text` of shape [rows, m], or both. It holds equally many float32 per row. `numeric` and `text` are row-major; NaN is missing. The arrays must not
   * change before the promise settles; the result belongs to the caller. Calls may overlap.
   * Throws MW0705 when the engine fails.
   */
  run(numeric: Float32Array, rows: number, text?: readonly string[]): Promise<Float32Array>;
  /**
   * Computes all outputs of any graph, as the engine gives them: NaN and infinite numbers are values like others. The
   * data of the inputs must not change before the promise settles; the outputs belong to the caller. Calls may
   * overlap. Throws MW0705 when the engine fails, on inputs that do not fit the graph too.
   */
  compute(inputs: Tensors): Promise<Tensors>;
  /** Frees the engine's memory. No call may be under way or follow. */
  dispose(): Promise<void>;
}

export interface SessionOptions {
  /** Threads that compute one call. 1 gives the same bits everywhere and is fastest for small graphs. */
  readonly threads: number;
}

export interface SessionFactory {
  /** Name and version of the engine, e.g. "onnxruntime 1.30.0". */
  readonly engine: string;
  /** Throws MW0701 for bytes that are no graph which the engine can run. */
  open(graph: Uint8Array, options: SessionOptions): Promise<Session>;
}
