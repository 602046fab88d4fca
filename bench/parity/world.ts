import fc from "fast-check";
import { featureChoice, kinds } from "../../src/features/proof/random-features.testing.js";
import type { LoggedRow, Row } from "../../src/features/proof/random-rows.testing.js";
import {
  availabilityCount,
  sourceWith,
  type KeyColumn,
  type Question,
  type RandomSource,
} from "../../src/features/definition/random-views.testing.js";
import { seededRng, type Rng } from "../../src/kernel/index.js";

/** What happens to a state: an event arrives, with its number in the log of its source, or a question is asked. */
export type Happening =
  | { readonly kind: "event"; readonly source: number; readonly sequence: number; readonly logged: LoggedRow }
  | { readonly kind: "question"; readonly question: Question };

/** Sources with views of every aggregation, and what happens, in the order in which a state is told. */
export interface World {
  readonly sources: readonly RandomSource[];
  readonly happenings: readonly Happening[];
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const spansMs = [hourMs, 4 * hourMs, dayMs, 5 * dayMs, 60 * dayMs, 800 * dayMs];
const gridsMs = [1, minuteMs, 5 * minuteMs, hourMs, dayMs];
const anchorsMs = [0, -40 * dayMs, Date.UTC(2001, 3, 1)];
const windowsMs = [1, 7, 59, 60, 180, 719, 720, 1_500, 10_080, 17_280, 57_600, 527_040].map(
  (minutes) => minutes * minuteMs,
);

const oneOf = <T>(rng: Rng, values: readonly T[]): T => values[rng.below(values.length)];
const between = (rng: Rng, low: number, high: number) => low + rng.below(high - low + 1);

/** A value, or null now and then. */
const maybe = <T>(rng: Rng, value: T): T | null => (rng.below(8) === 0 ? null : value);

/** One feature of every aggregation; its value, window and condition at random. */
function everyKind(rng: Rng) {
  const choices = fc.sample(featureChoice, { seed: rng.below(2 ** 31), numRuns: kinds.length });
  return kinds.map((kind, i) => ({ ...choices[i], kind }));
}

function sourcesOf(rng: Rng): RandomSource[] {
  const clocks = ["event", "available"] as const;
  const left = clocks.map((clock) => ({ clock, choices: everyKind(rng) }));
  const right = [{ clock: oneOf(rng, clocks), choices: everyKind(rng) }];
  const pairs: readonly [KeyColumn, KeyColumn] = rng.below(2) === 0 ? ["place", "number"] : ["kind", "place"];
  return [
    sourceWith({ name: "left", keyColumns: ["place"] }, left, rng.below(availabilityCount)),
    sourceWith(
      { name: "right", keyColumns: pairs, by: ["one", "other"] },
      right,
      rng.below(availabilityCount),
    ),
  ];
}

/** On, just before and just after the edges of tiles, or anywhere. */
function edgeTime(rng: Rng, timeMs: number): number {
  const grid = oneOf(rng, gridsMs);
  return Math.round(timeMs / grid) * grid + (rng.below(3) === 0 ? between(rng, -1, 1) : 0);
}

const amounts = [0, -0, 1e-7, -4e-7, 1.1e9, -1.1e9];

/** Few entities have so many values that sketches are more than lists. */
const placesOf = (rng: Rng): readonly string[] => ["JFK", "\ud83d", ""].slice(0, 1 + rng.below(3));

function rowAt(rng: Rng, at: number, places: readonly string[]): Row {
  const lag = oneOf(rng, [0, between(rng, -90, 90), between(rng, 0, 40_000)]);
  const amount = rng.below(4) === 0 ? oneOf(rng, amounts) : (rng.next() - 0.5) * 2_000;
  return {
    at,
    place: maybe(rng, oneOf(rng, places)),
    number: maybe(rng, oneOf(rng, [1, 2, -3])),
    lag: maybe(rng, lag),
    delay: maybe(rng, rng.below(5) === 0 ? 0 : between(rng, -60, 600)),
    amount: maybe(rng, amount),
    late: maybe(rng, rng.below(2) === 0),
    kind: maybe(rng, oneOf(rng, ["x", "y", "", "X", "xy", "é", "👍", "\ud83d"])),
  };
}

/** How long after it happened a server takes an event: at once, late, very late; or it claims a time to come. */
function lateness(rng: Rng): number {
  const minutes = [0, between(rng, 0, 5), between(rng, 0, 90), between(rng, -90, 0), between(rng, 0, 40_000)];
  return oneOf(rng, minutes) * minuteMs;
}

interface Timed {
  readonly arrivesMs: number;
  readonly happening: Happening;
}

function eventsOf(rng: Rng, size: number, { fromMs, spanMs }: { fromMs: number; spanMs: number }): Timed[] {
  const live = rng.below(2) === 0;
  const places = placesOf(rng);
  const rows: Row[] = [];
  const timed: Timed[] = [];
  for (let i = 0; i < size; i++) {
    const kind = rows.length === 0 ? 0 : rng.below(12);
    const at = kind === 1 ? oneOf(rng, rows).at : edgeTime(rng, fromMs + rng.next() * spanMs);
    // A tie in time, or the same once more.
    const row = kind === 2 ? oneOf(rng, rows) : rowAt(rng, at, places);
    rows.push(row);
    const arrivesMs = row.at + lateness(rng);
    const logged = { row, receivedMs: live ? arrivesMs : null };
    timed.push({
      arrivesMs,
      happening: { kind: "event", source: rng.below(2), sequence: 0, logged },
    });
  }
  return timed;
}

/** When a question about a row is asked: at the edge of a window of it, or some time after it. */
function askingTime(rng: Rng, { at }: Row): number {
  const window = oneOf(rng, windowsMs);
  if (rng.below(3) === 0) return at + (rng.below(4) === 0 ? 0 : window) + between(rng, -1, 1);
  return edgeTime(rng, at + Math.floor(rng.next() * window));
}

/** Questions about the entities of rows, and about none, in the span of the rows and after it. */
function questionsOf(rng: Rng, size: number, rows: readonly Row[]): Timed[] {
  return Array.from({ length: size }, () => {
    const row = oneOf(rng, rows);
    const strange = rng.below(12);
    const place = strange === 0 ? "unknown" : (row.place ?? (strange < 6 ? null : "JFK"));
    const number = row.number ?? (strange < 6 ? null : 1);
    const kind = row.kind ?? (strange < 6 ? null : "x");
    const timeMs = askingTime(rng, row);
    return {
      arrivesMs: timeMs,
      happening: { kind: "question" as const, question: { timeMs, place, number, kind } },
    };
  });
}

/** The world of a seed: equal seeds give equal worlds. */
export function worldOf(seed: number, size: { readonly events: number; readonly questions: number }): World {
  const rng = seededRng(seed);
  const sources = sourcesOf(rng);
  const timed = eventsOf(rng, size.events, { fromMs: oneOf(rng, anchorsMs), spanMs: oneOf(rng, spansMs) });
  const rows = timed.flatMap(({ happening }) => (happening.kind === "event" ? [happening.logged.row] : []));
  timed.push(...questionsOf(rng, size.questions, rows));
  timed.sort((a, b) => a.arrivesMs - b.arrivesMs);
  const sequences = sources.map(() => 0);
  const happenings = timed.map(({ happening }) =>
    happening.kind === "event"
      ? { ...happening, sequence: (sequences[happening.source] += between(rng, 1, 3)) }
      : happening,
  );
  return { sources, happenings };
}
