import type { Tensors, TensorSignature } from "../registry/index.js";

/** How one caller wants an answer. */
export interface InferOptions {
  /** Gives the call up: what has not begun to compute never does. */
  readonly signal?: AbortSignal;
  /** A moment on the clock's monotonic scale, after which the answer is of no use. */
  readonly deadlineMs?: number;
  /** 0 goes before 1, and so on to 9; equals in the order in which they came. Default 0. */
  readonly priority?: number;
}

/** Where an answer comes from: the model itself, a cache of its answers, or something that stands in for it. */
export type Origin =
  | { readonly kind: "model" }
  | { readonly kind: "cache" }
  | {
      readonly kind: "fallback";
      /** What answered: `simple@3`, `last known` or `default`. */
      readonly by: string;
      /** The code of the error for which the model itself did not answer. */
      readonly because: string;
    };

/** The way of one call through queue, batch and engine, on the clock's monotonic scale, for traces and statistics. */
export interface Passage {
  readonly queuedMs: number;
  readonly startedMs: number;
  readonly finishedMs: number;
  /** Counts the batches of a model version from 1; calls of one batch have the same. */
  readonly batch: number;
  /** Rows of the whole batch. */
  readonly batchRows: number;
}

export interface Inferred {
  readonly outputs: Tensors;
  readonly origin: Origin;
  /** Absent where nothing was computed for this call. */
  readonly passage?: Passage;
}

/**
 * Computes the outputs of a model version for tensors that fit its signature. The inputs' data must not change before
 * the promise settles; the outputs belong to the caller. Calls may overlap. An answer never mixes rows of two calls.
 */
export type Infer = (inputs: Tensors, options?: InferOptions) => Promise<Inferred>;

/** How often something happened, and how long it took in all. */
export interface Tally {
  readonly count: number;
  readonly totalMs: number;
}

/** What a model version did since it was loaded; what `GET /v2/models/{model}/stats` and the metrics print. */
export interface InferStatistics {
  /** Rows that were computed. */
  readonly inferenceCount: number;
  /** Runs of the engine. */
  readonly executionCount: number;
  /** Milliseconds since 1970 of the last answered call; 0 before the first. */
  readonly lastInferenceMs: number;
  readonly success: Tally;
  readonly fail: Tally;
  /** Failures by their cause: refused before any work, cancelled or expired, failed in the engine, anything else. */
  readonly failures: Readonly<Record<"rejected" | "cancelled" | "backend" | "other", number>>;
  readonly queue: Tally;
  readonly compute: Tally;
  readonly cacheHit: Tally;
  readonly cacheMiss: Tally;
  /** Runs of the engine by rows of the batch. */
  readonly batches: ReadonlyMap<number, Tally>;
  /** Calls that wait now. */
  readonly pending: number;
}

/** One version of a model in memory, behind its queue. */
export interface ServedGraph {
  readonly signature: TensorSignature;
  /** Most rows of one batch; 1 for a graph whose rows are not independent. */
  readonly maxBatchRows: number;
  /** Where it computes, as its measured cost decided. */
  readonly placement: "inline" | "worker";
  readonly infer: Infer;
  statistics(): InferStatistics;
  /** Refuses new calls (MW0706), answers those that wait, frees the memory; again is harmless. */
  dispose(): Promise<void>;
}
