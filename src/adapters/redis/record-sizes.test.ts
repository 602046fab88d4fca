import { expect, test } from "vitest";
import { recordSizes } from "./record-sizes.js";

test("a space of which nothing is known is not small", () => {
  expect(recordSizes().isSmall("views", 1_000)).toBe(false);
});

test("a record is small when all its names and values are fewer than the fields that are named", () => {
  const sizes = recordSizes();
  sizes.note("views", 10);
  expect([sizes.isSmall("views", 20), sizes.isSmall("views", 21)]).toEqual([false, true]);
  expect(sizes.isSmall("others", 21)).toBe(false);
});

test("the mean follows records that grow", () => {
  const sizes = recordSizes();
  sizes.note("views", 4);
  for (let i = 0; i < 200; i++) sizes.note("views", 400);
  expect(sizes.isSmall("views", 700)).toBe(false);
});
