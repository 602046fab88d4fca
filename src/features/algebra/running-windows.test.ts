import fc from "fast-check";
import { expect, test } from "vitest";
import { events, parquet } from "../../data/index.js";
import { bindPositions, durationMs, t, type Duration } from "../../kernel/index.js";
import { count, max, min, sum } from "../definition/aggregation.js";
import { compileContributions, makeContributions } from "./slots.js";
import { createViewState } from "./view-state.js";
import { view } from "../definition/view.js";

const minute = 60_000;
const source = events("things", {
  from: parquet("a.parquet"),
  schema: { at: t.timestamp(), key: t.string(), v: t.int() },
  eventTime: "at",
});

/** First millisecond of a window, from the published table of hops. */
function firstMs(timeMs: number, windowMs: number): number {
  const hours = windowMs / 3_600_000;
  const hop = hours < 1 ? minute : hours < 12 ? 5 * minute : hours < 288 ? 60 * minute : 1440 * minute;
  return Math.floor((timeMs - windowMs) / hop) * hop;
}

/** Steps of a clock; at each an event of some age comes in, or the windows are read. */
const steps = fc.array(
  fc.record({
    waitMs: fc.oneof(
      fc.integer({ min: 0, max: 20 * minute }),
      fc.constantFrom(0, 1, 60 * minute, 1440 * minute, 20_000 * minute),
    ),
    ageMs: fc.oneof(
      fc.constant(1),
      fc.integer({ min: 1, max: 200 * minute }),
      fc.integer({ min: 1, max: 30_000 * minute }),
    ),
    value: fc.integer({ min: -5, max: 5 }),
    reads: fc.boolean(),
  }),
  { minLength: 10, maxLength: 120 },
);

const lengths = fc.uniqueArray(
  fc.constantFrom<Duration>("1m", "7m", "59m", "1h", "3h", "11h", "12h", "25h", "11d", "12d", "20d"),
  { minLength: 1, maxLength: 4 },
);

test("windows that are kept added up equal all their events added up anew, whatever comes late", () => {
  const property = fc.property(lengths, steps, (windows, taken) => {
    const { plan } = view("kept", {
      source,
      entity: { thing: "key" },
      features: (f) =>
        Object.fromEntries(
          windows.flatMap((window) => [
            [`n_${window}`, count().over(window)],
            [`sum_${window}`, sum(f.v).over(window)],
            [`min_${window}`, min(f.v).over(window)],
            [`max_${window}`, max(f.v).over(window)],
          ]),
        ),
    });
    const state = createViewState(plan);
    const entity = state.entity("a");
    const contribute = compileContributions(plan, bindPositions(["at", "key", "v"]));
    const contributions = makeContributions(plan);
    const out = { numbers: new Float32Array(4 * windows.length), texts: [] };
    const applied: { atMs: number; value: number }[] = [];
    let clockMs = 0;
    for (const { waitMs, ageMs, value, reads } of taken) {
      clockMs += waitMs;
      if (!reads) {
        const atMs = clockMs - ageMs;
        applied.push({ atMs, value });
        contribute([atMs, "a", value], contributions);
        state.apply(entity, atMs, contributions);
        continue;
      }
      state.read(entity, clockMs, out, { number: 0, text: 0 });
      const expected = windows.flatMap((window) => {
        const from = firstMs(clockMs, durationMs(window));
        const values = applied.filter(({ atMs }) => atMs >= from).map((event) => event.value);
        const total = values.reduce((a, b) => a + b, 0);
        const extremes = values.length === 0 ? [NaN, NaN] : [Math.min(...values), Math.max(...values)];
        return [values.length, total, ...extremes].map((one) => one + 0);
      });
      expect([...out.numbers]).toEqual(expected);
    }
  });
  fc.assert(property, { numRuns: 500 });
});
