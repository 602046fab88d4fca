import { describe, expect, test } from "vitest";
import { events, parquet } from "../data/index.js";
import { t, tableOf, textColumn, type Value } from "../kernel/index.js";
import { count, max, mean, min, rate, sum, type WindowedFeature } from "./aggregation.js";
import { eventTable } from "./event-log.js";
import { fold, orderByTime, visibleByTime } from "./fold.js";
import { createOnlineState } from "./online-state.js";
import { view, type View, type WindowClock } from "./view.js";

const schema = {
  at: t.timestamp(),
  known: t.timestamp().optional(),
  key: t.string(),
  v: t.float().optional(),
};
const source = events("things", {
  from: parquet("a.parquet"),
  schema,
  eventTime: "at",
  availableAt: (f) => f.known,
});
type F = (typeof source)["columns"];
type Event = readonly [at: number, known: number | null, v: number | null];

function viewOf(features: (f: F) => Record<string, WindowedFeature>, clock: WindowClock = "event"): View {
  return view("things", { source, entity: { thing: "key" }, features, clock });
}

/** The answers at a time, events being about one key. */
async function ask(view: View, log: readonly Event[], timeMs: number): Promise<number[]> {
  const rows = log.map(([at, known, v]): Value[] => [at, known, "a", v]);
  const times = Float64Array.of(timeMs);
  const out = Object.keys(view.features).map(() => new Float32Array(1));
  await fold(view, {
    events: visibleByTime(eventTable(source, tableOf(schema, rows))),
    questions: { keys: textColumn(["a"]), timeMs: times, askedAt: times, order: orderByTime(times) },
    out,
  });
  return out.map(([value]) => value);
}

const all = viewOf((f) => ({
  count: count().over("1h"),
  sum: sum(f.v).over("1h"),
  mean: mean(f.v).over("1h"),
  rate: rate(f.v.gt(2)).over("1h"),
  min: min(f.v).over("1h"),
  max: max(f.v).over("1h"),
}));

describe("aggregations", () => {
  test("of no events: counts and sums are 0, the others null", async () => {
    expect(await ask(all, [], 10)).toEqual([0, 0, NaN, NaN, NaN, NaN]);
  });

  test("of values: nulls are counted as events and nothing else", async () => {
    const log: Event[] = [
      [1, 1, 4],
      [2, 2, null],
      [3, 3, 0.5],
      [4, 4, 2.5],
    ];
    // 4 + 0.5 + 2.5 = 7; of three values two are above 2.
    expect(await ask(all, log, 10)).toEqual([4, 7, 7 / 3, 2 / 3, 0.5, 4].map(Math.fround));
  });

  test("of fractions keep six decimals, halves rounded up", async () => {
    // 0.0000014 → 0.000001, 0.0000015 → 0.000002: three of the one and one of the other are 0.000005.
    const log = [1.4e-6, 1.4e-6, 1.4e-6, 1.5e-6].map((v, i): Event => [i, i, v]);
    expect((await ask(all, log, 10))[1]).toBe(Math.fround(5e-6));
  });

  test("add up without an error of binary fractions", async () => {
    const log = Array.from({ length: 10 }, (_, i): Event => [i, i, 0.1]);
    const mostly = viewOf((f) => ({ exact: max(f.v).over("1h"), sum: sum(f.v).over("1h") }));
    expect(await ask(mostly, log, 20)).toEqual([Math.fround(0.1), 1]);
  });

  test("know one zero only", async () => {
    const log: Event[] = [
      [1, 1, -0],
      [2, 2, 0],
    ];
    expect((await ask(all, log, 10)).slice(4)).toEqual([0, 0]);
  });
});

describe("an event", () => {
  const counting = viewOf(() => ({ n: count().over("1h") }));
  const byAvailability = viewOf(() => ({ n: count().over("1h") }), "available");
  const hour = 3_600_000;

  test("does not exist at the time at which it becomes available, and does a millisecond later", async () => {
    expect(await ask(counting, [[0, 100, 1]], 100)).toEqual([0]);
    expect(await ask(counting, [[0, 100, 1]], 101)).toEqual([1]);
  });

  test("whose availability is null never exists", async () => {
    expect(await ask(counting, [[0, null, 1]], hour)).toEqual([0]);
  });

  test("is in a window by its event time, or by its availability if the view says so", async () => {
    const late: Event[] = [[-2 * hour, 0, 1]];
    expect(await ask(counting, late, 1)).toEqual([0]);
    expect(await ask(byAvailability, late, 1)).toEqual([1]);
  });

  test("that claims the future happened when it was known", async () => {
    const future: Event[] = [[100 * hour, 0, 1]];
    expect(await ask(counting, future, 1)).toEqual([1]);
    expect(await ask(counting, future, hour)).toEqual([1]);
    expect(await ask(counting, future, hour + 300_000)).toEqual([0]);
    expect(await ask(counting, future, 100 * hour + 1)).toEqual([0]);
  });
});

describe("values too large to be summed exactly", () => {
  const summing = viewOf((f) => ({ sum: sum(f.v).over("1h"), mean: mean(f.v).over("1h") }));
  // In millionths 2^50 is 1,125,899,906.842624: the largest value; nine of 1.1e9 pass 2^53, eight do not.
  const largest = 1_125_899_906.842624;
  const big = 1.1e9;
  const bigEvents = (count: number, apartMs: number) =>
    Array.from({ length: count }, (_, i): Event => [i * apartMs, i * apartMs, big]);

  test("a single one is refused with MW0303", async () => {
    expect(await ask(summing, [[0, 0, largest]], 1)).toEqual([Math.fround(largest), Math.fround(largest)]);
    await expect(ask(summing, [[0, 0, largest + 1]], 1)).rejects.toMatchObject({ code: "MW0303" });
  });

  test("a sum beyond 2^53 of its unit is null, within a tile and across tiles", async () => {
    expect(await ask(summing, bigEvents(8, 1), 100)).toEqual([Math.fround(8 * big), Math.fround(big)]);
    expect(await ask(summing, bigEvents(9, 1), 100)).toEqual([NaN, NaN]);
    expect(await ask(summing, bigEvents(9, 360_000), 9 * 360_000)).toEqual([NaN, NaN]);
  });

  test("a sum recovers when the window has moved on", async () => {
    const log: Event[] = [...bigEvents(9, 1), [7_200_000, 7_200_000, 1]];
    expect(await ask(summing, log, 7_200_001)).toEqual([1, 1]);
  });

  test("online, an objection says so before the event is kept", () => {
    const state = createOnlineState([summing]);
    expect(state.objection("things", [0, 0, "a", 1e10])).toContain("found 10000000000");
    expect(state.objection("things", [0, 0, "a", 1])).toBeUndefined();
    expect(state.objection("unknown", [0, 0, "a", 1e10])).toBeUndefined();
  });
});
