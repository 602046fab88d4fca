import { expect, test } from "vitest";
import { fitFeatures } from "./feature-encoding.js";
import { checkExamples, requireFeature, requireTarget, type BinaryExamples } from "./feature-table.js";

const x = { kind: "number", name: "x", values: Float32Array.of(1, NaN, 3) } as const;
const c = { kind: "text", name: "c", codes: Int32Array.of(0, 1, -1), dictionary: ["a", "b"] } as const;
const good: BinaryExamples = {
  rowCount: 3,
  features: [x, c],
  target: { kind: "binary", labels: Uint8Array.of(0, 1, 0) },
};

test.each<readonly [string, string, Partial<BinaryExamples>]>([
  ["no feature", "MW0404", { features: [] }],
  ["a name twice", "MW0404", { features: [x, x] }],
  ["a column of another length", "MW0404", { features: [{ ...x, values: new Float32Array(2) }] }],
  ["a code outside the dictionary", "MW0404", { features: [{ ...c, codes: Int32Array.of(0, 2, 0) }] }],
  ["a code below -1", "MW0404", { features: [{ ...c, codes: Int32Array.of(0, -2, 0) }] }],
  ["a text twice in a dictionary", "MW0404", { features: [{ ...c, dictionary: ["a", "a"] }] }],
  ["an infinite value", "MW0405", { features: [{ ...x, values: Float32Array.of(1, -Infinity, 2) }] }],
  ["a label that is not 0 or 1", "MW0402", { target: { kind: "binary", labels: Uint8Array.of(0, 1, 2) } }],
  ["too few labels", "MW0402", { target: { kind: "binary", labels: Uint8Array.of(0, 1) } }],
  ["one class only", "MW0403", { target: { kind: "binary", labels: Uint8Array.of(0, 0, 0) } }],
  [
    "one row",
    "MW0403",
    {
      rowCount: 1,
      features: [{ ...x, values: Float32Array.of(1) }],
      target: { kind: "binary", labels: Uint8Array.of(1) },
    },
  ],
  [
    "no rows",
    "MW0403",
    {
      rowCount: 0,
      features: [{ ...x, values: Float32Array.of() }],
      target: { kind: "binary", labels: Uint8Array.of() },
    },
  ],
])("%s is refused with %s", (_, code, change) => {
  expect(() => checkExamples({ ...good, ...change })).toThrow(code);
});

test("a target that the learner does not know is refused", () => {
  const numbers = { ...good, target: { kind: "regression", values: new Float64Array(3) } } as const;
  expect(() => requireTarget(numbers, "logistic()", "binary")).toThrow(
    /MW0408.*a binary target for logistic\(\); found a regression target/,
  );
  expect(requireTarget(good, "logistic()", "binary", "multiclass")).toBe(good);
});

test("good examples pass", () => {
  expect(() => checkExamples(good)).not.toThrow();
});

test("a missing feature names the nearest one, a feature of the wrong kind both kinds", () => {
  const table = { rowCount: 3, features: [{ ...x, name: "distance" }, c] };
  expect(() => requireFeature(table, "distence", "number")).toThrow(/MW0406.*Did you mean "distance"\?/);
  expect(() => requireFeature(table, "c", "number")).toThrow(
    /MW0406.*number feature "c"; found a text feature/,
  );
});

test("categories are encoded by their smoothed mean label", () => {
  const codes = Int32Array.of(0, 0, 0, 0, 1, -1, 3, 3);
  const text = { kind: "text", name: "c", codes, dictionary: ["a", "b", "never", ""] } as const;
  const [fitted] = fitFeatures({
    rowCount: 8,
    features: [text],
    target: { kind: "binary", labels: Uint8Array.of(1, 1, 1, 0, 0, 1, 0, 0) },
  });
  // Base rate 4/8. a: (3 + 20·0.5) / (4 + 20); b: (0 + 10) / (1 + 20). "never" and "" have no entry.
  expect(fitted).toEqual({
    kind: "text",
    name: "c",
    categories: ["a", "b"],
    means: [Math.fround(13 / 24), Math.fround(10 / 21)],
    unseen: 0.5,
  });
});
