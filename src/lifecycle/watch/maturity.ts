import type { EventTable } from "../../features/index.js";
import { learnsUnlabelled, type ModelDefinition, type Outcomes } from "../../training/index.js";
import { lifecycleErrors } from "../errors.js";

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
export interface JudgedRows {
  readonly times: Float64Array;
  readonly outcomes: Outcomes;
  readonly events: EventTable;
}

/**
 * A row's label is final when the time that its model gives labels to mature has passed by the watermark:
 * the latest availability time of the spine's source, or an earlier moment that is asked for. Rows before
 * that are never called negatives. What was not available before the moment asked for does not exist. Labels
 * of rows without a time are final. A row without a label, or in no group, is left out unless the task learns from it.
 */
export function matureRows(model: ModelDefinition, rows: JudgedRows, asOfMs = Infinity): Maturity {
  const { times, outcomes, events } = rows;
  const timeless = model.spine.time === undefined;
  const isLabelled = (row: number) =>
    (learnsUnlabelled(model.task) || !Number.isNaN(outcomes.values[row])) &&
    (outcomes.groups?.[row] ?? 0) >= 0;
  let latestMs = -Infinity;
  for (const at of events.availableMs) if (at > latestMs) latestMs = at;
  const watermarkMs = Math.min(latestMs, asOfMs);
  let immature = 0;
  let unlabelled = 0;
  const final = times.map((time, row) => {
    if (Number.isNaN(time)) return NaN;
    const late = time + model.task.matureAfterMs > watermarkMs || events.availableMs[row] >= asOfMs;
    if (late && !timeless) immature++;
    else if (!isLabelled(row)) unlabelled++;
    else return time;
    return NaN;
  });
  return { watermarkMs, times: final, immature, unlabelled };
}

/** The rows whose label is final, ascending. Throws MW1123 when there is none. */
export function requireFinal(
  model: ModelDefinition,
  { times, immature, unlabelled, watermarkMs }: Maturity,
): Int32Array {
  const rows = Int32Array.from(times.keys()).filter((row) => !Number.isNaN(times[row]));
  if (rows.length > 0) return rows;
  throw lifecycleErrors.error("MW1123", {
    expected: `a row of "${model.spine.source.name}" whose label is final`,
    found: `none of ${times.length}: ${immature} may still change, ${unlabelled} without a label`,
    remedy:
      immature > unlabelled
        ? "Wait until labels mature, make matureAfter shorter, or, if a moment was named, name a later one."
        : "Look at what the label, the weight and the group are made of: rows where one of them is null are left out.",
    details: {
      model: model.name,
      immature,
      unlabelled,
      watermarkMs: Number.isFinite(watermarkMs) ? watermarkMs : null,
    },
  });
}
