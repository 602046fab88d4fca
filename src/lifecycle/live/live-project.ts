import type { BreakerState, InferOptions, InferStatistics } from "../../inference/index.js";
import type { MillwrightError, Schema } from "../../kernel/index.js";
import type { Answer, TaskKind } from "../../training/index.js";
import type { Fallback } from "./model-answers.js";

/** What a caller needs to know of a served model. */
export interface LiveModel {
  readonly name: string;
  /** Number of the served version, as text: versions are names. */
  readonly version: string;
  /** Content hash of the served package. */
  readonly packageId: string;
  /** The fields of a prediction request, entity keys included. */
  readonly request: Schema;
  /** What is predicted, e.g. `the probability that delay > 15`. */
  readonly predicts: string;
  readonly task: TaskKind;
  /** Of a `multiclass` task. */
  readonly classes?: readonly string[];
  /** What the version's answers say of how sure they are; absent where they say nothing. */
  readonly certainty?: "interval" | "set";
}

/** What a caller needs to know of a source that takes events. */
export interface LiveSource {
  readonly name: string;
  readonly schema: Schema;
}

/** One answered prediction, in the form of the model's task. */
export interface Prediction extends Answer {
  /** Names the prediction in the log; labels refer to it. */
  readonly id: string;
  readonly model: string;
  /** The version that was asked, whatever answered. */
  readonly version: string;
  /** Absent where the model itself answered. */
  readonly fallback?: Fallback;
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

/** Some events of a request, by their position in it, and what was found of each. */
export interface Remark {
  readonly index: number;
  readonly reasons: readonly string[];
}

export interface IngestReceipt {
  /** Events that were appended to the log and count from now on. */
  readonly accepted: number;
  /** Events whose id was taken before: they counted then, and are acknowledged again. */
  readonly duplicates: number;
  /** Events that broke the schema or an expectation: kept in the quarantine log with their reasons, never dropped. */
  readonly quarantined: readonly Remark[];
  /** Accepted events that broke an expectation of severity `warn`. */
  readonly warned: readonly Remark[];
  /** Numbers of the first and the last accepted event in the log of the source; null when none was accepted. */
  readonly sequence: { readonly first: number; readonly last: number } | null;
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
  /** As they are served now: `swap` changes their versions. */
  readonly models: readonly LiveModel[];
  readonly sources: readonly LiveSource[];
  /**
   * Throws MW1101, MW1103 with all problems of a request in `details.problems`, MW1108, MW0711 for a deadline that
   * passed, MW0712 for a signal that fired before the model computed (a call in a queue never does then), and what
   * stands around the model's calls throws.
   */
  predict(model: string, request: unknown, options?: InferOptions): Promise<Prediction>;
  /** Of a model with a breaker; undefined for one without. Throws MW1101 and MW1106. */
  breakerState?(model: string): BreakerState | undefined;
  /**
   * What the version that is served computed since it was loaded, over every protocol and in the place of others; a
   * prediction is a call of one row. Throws MW1101 and MW1106.
   */
  statistics(model: string): InferStatistics;
  /**
   * Serves another version of a model, its champion by default, from the next prediction on: it is loaded, verified and
   * warm before it answers, and the old one leaves memory once it has answered what it was asked. `agreed` is called
   * with the version when it could answer, and the old one answers until it resolves. Throws MW1101, MW1106 for a model
   * that was not served when the project was opened, MW1107 and what loading and `agreed` throw; then everything is as
   * before.
   */
  swap(model: string, version?: string, agreed?: (version: string) => Promise<void>): Promise<LiveModel>;
  /** Takes labels `{ id, label }`; each item is judged alone. */
  feedback(items: readonly unknown[]): Promise<FeedbackReceipt>;
  /**
   * Takes events of a source, each judged alone; an event whose id is known counts once. Throws MW1102 for an
   * unknown source, MW1114 when an expectation blocks the batch, MW1115 when too many events wait for the log
   * and MW1003 when the log cannot take them; then nothing of the batch counts.
   */
  ingest(source: string, events: readonly unknown[]): Promise<IngestReceipt>;
  /**
   * Whether the next prediction can be answered, as far as the last prediction and the last `keepUp` showed: a
   * shared store that is gone, or was emptied, is noticed by both, and its return by `keepUp`.
   */
  readiness(): Readiness;
  /**
   * Over a shared store: lets events count whose time has come, although nobody asks this process, and brings
   * the store up to the logs. To be called now and then. Throws MW1013 while the store is gone and MW0306 while it
   * lacks what it had.
   */
  keepUp(): Promise<void>;
  close(): Promise<void>;
}
