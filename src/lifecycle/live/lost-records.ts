import { sha256, type AppendLog, type StoredCheckpoint } from "../../kernel/index.js";
import { lifecycleErrors } from "../errors.js";
import type { SavedPosition } from "./live-checkpoint.js";
import type { LogPosition } from "./live-records.js";
import { recordAt } from "./live-sources.js";

export interface CheckedLog {
  readonly name: string;
  readonly checkpoint: StoredCheckpoint;
}

/**
 * Throws unless the log has the very record that a checkpoint rests on: MW1142 when it ends before, MW1116 when
 * another record is in the place. Going on would give numbers a second time that were acknowledged.
 */
export async function positionIn(
  log: AppendLog,
  { sequence, record: hash }: SavedPosition,
  { name, checkpoint: { label } }: CheckedLog,
): Promise<LogPosition> {
  if (sequence === 0) return { sequence: 0, record: "" };
  const last = log.nextSequence - 1;
  const goOn = `To go on without them, knowing that their numbers are given again, remove ${label} and start again.`;
  if (sequence > last) {
    throw lifecycleErrors.error("MW1142", {
      expected: `the records up to number ${sequence} in log "${name}", which were acknowledged`,
      found: `a log that ends with record ${last}: ${last + 1} to ${sequence} are lost`,
      remedy: `Restore the log from where its files went. ${goOn}`,
      details: { log: name, checkpoint: label, firstLost: last + 1, lastLost: sequence },
    });
  }
  const record = await recordAt(log, sequence);
  if (record !== undefined && sha256(record) === hash) return { sequence, record };
  throw lifecycleErrors.error("MW1116", {
    expected: `record ${sequence} of log "${name}" as the checkpoint at ${label} knows it`,
    found: "another record",
    remedy: `Restore the log that belongs to it: what it had is lost in this one. ${goOn}`,
    details: { log: name, checkpoint: label, sequence },
  });
}
