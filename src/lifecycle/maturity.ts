import type { EventTable } from "../features/index.js";
import type { ModelDefinition } from "../training/index.js";

/** Which rows of a spine have a final label. */
export interface Maturity {
  /** The latest moment of which the data know: labels of rows whose time to mature ends later may still change. */
  readonly watermarkMs: number;
  /** The times of the rows whose label is final; NaN for the others. */
  readonly times: Float64Array;
  /** Rows whose label may still change, or could not be known yet. */
  readonly immature: number;
  /** Rows whose label is null. */
  readonly unlabelled: number;
}

/** Rows of a spine; those without a time are none. */
export interface SpineRows {
  readonly times: Float64Array;
  /** The label's value: NaN for null. */
  readonly outcome: Float64Array;
  readonly events: EventTable;
}

/**
 * A row's label is final when the time that its model gives labels to mature has passed by the watermark:
 * the latest availability time of the spine's source, or an earlier moment that is asked for. Rows before
 * that are never called negatives. What was not available before the moment asked for does not exist.
 */
export function matureRows(model: ModelDefinition, rows: SpineRows, asOfMs = Infinity): Maturity {
  const { times, outcome, events } = rows;
  let latestMs = -Infinity;
  for (const at of events.availableMs) if (at > latestMs) latestMs = at;
  const watermarkMs = Math.min(latestMs, asOfMs);
  let immature = 0;
  let unlabelled = 0;
  const final = times.map((time, row) => {
    if (Number.isNaN(time)) return NaN;
    if (time + model.task.matureAfterMs > watermarkMs || events.availableMs[row] >= asOfMs) immature++;
    else if (Number.isNaN(outcome[row])) unlabelled++;
    else return time;
    return NaN;
  });
  return { watermarkMs, times: final, immature, unlabelled };
}
