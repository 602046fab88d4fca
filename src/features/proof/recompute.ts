import { bindTable, textColumn, type Table } from "../../kernel/index.js";
import { compileKey, keyCodes } from "../definition/entity-key.js";
import {
  featureSet,
  lookupsOf,
  withoutWindows,
  type FeatureSet,
  type Lookup,
} from "../definition/feature-set.js";
import { buildFeatures, type FeatureColumns } from "../offline/feature-table.js";
import type { BuildContext } from "../offline/window-features.js";
import { orderByTime, type VisibleEvents } from "../offline/fold.js";
import { createAgeMeter, type LookupAge } from "./lookup-age.js";
import type { Seen, SeenLog } from "../ports.js";
import { eventsAskedFor, type RecordedEvents } from "./recorded-events.js";

/** Answers of the past, with what each rested on. */
export interface Recomputation {
  /** The requests, by the fields of the feature set. */
  readonly requests: Table;
  readonly seen: readonly Seen[];
  /** The live state that gave the answers. */
  readonly live: string;
  /** By source. */
  readonly events: ReadonlyMap<string, RecordedEvents>;
}

type Feature = FeatureColumns["features"][number];

/**
 * Computes the features of past answers again, by folding exactly the events that each rested on, in an
 * order in which its state could have seen them. Equal to what was answered, to the last bit, whatever the
 * store and however many wrote to it.
 */
export async function recomputeFeatures(
  set: FeatureSet,
  past: Recomputation,
  context: BuildContext = {},
): Promise<{ readonly features: readonly Feature[]; readonly ages: readonly LookupAge[] }> {
  const byName = new Map<string, Feature>();
  const ages: LookupAge[] = [];
  for (const [index, lookup] of lookupsOf(set).entries()) {
    const { features, age } = await recomputeLookup({ lookup, index }, past, context);
    for (const feature of features) byName.set(feature.name, feature);
    ages.push(age);
  }
  if (set.columns.some(({ origin }) => origin !== "window")) {
    const timeMs = timesOf(past);
    const spine = { table: past.requests, timeMs, askedAt: timeMs };
    const plain = await buildFeatures(withoutWindows(set), { spine, events: new Map() }, context);
    for (const feature of plain.features) byName.set(feature.name, feature);
  }
  return { features: set.columns.map(({ name }) => byName.get(name) as Feature), ages };
}

const timesOf = ({ seen }: Recomputation) => Float64Array.from(seen, ({ asOfMs }) => asOfMs);

interface NumberedLookup {
  readonly lookup: Lookup;
  readonly index: number;
}

async function recomputeLookup(
  { lookup, index }: NumberedLookup,
  past: Recomputation,
  context: BuildContext,
): Promise<{ readonly features: readonly Feature[]; readonly age: LookupAge }> {
  const { group, view, keys } = lookup;
  const { requests } = past;
  const recorded = past.events.get(view.source.name);
  if (recorded === undefined) throw new TypeError(`no events of source "${view.source.name}" were given`);
  const events = eventsAskedFor(lookup, requests, recorded);
  const alone = featureSet({ views: { [group]: view.by(...keys) }, request: {} });
  const timeMs = timesOf(past);
  const seen = seenByLookup(past, { lookup, index });
  const meter = createAgeMeter(lookup, events);
  let features: readonly Feature[] | undefined;
  for (const chains of roundsOf(keyCodes(keys.map((field) => requests.columns[field])), seen, timeMs)) {
    const { askedAt, visible } = visibleTo(events, { lookup, seen, chains, timeMs });
    meter.take(visible, { requests, timeMs, askedAt });
    const built = await buildFeatures(
      alone,
      { spine: { table: requests, timeMs, askedAt }, events: new Map([[view.source.name, visible]]) },
      context,
    );
    features =
      features === undefined ? built.features : merged(features, built.features, [...chains.values()]);
  }
  return { features: features ?? [], age: meter.age() };
}

type LogsSeen = Readonly<Record<string, SeenLog>>;

const seenByLookup = ({ seen, live }: Recomputation, { lookup, index }: NumberedLookup): LogsSeen[] =>
  seen.map(
    ({ lookups, sequences, asOfMs }) =>
      lookups?.[index] ?? {
        [live]: { sequence: sequences[lookup.view.source.name] ?? 0, beforeMs: asOfMs },
      },
  );

/**
 * The questions of each key, each of which saw all that the one before it saw, and perhaps more; and those
 * without a key, which see nothing at any time.
 */
type Chains = ReadonlyMap<string | null, readonly number[]>;

/**
 * Divides questions into rounds of chains. One round does, unless a store answered two questions about one
 * entity such that each saw something that the other did not.
 */
function roundsOf(
  { codes, texts }: { codes: Int32Array; texts: readonly string[] },
  seen: readonly LogsSeen[],
  timeMs: Float64Array,
): Chains[] {
  const sum = (row: number, of: keyof SeenLog) =>
    Object.values(seen[row]).reduce((total, log) => total + log[of], 0);
  const sums = seen.map((_, row) => [timeMs[row], sum(row, "sequence"), sum(row, "beforeMs")] as const);
  const rows = Array.from(codes.keys());
  // What grows in every part grows in the sums.
  rows.sort((a, b) => sums[a][0] - sums[b][0] || sums[a][1] - sums[b][1] || sums[a][2] - sums[b][2]);
  const rounds = [new Map<string | null, number[]>()];
  for (const row of rows) {
    const key = codes[row] < 0 ? null : texts[codes[row]];
    const goesOn = (chain: readonly number[] | undefined) =>
      chain === undefined || key === null || contains(seen[row], seen[chain[chain.length - 1]]);
    let round = rounds.findIndex((chains) => goesOn(chains.get(key)));
    if (round < 0) round = rounds.push(new Map()) - 1;
    const chain = rounds[round].get(key);
    if (chain === undefined) rounds[round].set(key, [row]);
    else chain.push(row);
  }
  return rounds;
}

const contains = (more: LogsSeen, less: LogsSeen): boolean =>
  Object.entries(less).every(
    ([log, { sequence, beforeMs }]) =>
      Object.hasOwn(more, log) && more[log].sequence >= sequence && more[log].beforeMs >= beforeMs,
  );

interface Round {
  readonly lookup: Lookup;
  readonly seen: readonly LogsSeen[];
  readonly chains: Chains;
  readonly timeMs: Float64Array;
}

/**
 * Puts the questions of each entity on an axis of its own, and every event before the first question that saw
 * it. Entities do not depend on one another.
 */
function visibleTo(
  events: RecordedEvents,
  { lookup: { view }, seen, chains, timeMs }: Round,
): { readonly visible: VisibleEvents; readonly askedAt: Float64Array } {
  const askedAt = new Float64Array(timeMs.length).fill(NaN);
  for (const rows of chains.values()) rows.forEach((row, at) => (askedAt[row] = at));
  const visibleFrom = new Float64Array(events.table.rowCount).fill(NaN);
  const keyOf = compileKey(view.keyColumns, bindTable(events.table));
  for (let row = 0; row < visibleFrom.length; row++) {
    const availableMs = events.availableMs[row];
    const key = keyOf(row);
    const chain = key === null ? undefined : chains.get(key);
    if (chain === undefined || Number.isNaN(availableMs)) continue;
    const log = events.log[row] < 0 ? undefined : events.logs[events.log[row]];
    const sees = (asked: number) =>
      log === undefined
        ? availableMs < timeMs[asked]
        : covers(seen[asked], log, { sequence: events.sequence[row], availableMs });
    const first = firstWhere(chain, sees);
    if (first < chain.length) visibleFrom[row] = first - 0.5;
  }
  return { visible: { ...events, visibleFrom, order: orderByTime(visibleFrom) }, askedAt };
}

function covers(
  seen: LogsSeen,
  log: string,
  { sequence, availableMs }: { readonly sequence: number; readonly availableMs: number },
): boolean {
  return Object.hasOwn(seen, log) && seen[log].sequence >= sequence && seen[log].beforeMs > availableMs;
}

/** The first position at which a condition holds that stays true once it is: binary search. */
function firstWhere<T>(items: readonly T[], holds: (item: T) => boolean): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(items[middle])) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The features with some rows of others in the place of their own. */
function merged(
  features: readonly Feature[],
  others: readonly Feature[],
  chains: readonly (readonly number[])[],
): readonly Feature[] {
  return features.map((feature, f): Feature => {
    const other = others[f];
    if (feature.kind === "number" && other.kind === "number") {
      for (const row of chains.flat()) feature.values[row] = other.values[row];
      return feature;
    }
    const texts = textsOf(feature);
    const theirs = textsOf(other);
    for (const row of chains.flat()) texts[row] = theirs[row];
    const { codes, dictionary } = textColumn(texts);
    return { kind: "text", name: feature.name, codes, dictionary };
  });
}

function textsOf(feature: Feature): (string | null)[] {
  if (feature.kind === "number")
    throw new TypeError("a feature is a number in one round and a text in another");
  return Array.from(feature.codes, (code) => (code < 0 ? null : feature.dictionary[code]));
}
