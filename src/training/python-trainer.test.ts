import { describe, expect, test } from "vitest";
import type { Examples, Target } from "../learning/index.js";
import type { PythonJob, PythonRunner } from "./ports.js";
import { catboost, lightgbm, python, sklearn, torch, xgboost } from "./python-trainer.js";
import { pythonTable } from "./python-trainer-table.js";

const script = { script: "train.py", requirements: "requirements.txt" };
const graph = { producer: "millwright", producerVersion: "0", graphName: "m", doc: "" };

const examples = (target: Target, weights?: Float32Array): Examples => ({
  rowCount: 2,
  features: [
    { kind: "number", name: "size", values: Float32Array.of(1.5, NaN) },
    { kind: "text", name: "colour", codes: Int32Array.of(-1, 0), dictionary: ["red"] },
  ],
  target,
  ...(weights === undefined ? {} : { weights }),
});
const labels = { kind: "binary", labels: Uint8Array.of(1, 0) } as const;

/** A runner that answers with the job that it was given. */
function recorder() {
  const jobs: PythonJob[] = [];
  const outcome = { onnx: Uint8Array.of(1), importances: [], curves: [], environment: {} };
  const runner: PythonRunner = {
    prepare: async () => undefined,
    run: async (job) => (jobs.push(job), outcome),
    fingerprint: async ({ files }) => [...files],
  };
  return { jobs, runner };
}

describe("options", () => {
  test("defaults are resolved and part of what the run is a function of", () => {
    expect(lightgbm({ params: { num_leaves: 7 } })).toMatchObject({
      name: "lightgbm",
      seed: 0,
      tasks: ["binary", "multiclass", "regression", "ranking"],
      options: {
        rounds: 200,
        params: { num_leaves: 7 },
        seed: 0,
        threads: 1,
        environment: { lock: { shipped: "lightgbm" }, byVersion: [] },
      },
    });
    expect(torch({ script: "net.py" }).options).toMatchObject({
      network: "network",
      environment: { lock: { shipped: "torch" }, byVersion: ["torch==2.13.0"] },
    });
    expect(xgboost({ requirements: "own.txt" }).options).toMatchObject({
      environment: { lock: { file: "own.txt" } },
    });
    expect(sklearn({ estimator: "sklearn.svm.SVC", params: { C: 2 } }).options).toMatchObject({
      pipeline: [{ estimator: "sklearn.svm.SVC", params: { C: 2 } }],
      input: "matrix",
    });
  });

  const loose = (value: object) => value as never;
  test.each([
    ["an unknown option", () => python(loose({ ...script, treads: 2 })), "MW0103"],
    ["a seed below 0", () => catboost({ seed: -1 }), "MW0104"],
    ["half a thread", () => catboost({ threads: 0.5 }), "MW0104"],
    ["no script", () => python(loose({ requirements: "r.txt" })), "MW0515"],
    ["an empty path", () => python({ ...script, requirements: "" }), "MW0515"],
    ["a function as parameter", () => lightgbm({ params: { objective: () => 1 } }), "MW0515"],
    ["NaN as parameter", () => lightgbm({ params: { alpha: NaN } }), "MW0515"],
    ["no estimator", () => sklearn({}), "MW0515"],
    ["two estimators", () => sklearn({ estimator: "a.B", script: "s.py" }), "MW0515"],
    ["an empty pipeline", () => sklearn({ pipeline: [] }), "MW0515"],
    ["code as import path", () => sklearn({ estimator: "os.system('x')" }), "MW0515"],
    [
      "an input of another name",
      () => sklearn({ estimator: "a.B", input: loose("rows" as never) }),
      "MW0515",
    ],
    ["batches of one", () => torch({ script: "n.py", batchSize: 1 }), "MW0104"],
  ])("%s is refused", (_, make, code) => {
    expect(make).toThrow(expect.objectContaining({ code }));
  });
});

describe("fit", () => {
  test("hands over the job and hands back what the runner made", async () => {
    const { jobs, runner } = recorder();
    const trainer = python({
      ...script,
      params: { depth: 3 },
      seed: 7,
      timeLimitMinutes: 2,
      files: ["lib.py"],
    });
    const fitted = await trainer.fit(examples(labels), graph, { threads: 8, python: runner });
    expect(fitted.onnx).toEqual(Uint8Array.of(1));
    expect(jobs).toMatchObject([
      {
        trainer: "python",
        task: "binary",
        classes: [],
        script: "train.py",
        seed: 7,
        threads: 1,
        options: { function: "train", params: { depth: 3 } },
        environment: { lock: { file: "requirements.txt" }, byVersion: [] },
        features: [
          { name: "size", kind: "number" },
          { name: "colour", kind: "text" },
        ],
        limits: { timeS: 120, silenceS: 300 },
      },
    ]);
    expect(jobs[0].validation).toBeUndefined();
    expect(await trainer.fingerprint?.(runner)).toEqual(["train.py", "lib.py"]);
  });

  test("needs a runner, and a task that the library learns", async () => {
    const { runner } = recorder();
    await expect(lightgbm().fit(examples(labels), graph, { threads: 1 })).rejects.toMatchObject({
      code: "MW0516",
    });
    const context = { threads: 1, python: runner };
    const strange = examples({ kind: "anomaly" });
    await expect(lightgbm().fit(strange, graph, context)).rejects.toMatchObject({ code: "MW0515" });
  });
});

describe("the table for Python", () => {
  const columnsOf = (target: Target, weights?: Float32Array) => {
    const { table, schema } = pythonTable(examples(target, weights));
    expect(Object.keys(schema)).toEqual(Object.keys(table.columns));
    return table.columns;
  };

  test("holds the features in order, then target, weight and group", () => {
    expect(columnsOf(labels, Float32Array.of(1, 2))).toEqual({
      size: { kind: "number", values: Float64Array.of(1.5, NaN) },
      colour: { kind: "text", codes: Int32Array.of(-1, 0), dictionary: ["red"] },
      __target__: { kind: "number", values: Float64Array.of(1, 0) },
      __weight__: { kind: "number", values: Float64Array.of(1, 2) },
    });
    const ranking = columnsOf({
      kind: "ranking",
      relevance: Float64Array.of(3, 1),
      groups: Int32Array.of(4, 4),
    });
    expect(Object.keys(ranking)).toEqual(["size", "colour", "__target__", "__group__"]);
    expect(Object.keys(columnsOf({ kind: "anomaly" }))).toEqual(["size", "colour"]);
  });

  test("a feature that is named like one of its columns is refused", () => {
    const taken = { kind: "number", name: "__Target__", values: Float32Array.of(1, 2) } as const;
    expect(() => pythonTable({ ...examples(labels), features: [taken] })).toThrow(
      expect.objectContaining({ code: "MW0517" }),
    );
  });
});
