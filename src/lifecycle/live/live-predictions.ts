import { lifecycleErrors } from "../errors.js";
import { readPrediction, type LabelRecord, type PredictionRecord } from "./live-records.js";
import type { AppendLog } from "../../kernel/index.js";
import type { Project } from "../project.js";

/**
 * The logged predictions that a model made itself, in the order of the log: what stood in for it says nothing of it.
 * Throws MW1111 when there are none.
 */
export async function readPredictions(
  project: Project,
  model: string,
  live: string,
): Promise<PredictionRecord[]> {
  const log = await project.readLog(live, "predictions");
  const records: PredictionRecord[] = [];
  let stoodIn = 0;
  for await (const batch of log.read(1)) {
    for (const line of batch.records) {
      const record = readPrediction(line);
      if (record.model !== model) continue;
      if (record.fallback === undefined) records.push(record);
      else stoodIn++;
    }
  }
  if (records.length > 0) return records;
  throw lifecycleErrors.error("MW1111", {
    expected: `predictions of model "${model}" in live state "${live}"`,
    found: stoodIn === 0 ? "none" : `${stoodIn} answers that something else gave in its place`,
    remedy:
      stoodIn === 0
        ? "Serve the model and ask it something first."
        : "See the model's errors for why it did not answer itself.",
    details: { model, live },
  });
}

/** The labels that arrived, by prediction; a later one replaces an earlier one. */
export async function readLabels(project: Project, live: string): Promise<Map<string, 0 | 1>> {
  const log = await project.readLog(live, "labels");
  const labels = new Map<string, 0 | 1>();
  for await (const { records } of log.read(1)) {
    for (const line of records) {
      const { id, label } = JSON.parse(line) as LabelRecord;
      labels.set(id, label);
    }
  }
  return labels;
}

/** Keeps a result with a live state, in a log of its own. */
export async function record(
  project: Project,
  live: string,
  { name, value }: { readonly name: string; readonly value: object },
): Promise<void> {
  const log = await project.openLog(live, name);
  await log.append([JSON.stringify(value)]);
  await log.close();
}

/** The last record of a log of JSON that fits; undefined when there is none. */
export async function latestOf<T>(
  log: Pick<AppendLog, "read">,
  fits: (record: T) => boolean,
): Promise<T | undefined> {
  let latest: T | undefined;
  for await (const { records } of log.read(1)) {
    for (const line of records) {
      const record = JSON.parse(line) as T;
      if (fits(record)) latest = record;
    }
  }
  return latest;
}
