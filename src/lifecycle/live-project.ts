import type { MillwrightError, Schema } from "../kernel/index.js";

/** What a caller needs to know of a served model. */
export interface LiveModel {
  readonly name: string;
  /** Number of the served version, as text: versions are names. */
  readonly version: string;
  /** Content hash of the served package. */
  readonly packageId: string;
  /** The fields of a prediction request, entity keys included. */
  readonly request: Schema;
  /** What probability 1 means, e.g. `delay > 15`. */
  readonly predicts: string;
}

/** What a caller needs to know of a source that takes events. */
export interface LiveSource {
  readonly name: string;
  readonly schema: Schema;
}

/** One answered prediction. */
export interface Prediction {
  /** Names the prediction in the log; labels refer to it. */
  readonly id: string;
  readonly model: string;
  readonly version: string;
  readonly probability: number;
}

/** One item of a batch that was refused. */
export interface Refusal {
  /** Position in the request, from 0. */
  readonly index: number;
  readonly error: MillwrightError;
}

export interface FeedbackReceipt {
  readonly accepted: number;
  readonly rejected: readonly Refusal[];
}

export interface IngestReceipt {
  /** Events that were appended to the log and count from now on. */
  readonly accepted: number;
  /** Events that broke an expectation: kept in the quarantine log with their reasons, never dropped. */
  readonly quarantined: readonly { readonly index: number; readonly reasons: readonly string[] }[];
}

export interface Readiness {
  readonly ready: boolean;
  /** Why not, one line each; empty when ready. */
  readonly reasons: readonly string[];
}

/**
 * A project with its champions loaded and its online state alive: what the HTTP server and an embedding
 * product call. What a method acknowledged survives the death of the process.
 */
export interface LiveProject {
  readonly name: string;
  readonly models: readonly LiveModel[];
  readonly sources: readonly LiveSource[];
  /** Throws coded errors: unknown model, or a request with all its problems in `details.problems`. */
  predict(model: string, request: unknown): Promise<Prediction>;
  /** Takes labels `{ id, label }`; each item is judged alone. */
  feedback(items: readonly unknown[]): Promise<FeedbackReceipt>;
  /** Takes events of a source; each is judged alone. Throws for an unknown source. */
  ingest(source: string, events: readonly unknown[]): Promise<IngestReceipt>;
  readiness(): Readiness;
  close(): Promise<void>;
}
