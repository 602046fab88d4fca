import { isMillwrightError, type Clock } from "../../kernel/index.js";
import type { Tensors } from "../../registry/index.js";
import type { Inferred, Passage } from "../infer.js";
import { hasNoRows, noAnswerToNoRows } from "../input-tensors.js";
import type { StatisticsRecorder } from "./infer-statistics.js";
import type { Session } from "../ports.js";
import { unsplit } from "./refusals.js";
import type { RowCost } from "./row-cost.js";
import { joinRows, sliceRows } from "./split-tensors.js";
import type { Call } from "./waiting-call.js";

/** Calls that one session computes together, from the moment at which it was given them. */
export interface Batch {
  readonly calls: readonly Call[];
  readonly rows: number;
  /** From 1 on. */
  readonly number: number;
  readonly startedMs: number;
}

export interface BatchContext {
  readonly clock: Clock;
  readonly cost: RowCost;
  readonly recorder: StatisticsRecorder;
  /** Whether every output must have a row for each row of the input; of none, a graph may say what it says. */
  readonly rowwise: boolean;
}

const model: Inferred["origin"] = Object.freeze({ kind: "model" });

/**
 * Computes a batch and answers its calls. Gives back those that are to be computed again, each by itself: all of a
 * batch that failed, for one of them may have spoilt it for the others. A call that fails by itself gets the error, so
 * none is computed more than twice. Never throws.
 */
export async function runBatch(
  session: Session,
  batch: Batch,
  context: BatchContext,
): Promise<readonly Call[]> {
  const { calls, rows } = batch;
  try {
    const outputs = await session.compute(
      calls.length === 1 ? calls[0].inputs : joinRows(calls.map(({ inputs }) => inputs)),
    );
    const finishedMs = context.clock.monotonicMs();
    context.cost.observe(rows, finishedMs - batch.startedMs);
    context.recorder.ran(rows, finishedMs - batch.startedMs);
    if (context.rowwise && !hasNoRows(calls[0].inputs)) requireRows(outputs, rows);
    answer(batch, finishedMs, calls.length === 1 ? [outputs] : split(outputs, calls));
    return [];
  } catch (error) {
    if (calls.length > 1) return alone(calls);
    calls[0].settle({ error: judged(calls[0], error) });
    return [];
  }
}

/** That an engine fails on no rows is no fault of the model. */
function judged({ inputs }: Call, error: unknown): unknown {
  const isOfNoRows = isMillwrightError(error, "MW0705") && hasNoRows(inputs);
  return isOfNoRows ? noAnswerToNoRows(inputs, error) : error;
}

function alone(calls: readonly Call[]): readonly Call[] {
  const again = calls.filter(({ settled }) => !settled);
  for (const call of again) call.alone = true;
  return again;
}

/** One call after another gets its rows; all are cut before the first is answered, so that a failure concerns all. */
function split(outputs: Tensors, calls: readonly Call[]): readonly Tensors[] {
  let from = 0;
  return calls.map(({ rows }) => sliceRows(outputs, from, (from += rows)));
}

function answer({ calls, number, rows, startedMs }: Batch, finishedMs: number, parts: readonly Tensors[]) {
  calls.forEach((call, i) => {
    const { queuedMs } = call;
    const passage: Passage = { queuedMs, startedMs, finishedMs, batch: number, batchRows: rows };
    call.settle({ inferred: { outputs: parts[i], origin: model, passage } });
  });
}

function requireRows(outputs: Tensors, rows: number): void {
  for (const name in outputs) {
    const { shape } = outputs[name];
    if (shape[0] !== rows) throw unsplit(name, rows, shape);
  }
}
