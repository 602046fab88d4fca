import { describe, expect, test } from "vitest";
import { defineProject } from "../../compose/index.js";
import { csv, stratified, table } from "../../data/index.js";
import { t, type Schema } from "../../kernel/index.js";
import { atLeast, logistic, model, type Answer, type ModelDefinition } from "../../training/index.js";
import type { ModelServingOptions } from "../../inference/index.js";
import { compileStandIns, withOutputs } from "./stand-ins.js";

const apples = table("apples", {
  from: csv("apples.csv"),
  schema: { size: t.float(), sort: t.string(), colour: t.string(), foul: t.int() },
});

const foul = (name: string, request: Schema, above = 0): ModelDefinition =>
  model(name, {
    task: "binary",
    label: (f) => f.foul.gt(above),
    spine: apples.rows(),
    features: { request },
    split: stratified({ testShare: 0.3 }),
    trainer: logistic(),
    gates: [atLeast("auc", 0.5)],
  });

const asked = {
  size: t.float().between(1, 9).optional(),
  sort: t.string().oneOf("cox", "elstar"),
  foul: t.int().between(0, 1),
};

function standIns(
  simpler: ModelDefinition,
  fallback: ModelServingOptions["fallback"] = [{ model: "simple" }],
) {
  const models = [foul("full", asked), simpler];
  return compileStandIns(
    defineProject({ name: "apples", models, serving: { models: { full: { fallback } } } }),
  );
}

describe("models that stand in", () => {
  test("get what they need of the request, in their own order, and null for what they can do without", () => {
    const simpler = foul("simple", {
      foul: t.int(),
      sort: t.string().optional(),
      colour: t.string().optional(),
    });
    const request = standIns(simpler).get("full")?.get("simple");
    expect(request?.([3.5, "cox", 1])).toEqual([1, "cox", null]);
  });

  test.each<[what: string, request: Schema]>([
    ["a field that is not there", { colour: t.string() }],
    ["another type", { foul: t.float() }],
    ["null where there must be a value", { size: t.float() }],
    ["less than it may be", { size: t.float().between(2, 9).optional() }],
    ["more than it may be", { size: t.float().between(1, 8).optional() }],
    ["a text that it does not know", { sort: t.string().oneOf("cox") }],
  ])("must be able to answer every request: %s", (_what, request) => {
    expect(() => standIns(foul("simple", request))).toThrow(expect.objectContaining({ code: "MW1164" }));
  });

  test("must predict the same", () => {
    expect(() => standIns(foul("simple", { foul: t.int() }, 1))).toThrow(
      expect.objectContaining({
        code: "MW1164",
        expected: "the probability that foul > 0 (binary)",
        found: "the probability that foul > 1 (binary)",
      }),
    );
  });

  test.each(["other", "simple@1", "simple@champion"])(
    "are models of the project, by name: not %s",
    (reference) => {
      const simpler = foul("simple", { foul: t.int() });
      expect(() => standIns(simpler, [{ model: reference }])).toThrow(
        expect.objectContaining({ code: "MW1163", remedy: expect.stringContaining("simple") as string }),
      );
    },
  );
});

describe("a default answer", () => {
  const options = (answer: object) => ({
    rejectNaN: true,
    fallback: [{ kind: "default" as const, outputs: answer as Answer }],
  });
  const binary = foul("full", asked);

  test("becomes one row of outputs", () => {
    const output = { name: "probability", dtype: "float32", shape: [null, 3] };
    const { fallback } = withOutputs(binary, output, options({ probability: 0.25, set: [true] }));
    // Behind the probability a column for false and one for true.
    const data = Float32Array.of(0.25, 0, 1);
    expect(fallback).toEqual([
      { kind: "default", outputs: { probability: { dtype: "float32", shape: [1, 3], data } } },
    ]);
  });

  test.each([{ value: 1 }, { probability: 2 }, { probability: 0.5, set: [true] }, {}])(
    "has the form of the task: not %j",
    (answer) => {
      const output = { name: "probability", dtype: "float32", shape: [null] };
      expect(() => withOutputs(binary, output, options(answer))).toThrow(
        expect.objectContaining({ code: "MW1165" }),
      );
    },
  );
});
