import {
  historyPartition,
  lookupsOf,
  recomputeFeatures,
  type FeatureColumns,
  type LookupAge,
  type RecordedEvents,
  type AgeSpread,
} from "../../features/index.js";
import { canonicalHash, canonicalJson, seededRng, tableOf } from "../../kernel/index.js";
import { readFeaturePackage } from "../../registry/index.js";
import type { ModelDefinition } from "../../training/index.js";
import { lifecycleErrors } from "../errors.js";
import { latestOf, readPredictions, record } from "../live/live-predictions.js";
import type { PredictionRecord } from "../live/live-records.js";
import { findModel, type Project } from "../project.js";
import { recordedEvents, requireLive } from "../live/recorded-events.js";

/** What the comparison of logged with recomputed features showed. */
export interface FeatureVerification {
  readonly model: string;
  /** Predictions whose features were recomputed. */
  readonly predictions: number;
  /** Predictions of versions with another definition than the configuration's, which cannot be recomputed. */
  readonly skipped: number;
  /** Predictions with at least one feature that differs. */
  readonly mismatches: number;
  /** Differing values by feature; only features with any. */
  readonly byFeature: Readonly<Record<string, number>>;
  /** How fresh the windows were, by group and view. */
  readonly ages: readonly ViewAge[];
  /** The first few predictions that differ. */
  readonly examples: readonly {
    readonly id: string;
    readonly feature: string;
    readonly logged: number | string | null;
    readonly recomputed: number | string | null;
  }[];
}

/** Milliseconds; null when no event counted. */
export interface ViewAge {
  readonly group: string;
  readonly view: string;
  readonly features: readonly string[];
  /** From the latest event that counted to the prediction. */
  readonly stateAgeMs: AgeSpread | null;
  /** From happening to being available, of the events that counted. */
  readonly latenessMs: AgeSpread | null;
}

export interface VerificationRequest {
  readonly model: string;
  /** Default `"default"`. */
  readonly live?: string;
  /** Only predictions asked for from here on, and before there; epoch milliseconds. */
  readonly fromMs?: number;
  readonly toMs?: number;
  /** Only so many predictions, drawn at random with a fixed seed; all by default. */
  readonly sample?: number;
}

/**
 * Recomputes the features of logged predictions offline, by folding exactly the events that each rested on,
 * and compares them bit by bit with what was logged. Throws MW1125 for a live state that has not begun,
 * MW1107 when the predictions were made with other features, and MW1111 when there are none.
 */
export async function verifyFeatures(
  project: Project,
  request: VerificationRequest,
  signal?: AbortSignal,
): Promise<FeatureVerification> {
  const { model: name, live = "default" } = request;
  const model = findModel(project, name);
  await requireLive(project, live);
  const logged = chosen(await readPredictions(project, name, live), request);
  if (logged.length === 0) throw nothingChosen(name, live);
  const records = await ofThisDefinition(project, model, logged);
  const task = project.progress.start("recompute features offline");
  const logs = logsSeen(live, records);
  const events = new Map<string, RecordedEvents>();
  for (const { view } of lookupsOf(model.features)) {
    if (events.has(view.source.name)) continue;
    events.set(view.source.name, await recordedEvents(project, view.source, { live, logs }));
  }
  const { features, ages } = await recomputeFeatures(
    model.features,
    {
      requests: tableOf(
        model.features.request,
        records.map(({ request: values }) => values),
      ),
      seen: records.map(({ asOfMs, events: sequences, seen }) => ({
        asOfMs,
        sequences,
        ...(seen === undefined ? {} : { lookups: seen }),
      })),
      live,
      events,
    },
    { threads: project.threads, ...(signal === undefined ? {} : { signal }) },
  );
  task.finish(`${records.length.toLocaleString("en")} predictions`);
  const verification: FeatureVerification = {
    ...compare(model, records, features),
    skipped: logged.length - records.length,
    ages: ages.map(viewAge),
  };
  const kept: KeptVerification = { ...verification, contract: canonicalHash(model.contract) };
  await record(project, live, { name: "verifications", value: kept });
  return verification;
}

/** The live states whose logs the answers rest on. A history in a shared store is no log. */
function logsSeen(live: string, records: readonly PredictionRecord[]): string[] {
  const seen = new Set(records.flatMap(({ seen = [] }) => seen.flatMap((logs) => Object.keys(logs))));
  seen.delete(historyPartition);
  return [...new Set([live, ...seen])];
}

function chosen(
  records: readonly PredictionRecord[],
  { fromMs = -Infinity, toMs = Infinity, sample = Infinity }: VerificationRequest,
): PredictionRecord[] {
  const inRange = records.filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
  if (inRange.length <= sample) return inRange;
  // The first of a seeded shuffle (Fisher and Yates 1938), so that the same log gives the same sample.
  const rng = seededRng(sampleSeed);
  for (let i = 0; i < sample; i++) {
    const j = i + rng.below(inRange.length - i);
    [inRange[i], inRange[j]] = [inRange[j], inRange[i]];
  }
  return inRange.slice(0, sample);
}

const sampleSeed = 20_010_601;

function nothingChosen(model: string, live: string) {
  return lifecycleErrors.error("MW1111", {
    expected: `predictions of model "${model}" in live state "${live}" in the range`,
    found: "none",
    remedy: "Choose a wider range of times.",
    details: { model, live },
  });
}

function viewAge({ lookup: { group, view }, stateAgeMs, latenessMs }: LookupAge): ViewAge {
  const features = Object.keys(view.features).map((feature) => `${group}_${feature}`);
  return { group, view: view.name, features, stateAgeMs, latenessMs };
}

/** A verification as it is kept, with the hash of the contract that it was made of. */
export type KeptVerification = FeatureVerification & { readonly contract: string };

/** The latest verification of a live state; undefined when there was none. */
export async function latestVerification(
  project: Project,
  { model, live }: { readonly model: string; readonly live: string },
): Promise<KeptVerification | undefined> {
  const log = await project.readLog(live, "verifications");
  return latestOf<KeptVerification>(log, (verification) => verification.model === model);
}

/** The predictions of versions that were trained with the configuration's definition. Throws MW1107 without any. */
async function ofThisDefinition(
  project: Project,
  model: ModelDefinition,
  records: readonly PredictionRecord[],
): Promise<PredictionRecord[]> {
  const defined = canonicalJson(model.contract);
  const versions = [...new Set(records.map(({ version }) => version))];
  const same = new Set<number>();
  for (const version of versions) {
    const { packageId } = await project.registry.resolve(model.name, String(version));
    const { manifest } = await readFeaturePackage(packageId, project.blobs);
    if (canonicalJson(manifest.features.definition) === defined) same.add(version);
  }
  if (same.size > 0) return records.filter(({ version }) => same.has(version));
  throw lifecycleErrors.error("MW1107", {
    expected: `predictions of a version with the configuration's features and label`,
    found: `predictions of version ${versions.join(", ")}, trained with another definition`,
    remedy: "Restore the definition that the version was trained with.",
    details: { model: model.name, versions },
  });
}

const exampleCount = 5;

function compare(
  model: ModelDefinition,
  records: readonly PredictionRecord[],
  features: FeatureColumns["features"],
): Omit<FeatureVerification, "skipped" | "ages"> {
  const byFeature: Record<string, number> = {};
  const examples: FeatureVerification["examples"][number][] = [];
  let mismatches = 0;
  const position = { number: 0, text: 0 };
  const readers = features.map((feature) => {
    const at = position[feature.kind]++;
    if (feature.kind === "text") {
      return {
        name: feature.name,
        logged: (record: PredictionRecord) => record.texts[at],
        recomputed: (row: number) => (feature.codes[row] < 0 ? "" : feature.dictionary[feature.codes[row]]),
      };
    }
    return {
      name: feature.name,
      logged: (record: PredictionRecord) => nullable(record.numbers[at]),
      recomputed: (row: number) => nullable(feature.values[row]),
    };
  });
  records.forEach((record, row) => {
    let differs = false;
    for (const { name, logged, recomputed } of readers) {
      const [was, is] = [logged(record), recomputed(row)];
      if (was === is) continue;
      differs = true;
      byFeature[name] = (byFeature[name] ?? 0) + 1;
      if (examples.length < exampleCount)
        examples.push({ id: record.id, feature: name, logged: was, recomputed: is });
    }
    if (differs) mismatches++;
  });
  return { model: model.name, predictions: records.length, mismatches, byFeature, examples };
}

function nullable(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
