import { expect, test } from "vitest";
import type { Examples } from "../learning/index.js";
import { findOddities } from "./oddities.js";

const examples = (labels: readonly number[], values: readonly number[]): Examples => ({
  rowCount: labels.length,
  features: [
    { kind: "number", name: "size", values: Float32Array.from(values) },
    { kind: "text", name: "city", codes: Int32Array.from(labels, () => 0), dictionary: ["Bergen"] },
    {
      kind: "text",
      name: "note",
      codes: Int32Array.from(labels, (_, row) => (row % 2) - 1),
      dictionary: [""],
    },
  ],
  target: { kind: "multiclass", labels: Uint16Array.from(labels), classes: ["a", "b", "c"] },
});

test("constant and missing columns and classes of one part alone are named", () => {
  expect(findOddities(examples([0, 1, 0], [NaN, NaN, NaN]), examples([0, 2], [1, 2]))).toEqual([
    'feature "size" is missing in all 3 training rows: nothing can be learned from it',
    'feature "city" is "Bergen" in all 3 training rows: nothing can be learned from it',
    'feature "note" is missing in all 3 training rows: nothing can be learned from it',
    'class "b" does not occur in the test rows: it is not judged',
    'class "c" does not occur in the training rows: it is never learned',
  ]);
});

test("a text of nearly as many categories as rows is named, one with enough rows for each is not", () => {
  const text = (categories: number, rows: number): Examples => ({
    rowCount: rows,
    features: [
      {
        ...{ kind: "text", name: "city" },
        codes: Int32Array.from({ length: rows }, (_, row) => row % categories),
        dictionary: Array.from({ length: categories }, (_, i) => `c${i}`),
      },
    ],
    target: { kind: "regression", values: Float64Array.from({ length: rows }, (_, row) => row) },
  });
  expect(findOddities(text(10_000, 12_000), text(2, 3))).toEqual([
    'feature "city" has 10,000 categories in 12,000 training rows: little can be learned of most of them',
  ]);
  expect(findOddities(text(100, 499), text(2, 3))).toHaveLength(1);
  expect(findOddities(text(100, 500), text(2, 3))).toEqual([]);
  expect(findOddities(text(20, 20), text(2, 3))).toEqual([]);
});

test("a label of numbers that never differs is named, in each part", () => {
  const valued = (...values: number[]): Examples => ({
    rowCount: values.length,
    features: [],
    target: { kind: "regression", values: Float64Array.from(values) },
  });
  expect(findOddities(valued(4.5, 4.5, 4.5), valued(1, 2))).toEqual([
    "the label is 4.5 in all 3 training rows: there is nothing to learn",
  ]);
  expect(findOddities(valued(1, 2), valued(7))).toEqual([
    "the label is 7 in the only test row: it cannot tell a good model from a constant",
  ]);
  const ranked = { kind: "ranking", relevance: new Float64Array(2), groups: Int32Array.of(0, 1) } as const;
  expect(findOddities({ ...valued(0, 0), target: ranked }, valued(1, 2))[0]).toContain(
    "0 in all 2 training rows",
  );
});

test("a column of one value that is sometimes missing teaches something", () => {
  const train = examples([0, 1, 2], [4, NaN, 4]);
  expect(findOddities(train, train).filter((line) => line.includes("size"))).toEqual([]);
  expect(findOddities(examples([0, 1, 2], [4, 4, 4]), train)[0]).toContain('"size" is 4 in all 3');
});
