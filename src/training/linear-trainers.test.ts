import { expect, test } from "vitest";
import type { Examples, Target } from "../learning/index.js";
import { isolationForest, linear, logistic, type Trainer } from "./trainer.js";

const graph = { producer: "millwright", producerVersion: "0", graphName: "test", doc: "" };
const values = Float32Array.from({ length: 60 }, (_, i) => (i * 37) % 60);
const targets: readonly Target[] = [
  { kind: "binary", labels: Uint8Array.from(values, (value) => (value > 30 ? 1 : 0)) },
  {
    kind: "multiclass",
    labels: Uint16Array.from(values, (value) => Math.floor(value / 20)),
    classes: ["a", "b", "c"],
  },
  { kind: "regression", values: Float64Array.from(values, (value) => 2 * value) },
  { kind: "anomaly" },
  { kind: "ranking", relevance: Float64Array.from(values), groups: new Int32Array(60) },
];
const examplesOf = (target: Target): Examples => ({
  rowCount: 60,
  features: [{ kind: "number", name: "x", values }],
  target,
});

test.each<readonly [Trainer, readonly string[]]>([
  [linear({ l1: 1 }), ["regression", "ranking"]],
  [logistic(), ["binary", "multiclass"]],
  [isolationForest({ trees: 5, seed: 3 }), ["anomaly"]],
])("trainer %# learns what it says and nothing else", async (trainer, tasks) => {
  expect(trainer.tasks).toEqual(tasks);
  for (const target of targets) {
    const fit = trainer.fit(examplesOf(target), graph, { threads: 2 });
    if (tasks.includes(target.kind)) expect((await fit).onnx.length).toBeGreaterThan(100);
    else await expect(fit).rejects.toMatchObject({ code: "MW0408" });
  }
});

test("options and seed are part of what a run is a function of; unknown ones are refused", () => {
  expect(linear({ l1: 2 })).toMatchObject({ name: "linear", seed: 0, options: { l1: 2, l2: 1 } });
  expect(logistic()).toMatchObject({
    name: "logistic",
    options: { oneHotCategories: 16, maxIterations: 50 },
  });
  expect(isolationForest({ seed: 7 })).toMatchObject({ name: "isolationForest", seed: 7 });
  expect(() => linear({ alpha: 1 } as object)).toThrow("MW0401");
  expect(() => isolationForest({ sampleSize: 1 })).toThrow("MW0401");
});

test("progress counts the trees of all threads", async () => {
  const seen: number[] = [];
  await isolationForest({ trees: 4 }).fit(examplesOf({ kind: "anomaly" }), graph, {
    threads: 2,
    onProgress: (done, total) => seen.push(done / total),
  });
  expect(seen).toEqual([0.25, 0.5, 0.75, 1]);
});
