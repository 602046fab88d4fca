import { expect, test } from "vitest";
import { planView, worthMeasuring, type ViewCounts } from "./plan-features.js";

const hour = 3_600_000;
const counts: ViewCounts = {
  events: 10_000_000,
  keys: 250,
  perKey: 150_000,
  spanMs: 577 * 24 * hour,
  questions: 20_000,
  askedKeys: 250,
  windowsMs: [3 * hour],
  outputs: 5,
  invertible: true,
  plain: false,
  threads: 2,
};

test("a few questions over many events in short windows go to a range join, and the reason says why", () => {
  const { strategy, reason, seconds } = planView(counts);
  expect(strategy).toBe("range");
  expect(reason).toMatch(/range join.*fold/);
  expect(Object.keys(seconds).sort()).toEqual(["fold", "prefix", "range"]);
});

test("as many questions as events are folded", () => {
  expect(planView({ ...counts, questions: 10_000_000 }).strategy).toBe("fold");
  expect(worthMeasuring(10_000_000, 10_000_000)).toBe(false);
  expect(worthMeasuring(10_000_000, 20_000)).toBe(true);
});

test("pairs of long windows are too many for a range join", () => {
  const long = planView({ ...counts, questions: 100_000, windowsMs: [30 * 24 * hour] });
  expect(long.seconds.range).toBeGreaterThan(long.seconds.fold as number);
  expect(long.strategy).not.toBe("range");
});

test("a few keys in long windows go to prefix sums", () => {
  const few = planView({ ...counts, askedKeys: 5, windowsMs: [30 * 24 * hour] });
  expect(few.strategy).toBe("prefix");
});

test("what is not possible is not estimated: prefixes of minima, frames over two clocks", () => {
  const { seconds } = planView({ ...counts, invertible: false });
  expect(Object.keys(seconds).sort()).toEqual(["fold", "range"]);
  const plain = planView({ ...counts, invertible: false, plain: true });
  expect(Object.keys(plain.seconds).sort()).toEqual(["fold", "frame", "range"]);
});

test("nothing to read is folded, and no estimate is not a number", () => {
  const empty = planView({ ...counts, events: 0, keys: 0, perKey: 0, spanMs: 0, questions: 0, askedKeys: 0 });
  expect(empty.strategy).toBe("fold");
  for (const estimate of Object.values(empty.seconds)) expect(estimate).toBeGreaterThanOrEqual(0);
});
