import { lookupsOf, recomputeFeatures, type FeatureColumns, type Lookup } from "../../features/index.js";
import { compileRecord, tableOf, type Value } from "../../kernel/index.js";
import type { ModelDefinition } from "../../training/index.js";
import { badRequest } from "../live/live-model.js";
import { findModel, type Project } from "../project.js";
import { recordedEvents, requireLive, type RecordedSource } from "../live/recorded-events.js";

export interface FeaturesRequest {
  readonly model: string;
  /** As `predict` takes it; without the time of the prediction if `atMs` says it. */
  readonly request: unknown;
  /** The live state whose history and log count. Default: `"default"`, if it has begun, else the latest dataset versions. */
  readonly live?: string;
  /** The time that the windows refer to, epoch milliseconds. Default: the request's own. */
  readonly atMs?: number;
}

/** The features that a request would get. Plain JSON. */
export interface RequestFeatures {
  readonly model: string;
  readonly atMs: number;
  /** In the order of the model's feature vector; null is missing. */
  readonly features: readonly { readonly name: string; readonly value: number | string | null }[];
  /** What was looked up, in the order of the definition. */
  readonly lookups: readonly {
    readonly group: string;
    readonly view: string;
    /** The parts of the entity's key. */
    readonly key: readonly Value[];
    /** Events of the entity that are known, in the windows or older. */
    readonly events: number;
    /** When the latest of them became known; null when there is none. */
    readonly latestMs: number | null;
    /** From then to the question, in milliseconds. */
    readonly ageMs: number | null;
  }[];
}

/**
 * The features that a request would get, computed from the history and the live state's log as they are now,
 * beside whoever serves. Throws MW1101, MW1103 for a request that the model cannot take, and MW1125.
 */
export async function getFeatures(
  project: Project,
  { model: name, request, live, atMs }: FeaturesRequest,
  signal?: AbortSignal,
): Promise<RequestFeatures> {
  const model = findModel(project, name);
  const values = parsed(model, request, atMs);
  const asOfMs = atMs ?? requestTime(project, model, values);
  if (live !== undefined) await requireLive(project, live);
  const recording = { live: live ?? "default", logs: [live ?? "default"] };
  const events = new Map<string, RecordedSource>();
  for (const { view } of lookupsOf(model.features)) {
    const { source } = view;
    if (!events.has(source.name)) events.set(source.name, await recordedEvents(project, source, recording));
  }
  const sequences = Object.fromEntries([...events.keys()].map((source) => [source, Infinity]));
  const { features, ages } = await recomputeFeatures(
    model.features,
    {
      requests: tableOf(model.features.request, [values]),
      seen: [{ asOfMs, sequences }],
      live: recording.live,
      events,
    },
    signal === undefined ? {} : { signal },
  );
  return {
    model: name,
    atMs: asOfMs,
    features: features.map((feature) => ({ name: feature.name, value: valueOf(feature) })),
    lookups: ages.map(({ lookup, events, stateAgeMs }) => ({
      group: lookup.group,
      view: lookup.view.name,
      key: keyOf(model, lookup, values),
      events,
      latestMs: stateAgeMs === null ? null : asOfMs - stateAgeMs.max,
      ageMs: stateAgeMs?.max ?? null,
    })),
  };
}

/** When the request asks: at its own time, or now where the model has none. */
function requestTime(
  { clock }: Project,
  { spine: { time }, features }: ModelDefinition,
  values: readonly Value[],
): number {
  if (time === undefined) return clock.nowMs();
  return values[Object.keys(features.request).indexOf(time)] as number;
}

/** The request's values. Throws MW1103. */
function parsed(model: ModelDefinition, request: unknown, atMs: number | undefined): readonly Value[] {
  const { time } = model.spine;
  const isRecord = typeof request === "object" && request !== null && !Array.isArray(request);
  const timed =
    isRecord && atMs !== undefined && time !== undefined && !Object.hasOwn(request, time)
      ? { ...request, [time]: atMs }
      : request;
  const result = compileRecord(model.features.request)(timed);
  if (!result.ok) throw badRequest(model.name, result.problems);
  return result.values;
}

function valueOf(feature: FeatureColumns["features"][number]): number | string | null {
  if (feature.kind === "text") return feature.codes[0] < 0 ? null : feature.dictionary[feature.codes[0]];
  return Number.isNaN(feature.values[0]) ? null : feature.values[0];
}

function keyOf({ features }: ModelDefinition, { keys }: Lookup, values: readonly Value[]): Value[] {
  const fields = Object.keys(features.request);
  return keys.map((key) => values[fields.indexOf(key)]);
}
