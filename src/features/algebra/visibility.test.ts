import { describe, expect, test } from "vitest";
import { count, mean, sum } from "../definition/aggregation.js";
import { createOnlineState } from "../online/online-state.js";
import { ask, viewOf, type Event } from "../proof/one-key.testing.js";

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

  test("a sum that is too large on the way and not at its end is exact, in any order", async () => {
    const parts = [...bigEvents(9, 1), ...Array.from({ length: 9 }, (_, i): Event => [20 + i, 20 + i, -big])];
    const exact = [0, 0];
    expect(await ask(summing, parts, 100)).toEqual(exact);
    const apart = parts.map(([, , v], i): Event => [i * 180_000, i * 180_000, v]);
    expect(await ask(summing, apart, 18 * 180_000)).toEqual(exact);
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
