import { expect, test } from "vitest";
import { valueText } from "./value-text.js";

test.each([
  [NaN, "NaN"],
  [-Infinity, "-Infinity"],
  [null, "null"],
  [undefined, "nothing"],
  [1.5, "1.5"],
  ["NaN", '"NaN"'],
  [{ above: NaN, below: null }, '{"above":"NaN","below":null}'],
  [() => 1, "a function"],
])("%j is told as %s", (value, text) => {
  expect(valueText(value)).toBe(text);
});
