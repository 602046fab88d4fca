import type { Tensors, TensorSpec } from "../registry/index.js";

/** A graph in memory, ready to compute. */
export interface Session {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  /**
   * Computes the first output of a graph that reads rows of features: the float32 input `numeric` of shape [rows, n],
   * the string input `text` of shape [rows, m], or both. It holds equally many float32 per row. `numeric` and `text` are row-major; NaN is missing. The arrays must not
   * change before the promise settles; the result belongs to the caller. Calls may overlap.
   * Throws MW0705 when the engine fails and, apart, MW0708 and MW0709.
   */
  run(numeric: Float32Array, rows: number, text?: readonly string[]): Promise<Float32Array>;
  /**
   * Computes all outputs of any graph, as the engine gives them: NaN and infinite numbers are values like others. The
   * data of the inputs must not change before the promise settles and may lie in memory that threads share; the outputs belong to the caller. Calls may
   * overlap. Throws MW0705 when the engine fails, on inputs that do not fit the graph too, and, apart, MW0708 and MW0709.
   */
  compute(inputs: Tensors): Promise<Tensors>;
  /**
   * As `compute` for many rows, of which every input holds equally many: computes `batchRows` at a time, one batch after
   * another, the last of which may be shorter. The answers of the batches in their order. In a thread it costs one
   * message there and one back.
   */
  computeBatches(inputs: Tensors, batchRows: number): Promise<readonly Tensors[]>;
  /**
   * Frees the engine's memory. No call may be under way or follow; apart, one that is ends with MW0706, so that
   * disposing is how to give it up.
   */
  dispose(): Promise<void>;
}

/** Bounds of a session that computes outside this process. */
export interface ApartOptions {
  /**
   * Longest time of one call in milliseconds. It runs from when the call's inputs are handed to the session's process,
   * which computes one call at a time, until the first byte of its answer: neither waiting behind other calls nor
   * starting a process counts. Loading the graph may take as long, or 30 s where that is longer.
   */
  readonly limitMs: number;
  /**
   * Most memory in bytes that the process may ask for, its own 100 MB included. Held on Linux alone; without it, the
   * process is the first that a system which runs out of memory ends. No bound by default.
   */
  readonly memoryBytes?: number;
}

export interface SessionOptions {
  /** Threads that compute one call. 1 gives the same bits everywhere and is fastest for small graphs. */
  readonly threads: number;
  /**
   * Computes in a process of its own, so that the caller's event loop stays free, and a call that takes too long or
   * kills its process costs that call alone: MW0708 or MW0709. Calls that wait go to a fresh process, as does the next.
   * The graph's bytes are kept for that and must not change before the session is disposed.
   */
  readonly apart?: ApartOptions;
  /**
   * Computes in a thread of its own, which costs less than a process and bounds nothing: for graphs that are sure to
   * end. Numbers in shared memory are not copied on the caller's side. False by default.
   */
  readonly inThread?: boolean;
  /** What computes: `cpu` (default), or another that the engine has here, such as `cuda`, `webgpu`, `coreml` or `dml`. */
  readonly provider?: string;
}

export interface SessionFactory {
  /** Name and version of the engine, e.g. "onnxruntime 1.30.0". */
  readonly engine: string;
  /**
   * Throws MW0701 for bytes that are no graph which the engine can run, MW0714 for a provider that it lacks and, apart,
   * MW0708 and MW0709.
   */
  open(graph: Uint8Array, options: SessionOptions): Promise<Session>;
}
