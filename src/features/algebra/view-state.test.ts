import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { events, parquet } from "../../data/index.js";
import { bindPositions } from "../../kernel/index.js";
import { max, mean, min, quantile, std, sum, variance } from "../definition/aggregation.js";
import { featureCounts } from "../definition/feature-set.js";
import { foldAnswers, oracleAnswers } from "../offline/fold-answers.testing.js";
import { anchoredRows, emptyRow, schema, times, valuesOf, type Row } from "../proof/random-rows.testing.js";
import { randomSource, type RandomSource } from "../definition/random-views.testing.js";
import { sketchAlgebras } from "./sketch-algebra.js";
import { compileContributions, makeContributions, planSlots, sketchOperations } from "./slots.js";
import { createViewState, type StoredTile, type ViewState } from "./view-state.js";
import { view, type View } from "../definition/view.js";

const bind = bindPositions(Object.keys(schema));

/** Takes rows of a view's one entity, at their event time. */
function taker(view: View, state: ViewState): (rows: readonly Row[]) => void {
  const contribute = compileContributions(view.plan, bind);
  const contributions = makeContributions(view.plan);
  return (rows) => {
    for (const row of rows) {
      contribute(valuesOf(row), contributions);
      state.apply(state.entity("a"), row.at, contributions);
    }
  };
}

function readerOf(view: View, state: ViewState): (timeMs: number) => (number | string)[] {
  const { number, text } = featureCounts(view);
  return (timeMs) => {
    const out = {
      numbers: new Float32Array(number).fill(-7),
      texts: new Array<string>(text).fill("untouched"),
    };
    state.read(state.find("a"), timeMs, out, { number: 0, text: 0 });
    return [...out.numbers, ...out.texts];
  };
}

/** Two lots of rows, and times to ask at after each: not before the rows. */
const scenario = anchoredRows().chain(({ anchorMs, rows }) =>
  fc
    .record({
      split: fc.nat(rows.length),
      shuffled: fc.shuffledSubarray(rows, { minLength: rows.length }),
      shifts: fc.array(times(0), { maxLength: 6 }),
      ats: fc.array(times(anchorMs), { maxLength: 4 }),
    })
    .map(({ split, shuffled, shifts, ats }) => {
      const latestMs = Math.max(anchorMs, ...rows.map(({ at }) => at)) + 1;
      const asked = [...ats, ...shifts.map((shift) => latestMs + Math.abs(shift))];
      const after = asked.filter((timeMs) => timeMs >= latestMs).sort((a, b) => a - b);
      return { rows, shuffled, split, after: [latestMs, ...after] };
    }),
);

/** A tile as it is after it was written down and read again. */
function copyOf(view: View, { cells, sketches, ...tile }: StoredTile): StoredTile {
  const operations = sketchOperations(view.plan);
  return {
    ...tile,
    cells: Float64Array.from(cells),
    sketches: sketches.map((sketch, s) => sketch && sketchAlgebras[operations[s]](sketch.toJson())),
  };
}

describe("the state of a view", () => {
  test("is the same for later reads, in whatever order the events came and whatever was read between", () => {
    const property = fc.property(randomSource({ keyColumns: ["place"] }), scenario, (source, given) => {
      for (const { view } of source.views) {
        const [one, other] = [createViewState(view.plan), createViewState(view.plan)];
        const [readOne, readOther] = [readerOf(view, one), readerOf(view, other)];
        taker(view, one)(given.rows);
        taker(view, other)(given.shuffled.slice(0, given.split));
        // A read that some event is still to follow, at a time that no event is at or after.
        readOther(given.after[0]);
        taker(view, other)(given.shuffled.slice(given.split));
        for (const timeMs of given.after) expect(readOther(timeMs)).toEqual(readOne(timeMs));
      }
    });
    fc.assert(property, { numRuns: 300 });
  });

  test("written down tile by tile and read again answers all later reads alike, new events included", () => {
    const property = fc.property(randomSource({ keyColumns: ["place"] }), scenario, (source, given) => {
      for (const { view } of source.views) {
        const [state, restored] = [createViewState(view.plan), createViewState(view.plan)];
        const [read, readRestored] = [readerOf(view, state), readerOf(view, restored)];
        taker(view, state)(given.shuffled.slice(0, given.split));
        const tiles: StoredTile[] = [];
        for (let entity = 0; entity < state.size(); entity++) {
          state.tiles(entity, (tile) => tiles.push(copyOf(view, tile)));
        }
        for (const tile of tiles.toReversed()) restored.restore(tile);
        expect(readRestored(given.after[0])).toEqual(read(given.after[0]));
        for (const take of [taker(view, state), taker(view, restored)]) {
          take(given.shuffled.slice(given.split));
        }
        for (const timeMs of given.after) expect(readRestored(timeMs)).toEqual(read(timeMs));
      }
    });
    fc.assert(property, { numRuns: 300 });
  });
});

describe("the tiles of one window", () => {
  const minuteMs = 60_000;
  /** Windows of every class and not only whole multiples of their hop, with the hop of each. */
  const windowMs = fc.oneof(
    fc.constantFrom(60_000, 90_000, 3_599_999, 3_600_000, 43_199_999, 43_200_000, 1_036_800_000),
    fc.integer({ min: 60_000, max: 3_700_000 }),
    fc.integer({ min: 3_500_000, max: 44_000_000 }),
    fc.integer({ min: 43_000_000, max: 1_100_000_000 }),
    fc.integer({ min: 1_000_000_000, max: 3_000_000_000 }),
  );
  const hopOf = (ms: number) =>
    ms < 60 * minuteMs
      ? minuteMs
      : ms < 720 * minuteMs
        ? 5 * minuteMs
        : ms < 17_280 * minuteMs
          ? 60 * minuteMs
          : 1_440 * minuteMs;
  /** Steps of time from much less than a hop to a window. */
  const step = fc.record({
    hops: fc.constantFrom(0, 0, 1, 1, 2, 5),
    share: fc.constantFrom(0, 0.01, 0.5, 0.99, 1),
    late: fc.double({ min: 0, max: 1, noNaN: true }),
    asks: fc.boolean(),
  });

  test("are all there when it needs them, events in and out of order", () => {
    const property = fc.property(windowMs, fc.array(step, { maxLength: 80 }), (ms, steps) => {
      const plan = planSlots([{ kind: "count", windowMs: ms }], {});
      const state = createViewState(plan);
      const one = { numbers: Float64Array.of(1), values: [] };
      const out = { numbers: new Float32Array(1), texts: [] };
      const hop = hopOf(ms);
      const ats: number[] = [];
      let nowMs = 0;
      for (const { hops, share, late, asks } of steps) {
        nowMs += Math.floor((hops + share) * hop) + 1;
        // On time, or late by up to the window and two hops.
        for (const at of [nowMs - 1, nowMs - 1 - Math.floor(late * (ms + 2 * hop))]) {
          state.apply(state.entity("a"), at, one);
          ats.push(at);
        }
        if (!asks) continue;
        state.read(state.find("a"), nowMs, out, { number: 0, text: 0 });
        const low = Math.floor((nowMs - ms) / hop) * hop;
        expect(out.numbers[0]).toBe(ats.filter((at) => at >= low && at < nowMs).length);
      }
    });
    fc.assert(property, { numRuns: 1_000 });
  });
});

describe("values of every size", () => {
  const source = events("things", { from: parquet("a.parquet"), schema, eventTime: "at" });
  const kinds = { sum, mean, variance, std, min, max };
  type Kind = keyof typeof kinds;

  /** The features of two windows, and what they mean. */
  const meant = (...chosen: readonly Kind[]): RandomSource => ({
    source,
    keyColumns: ["place"],
    views: [
      {
        view: view("wide", {
          source,
          entity: { thing: "place" },
          features: (f) =>
            Object.fromEntries(
              (["7m", "3h"] as const).flatMap((window) =>
                chosen.map((kind) => [`${kind}_${window}`, kinds[kind](f.delay).over(window)]),
              ),
            ),
        }),
        clock: "event",
        features: [7, 180].flatMap((minutes) =>
          chosen.map((kind) => ({
            kind,
            whole: true,
            value: (row: Row) => row.delay,
            windowMs: minutes * 60_000,
          })),
        ),
      },
    ],
    naiveEvents: (log) =>
      log.map(({ row, receivedMs }) => ({
        row,
        receivedMs,
        key: [row.place],
        statedMs: row.at,
        declaredMs: undefined,
      })),
    naiveQuestion: ({ place, timeMs }) => ({ key: [place], timeMs }),
  });

  test.each([
    [["variance", "std"]],
    [["sum", "mean"]],
    [["sum", "mean", "variance", "std", "min", "max"]],
  ] as const)(
    "are exact while they come and go, also where %j were too large for a while",
    async (chosen) => {
      const of = meant(...chosen);
      const limit = 2 ** 50;
      const large = fc.oneof(
        fc.constantFrom(limit, -limit, limit - 1, 1 - limit),
        fc.noBias(fc.integer({ min: -limit, max: limit })),
      );
      const step = (value: fc.Arbitrary<number>, longestMs: number) =>
        fc.record({ value, gapMs: fc.integer({ min: 0, max: longestMs }), asks: fc.boolean() });
      // Once the large values are gone, nothing of them may be left beside the small ones.
      const scenario = fc.tuple(
        fc.array(step(large, 10_000), { minLength: 20, maxLength: 60 }),
        fc.array(step(fc.integer({ min: -2, max: 2 }), 90_000), { minLength: 10, maxLength: 40 }),
      );
      const property = fc.asyncProperty(scenario, async (lots) => {
        const steps = lots.flat();
        let at = 0;
        const log = steps.map(({ value: delay, gapMs }) => {
          at += gapMs;
          return { row: { ...emptyRow, place: "a", at, delay }, receivedMs: null };
        });
        const asked = [...log.filter((_, i) => steps[i].asks).map(({ row }) => row.at + 1), at + 600_000];
        const questions = asked.map((timeMs) => ({ place: "a", number: null, kind: null, timeMs }));
        const [expected] = oracleAnswers(of, { log, questions });
        expect(await foldAnswers(of.views[0].view, { log, questions })).toEqual(expected);
      });
      await fc.assert(property, { numRuns: 300 });
    },
  );

  test("beyond 2^50 are refused wherever they would be added up or put into buckets", () => {
    for (const of of [sum, mean, variance, std, min, max]) {
      const plan = view("v", {
        source,
        entity: { thing: "place" },
        features: (f) => ({ x: of(f.delay).over("1h") }),
      }).plan;
      expect(contributing(plan, 2 ** 50)).not.toThrow();
      expect(contributing(plan, 2 ** 50 + 1)).toThrow(expect.objectContaining({ code: "MW0303" }) as Error);
    }
    const buckets = view("v", {
      source,
      entity: { thing: "place" },
      features: (f) => ({ x: quantile(f.delay, 0.5).over("1h") }),
    }).plan;
    expect(contributing(buckets, -(2 ** 50))).not.toThrow();
    expect(contributing(buckets, -(2 ** 50) - 1)).toThrow(
      expect.objectContaining({ code: "MW0303" }) as Error,
    );
  });
});

function contributing(plan: View["plan"], delay: number): () => void {
  const contribute = compileContributions(plan, bind);
  return () => contribute(valuesOf({ ...emptyRow, delay }), makeContributions(plan));
}
