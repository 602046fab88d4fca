import type { ChildProcess } from "node:child_process";
import type { ErrorFacts, ErrorRow } from "../../kernel/index.js";

/** What is done in all workers alike. */
export type Change =
  | { readonly kind: "load"; readonly model: string; readonly version?: string }
  | { readonly kind: "unload"; readonly model: string };

/** What one worker asks of all others, or for a change of all of them. */
export type Question =
  Change | { readonly kind: "feedback"; readonly items: readonly unknown[] } | { readonly kind: "metrics" };

/**
 * What a worker is asked. A load has two halves, so that it happens everywhere or nowhere: the version is loaded and
 * waits, which is answered; then it is told whether the others could load it too.
 */
export type Order = Question | { readonly kind: "settle"; readonly agreed: boolean };

/** What a connection speaks. */
export type Protocol = "http" | "grpc";

export const isChange = (question: Question): question is Change =>
  question.kind === "load" || question.kind === "unload";

/** A value, or a coded error as data: errors do not cross processes. */
export type Answer =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly code: string; readonly row: ErrorRow; readonly facts: ErrorFacts };

/** What a worker tells once it serves. */
export interface Serving {
  readonly models: readonly string[];
}

/** What became of a connection that a worker was handed. */
export interface Taking {
  readonly id: number;
  readonly taken: boolean;
  /** Connections that the worker has now. */
  readonly open: number;
}

/** From a worker to the primary process. */
export type ToPrimary =
  | { readonly to: "primary"; readonly kind: "ask"; readonly id: number; readonly question: Question }
  | { readonly to: "primary"; readonly kind: "answer"; readonly id: string; readonly answer: Answer }
  | { readonly to: "primary"; readonly kind: "afterFirst" }
  | { readonly to: "primary"; readonly kind: "history" }
  | { readonly to: "primary"; readonly kind: "serving"; readonly serving: Serving }
  | ({ readonly to: "primary"; readonly kind: "took" } & Taking)
  | { readonly to: "primary"; readonly kind: "closed"; readonly open: number }
  | { readonly to: "primary"; readonly kind: "leaving"; readonly protocol: Protocol }
  | {
      readonly to: "primary";
      readonly kind: "failed";
      readonly failure: Extract<Answer, { readonly ok: false }>;
    };

/** From the primary process to a worker. */
export type ToWorker =
  | { readonly to: "worker"; readonly kind: "order"; readonly id: string; readonly order: Order }
  | { readonly to: "worker"; readonly kind: "connection"; readonly id: number; readonly protocol: Protocol }
  | {
      readonly to: "worker";
      readonly kind: "answers";
      readonly id: number;
      readonly answers: readonly Answer[];
    }
  | { readonly to: "worker"; readonly kind: "afterFirst" }
  | { readonly to: "worker"; readonly kind: "history"; readonly changes: readonly Change[] }
  | { readonly to: "worker"; readonly kind: "stop" };

/** A worker that is about to exit hears nothing any more; whoever asked does not wait for it. */
export function tell(worker: ChildProcess, message: ToWorker): void {
  if (worker.connected) worker.send(message, () => undefined);
}
