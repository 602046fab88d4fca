import { takeRows } from "../../data/index.js";
import {
  earlierView,
  featureSet,
  historyPartition,
  recomputeFeatures,
  type FeatureColumns,
  type FeatureSet,
  type FeatureSpace,
  type FeatureState,
  type RecordedEvents,
  type Seen,
  type View,
} from "../../features/index.js";
import { seededRng, valueAt, type Table } from "../../kernel/index.js";
import { differingFeatures } from "./differing-features.js";

/** What stands in the shadow. */
export interface Shadow {
  readonly live: string;
  readonly view: View;
  readonly state: FeatureState;
  /** The time of the comparison. */
  readonly atMs: number;
  /** The version that is read now, if there is another one. */
  readonly active: FeatureSpace | undefined;
  /** What is recorded of the view's source, by the live states whose logs count. */
  readonly eventsOf: (logs: readonly string[]) => Promise<RecordedEvents>;
}

export interface ShadowComparison {
  /** Reads of entities that were compared with a fold from scratch. */
  readonly compared: number;
  /** Those with a feature that differs; they must be none. */
  readonly mismatches: number;
  /** How the features are against the version that was active; null when none was. */
  readonly before: BeforeAndAfter | null;
}

export interface BeforeAndAfter {
  readonly space: string;
  /** False when source or key meant something else, so that nothing can be said of the features. */
  readonly comparable: boolean;
  /** Reads that differ, by feature that both versions have. */
  readonly differing: Readonly<Record<string, number>>;
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

const sampledReads = 500;
const sampleSeed = 20_010_601;

/** Any name will do: it is that of a group. */
const group = "shadow";

/**
 * Reads some entities from a new state and computes the same by folding history and logs from scratch; and
 * tells how the answers differ from those of the version before.
 */
export async function compareInShadow(
  { live, view, state, atMs, active, eventsOf }: Shadow,
  signal?: AbortSignal,
): Promise<ShadowComparison> {
  const context = signal === undefined ? {} : { signal };
  const own = await eventsOf([live]);
  const requests = sampleEntities(view, own);
  const { seen, vectors } = await readAll(state, { set: setOf(view), requests, atMs });
  const logs = [
    ...new Set([live, ...seen.flatMap(({ lookups = [] }) => lookups.flatMap(Object.keys))]),
  ].filter((name) => name !== historyPartition);
  const events = logs.length === 1 ? own : await eventsOf(logs);
  const past = {
    requests,
    seen,
    live,
    events: new Map<string, RecordedEvents>([[view.source.name, events]]),
  };
  const { features } = await recomputeFeatures(setOf(view), past, context);
  const mismatches = vectors.filter(
    (vector, row) => differingFeatures(features, row, vector).length > 0,
  ).length;
  const common = { compared: vectors.length, mismatches };
  if (active === undefined) return { ...common, before: null };
  const earlier = earlierView(view, active.definition);
  if (earlier === undefined || earlier.keyColumns.join() !== view.keyColumns.join()) {
    return {
      ...common,
      before: { space: active.name, comparable: false, differing: {}, added: [], removed: [] },
    };
  }
  const then = await recomputeFeatures(setOf(earlier), past, context);
  return { ...common, before: { space: active.name, comparable: true, ...changes(then.features, features) } };
}

const setOf = (view: View): FeatureSet =>
  featureSet({ views: { [group]: view.by(...view.keyColumns) }, request: {} });

/** Some entities that have events, by the columns of their key, always the same. */
function sampleEntities(view: View, { table }: RecordedEvents): Table {
  const rng = seededRng(sampleSeed);
  const keys = view.keyColumns.map((name) => table.columns[name]);
  const chosen = new Map<string, number>();
  for (let i = 0; i < Math.min(sampledReads, table.rowCount); i++) {
    const row = rng.below(table.rowCount);
    const parts = keys.map((column) => valueAt(column, row));
    if (!parts.includes(null)) chosen.set(JSON.stringify(parts), row);
  }
  return takeRows(table, Int32Array.from(chosen.values()));
}

async function readAll(
  state: FeatureState,
  { set, requests, atMs }: { readonly set: FeatureSet; readonly requests: Table; readonly atMs: number },
): Promise<{
  readonly seen: readonly Seen[];
  readonly vectors: readonly { numbers: Float32Array; texts: string[] }[];
}> {
  const reader = state.reader(set);
  const vectors = Array.from({ length: requests.rowCount }, () => ({
    numbers: new Float32Array(reader.numberCount),
    texts: new Array<string>(reader.textCount).fill(""),
  }));
  const fields = Object.keys(set.request).map((name) => requests.columns[name]);
  const seen = await reader.read(
    vectors.map((out, row) => ({ values: fields.map((column) => valueAt(column, row)), timeMs: atMs, out })),
  );
  return { seen, vectors };
}

type Features = FeatureColumns["features"];

function changes(before: Features, after: Features): Pick<BeforeAndAfter, "differing" | "added" | "removed"> {
  const ownName = (name: string) => name.slice(group.length + 1);
  const names = (features: Features) => features.map(({ name }) => name);
  const differing: Record<string, number> = {};
  for (const feature of after) {
    const other = before.find(({ name }) => name === feature.name);
    if (other === undefined) continue;
    const [was, is] = [valuesOf(other), valuesOf(feature)];
    const count = is.filter((value, row) => !Object.is(value, was[row])).length;
    if (count > 0) differing[ownName(feature.name)] = count;
  }
  return {
    differing,
    added: names(after)
      .filter((name) => !names(before).includes(name))
      .map(ownName),
    removed: names(before)
      .filter((name) => !names(after).includes(name))
      .map(ownName),
  };
}

const valuesOf = (feature: Features[number]): (number | string)[] =>
  feature.kind === "number"
    ? [...feature.values]
    : Array.from(feature.codes, (code) => (code < 0 ? "" : feature.dictionary[code]));
