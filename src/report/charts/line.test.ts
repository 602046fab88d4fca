import { expect, test } from "vitest";

import { textOf } from "../markup.js";
import { line, linePath } from "./line.js";

test("a point that is not finite breaks the line", () => {
  expect(
    linePath([
      [0, 0],
      [10, 5],
      [NaN, 5],
      [20, 0],
      [30, 1],
    ]),
  ).toBe("M0.0 0.0L10.0 5.0M20.0 0.0L30.0 1.0");
});

test("detail that cannot be seen is left out, the ends are not", () => {
  const dense = Array.from({ length: 10_001 }, (_, i) => [i / 100, 0] as const);
  const path = linePath(dense);
  expect(path.startsWith("M0.0 0.0")).toBe(true);
  expect(path.endsWith("L100.0 0.0")).toBe(true);
  expect(path.split("L").length).toBeLessThan(150);
});

test("nothing is drawn without points", () => {
  expect(textOf(line([], "one"))).toBe("");
});
