import type { Clock } from "../../kernel/index.js";
import type { Tensors, TensorSignature } from "../../registry/index.js";
import { BatchLoop } from "./batch-loop.js";
import type { Batching } from "./batching.js";
import { disposed } from "../disposal.js";
import type { InferOptions, ServedGraph } from "../infer.js";
import { statisticsRecorder } from "./infer-statistics.js";
import { checkInputs } from "../input-tensors.js";
import type { Session } from "../ports.js";
import { rowCost } from "./row-cost.js";
import { haveFreeRows } from "./split-tensors.js";

export interface ServeOptions {
  readonly clock: Clock;
  readonly batching: Omit<Batching, "instances">;
  /** Where the sessions compute; see `choosePlacement`. */
  readonly placement: ServedGraph["placement"];
  /** What `rowsAreIndependent` found. Without it every call is computed by itself. */
  readonly independentRows: boolean;
}

const noOptions: InferOptions = Object.freeze({});

/**
 * A graph behind its queue: one or more sessions of it, each computing one batch at a time. The caller gives the
 * sessions away; `dispose` frees them.
 *
 * A call is computed at once when a session is idle. While all compute, calls wait, and whichever session is free next
 * takes the first by priority and arrival together with those of equal names, types and shapes beyond the first
 * dimension, up to `maxBatchRows` rows. When a batch fails, each of its calls is computed by itself, so that only the
 * one at fault fails. A call alone in its batch is computed without a copy of its tensors. So is a call without rows,
 * which gets what the graph gives for it, or MW0707 where that is an error.
 *
 * `infer` throws MW0104 for a priority that is none, MW0706 after `dispose`, MW0707 for inputs that do not fit,
 * MW0710 when the queue is full or the answer would come after the deadline, MW0711 when the deadline passed before
 * the call was computed (told when a session is free next; a caller that wants to know at once has its signal fire),
 * MW0712 when the signal fired, MW0713 for outputs without one row per row, and what the sessions throw.
 */
export function serveGraph(
  sessions: readonly Session[],
  signature: TensorSignature,
  options: ServeOptions,
): ServedGraph {
  const { clock, placement, batching } = options;
  const recorder = statisticsRecorder();
  const countsRows = haveFreeRows(signature.inputs);
  const maxBatchRows =
    options.independentRows && countsRows && haveFreeRows(signature.outputs) ? batching.maxBatchRows : 1;
  const loop = new BatchLoop(sessions, {
    ...{ clock, recorder, cost: rowCost(), maxBatchRows, maxQueuedRows: batching.maxQueuedRows },
    ...{ rowwise: maxBatchRows > 1, countsRows },
  });
  let disposal: Promise<void> | undefined;
  const refuse = (error: unknown) => {
    recorder.failed(error, 0);
    return error;
  };
  return Object.freeze({
    ...{ signature, maxBatchRows, placement },
    async infer(inputs: Tensors, options: InferOptions = noOptions) {
      if (disposal !== undefined) throw refuse(disposed());
      try {
        checkInputs(signature.inputs, inputs);
        return loop.infer(inputs, options);
      } catch (error) {
        throw refuse(error);
      }
    },
    statistics: () => recorder.statistics(loop.pending),
    dispose: () => (disposal ??= drain(loop, sessions)),
  });
}

async function drain(loop: BatchLoop, sessions: readonly Session[]): Promise<void> {
  await loop.empty();
  const outcomes = await Promise.allSettled(sessions.map((session) => session.dispose()));
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
}
