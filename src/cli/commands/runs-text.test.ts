import { expect, test } from "vitest";
import { sparkline } from "./runs-text.js";

test("a curve in blocks: the lowest value the lowest block, the highest the highest", () => {
  expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7])).toBe("▁▂▃▄▅▆▇█");
  expect(sparkline([3, 3, 3])).toBe("▁▁▁");
  expect(sparkline([1, NaN, 2])).toBe("▁ █");
  expect(sparkline([])).toBe("");
  // Of a longer curve forty evenly spaced values, both ends among them.
  const long = sparkline(Array.from({ length: 1_000 }, (_, i) => i));
  expect(long).toHaveLength(40);
  expect(long.at(0)).toBe("▁");
  expect(long.at(-1)).toBe("█");
});
