import { events, parquet } from "../../data/index.js";
import {
  count,
  createSharedState,
  distinct,
  featureSet,
  last,
  sum,
  view,
  type LoggedEvent,
  type SharedState,
  type TileStore,
} from "../../features/index.js";
import { t } from "../../kernel/index.js";

/** A source, a view and endless logs that a test and the processes that it kills agree upon. */
const source = events("payments", {
  from: parquet("payments.parquet"),
  schema: { at: t.timestamp(), user: t.string(), cents: t.int() },
  eventTime: "at",
  availableAt: (f) => f.at.plus("2m"),
});

const spending = view("spending", {
  source,
  entity: { user: "user" },
  features: (f) => ({
    n_10m: count().over("10m"),
    n_30d: count().over("30d"),
    cents_2h: sum(f.cents).over("2h"),
    kinds_1d: distinct(f.cents).over("1d"),
    last_7d: last(f.cents).over("7d"),
  }),
});

export const users = ["ada", "ben", "cy", "dee", "é {x}"];
const startMs = Date.UTC(2024, 0, 1);

/** Event `sequence` of a partition's log: 20 s after the one before, now and then late or of the future. */
function eventOf(partition: string, sequence: number): LoggedEvent {
  const mixed = (sequence * 7919 + partition.charCodeAt(0) * 104_729) >>> 0;
  const offMinutes = mixed % 11 === 0 ? 45 : mixed % 7 === 0 ? -200 : 0;
  const atMs = timeOf(sequence) + offMinutes * 60_000;
  return {
    sequence,
    receivedMs: null,
    values: [atMs, users[mixed % users.length], (mixed % 97) - 40],
  };
}

/** When event `sequence` comes: what the clock is brought to. */
export const timeOf = (sequence: number): number => startMs + sequence * 20_000;

export function openState(tiles: TileStore, partition: string): SharedState {
  const spaceOf = ({ hash }: { readonly hash: string }) => `crash:${hash.slice(0, 16)}`;
  return createSharedState([spending], { tiles, partition, spaceOf, positionStride: 5 });
}

/** Adds a log from where the state stands to a number, a few events at a time, the clock following. */
export async function replay(
  state: SharedState,
  { partition, to, step = 3 }: { readonly partition: string; readonly to: number; readonly step?: number },
): Promise<void> {
  for (let from = state.sequence(source.name) + 1; from <= to; from += step) {
    const length = Math.min(step, to - from + 1);
    const batch = Array.from({ length }, (_, i) => eventOf(partition, from + i));
    await state.add(source.name, batch);
    await state.advance(timeOf(from + length - 1));
  }
}

/** The features of all users at a time, by user. */
export async function readAll(state: SharedState, timeMs: number): Promise<number[][]> {
  const reader = state.reader(featureSet({ views: { user: spending }, request: {} }));
  const questions = users.map((user) => ({
    values: [user],
    timeMs,
    out: { numbers: new Float32Array(reader.numberCount), texts: [] },
  }));
  await reader.read(questions);
  return questions.map(({ out }) => [...out.numbers]);
}

/** What `readAll` must give when each log counts up to its number, in plain loops. */
export function expectedAll(logs: Readonly<Record<string, number>>, timeMs: number): number[][] {
  const all = Object.entries(logs).flatMap(([partition, to]) =>
    Array.from({ length: to }, (_, i) => eventOf(partition, i + 1).values as [number, string, number]),
  );
  const known = all.filter(([atMs]) => atMs + 120_000 < timeMs);
  return users.map((user) => {
    const since = (windowMs: number, hopMs: number) =>
      known.filter(([atMs, own]) => own === user && atMs >= Math.floor((timeMs - windowMs) / hopMs) * hopMs);
    const total = (rows: readonly [number, string, number][]) =>
      rows.reduce((cents, row) => cents + row[2], 0);
    const hour = 3_600_000;
    const week = known.filter(([atMs, own]) => own === user && atMs >= timeMs - 168 * hour);
    const latest = week.reduce(
      (best, row) => (row[0] > best[0] || (row[0] === best[0] && row[2] > best[2]) ? row : best),
      [-Infinity, "", NaN] as [number, string, number],
    );
    return [
      since(600_000, 60_000).length,
      since(720 * hour, 24 * hour).length,
      total(since(2 * hour, 300_000)),
      new Set(since(24 * hour, hour).map(([, , cents]) => cents)).size,
      latest[2],
    ];
  });
}
