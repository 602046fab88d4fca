import type { MillwrightError } from "../../kernel/index.js";
import { queueErrors } from "./queue-errors.js";

/** Where nothing is known of a model's cost yet. */
const unknownRetryAfterMs = 1000;

/**
 * A refusal is an answer and no fault: where it was made is of no use, and finding that out costs as much as an
 * inference, of which there are too many when refusals are given.
 */
function withoutStack(make: () => MillwrightError): MillwrightError {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return make();
  } finally {
    Error.stackTraceLimit = limit;
  }
}

/** MW0710 for a queue that has no place; `drainMs` is how long it takes to compute what waits. */
export function queueFull(rows: number, maxQueuedRows: number, drainMs: number | undefined) {
  const retryAfterMs = wholeMs(drainMs ?? unknownRetryAfterMs);
  return withoutStack(() =>
    queueErrors.error("MW0710", {
      expected: `at most ${maxQueuedRows} rows to wait`,
      found: `${rows} with this call`,
      remedy: `Try again in ${retryAfterMs} ms, or serve the model with more instances or processes.`,
      details: { reason: "queue full", retryAfterMs },
    }),
  );
}

/** MW0710 for a call that would be answered so many milliseconds after its deadline. */
export function tooLate(lateMs: number, waitMs: number) {
  const retryAfterMs = wholeMs(lateMs);
  return withoutStack(() =>
    queueErrors.error("MW0710", {
      expected: "an answer before the deadline of the call",
      found: `calls before it that take about ${wholeMs(waitMs)} ms`,
      remedy: `Try again in ${retryAfterMs} ms, or allow the call more time.`,
      details: { reason: "deadline", retryAfterMs },
    }),
  );
}

export function expired(deadlineMs: number, nowMs: number) {
  return withoutStack(() =>
    queueErrors.error("MW0711", {
      expected: "to compute before the deadline of the call",
      found: `a deadline that passed ${wholeMs(nowMs - deadlineMs)} ms ago`,
      remedy: "Allow the call more time, or send fewer at once.",
    }),
  );
}

export function cancelled(reason: unknown) {
  return queueErrors.error("MW0712", {
    expected: "a caller that waits for the answer",
    found: "one that gave the call up",
    remedy: "Nothing is to be done.",
    cause: reason,
  });
}

export function unsplit(name: string, expected: number, shape: readonly number[]) {
  return queueErrors.error("MW0713", {
    expected: `${expected} rows in the output ${JSON.stringify(name)}`,
    found: `the shape [${shape.join(",")}]`,
    remedy: "Serve the model with maxBatchRows 1.",
    details: { output: name, rows: expected },
  });
}

const wholeMs = (ms: number): number => Math.max(1, Math.ceil(ms));
