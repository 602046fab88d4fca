import { expect, test } from "vitest";
import { answerOf, type Task } from "../../training/index.js";
import { answerColumns } from "./predict-answers.js";

const rowOf = (task: Task, outputs: readonly number[]) => {
  const row = Float32Array.from(outputs);
  const columns = answerColumns(task, outputs.length, [answerOf(task, row)]);
  return Object.fromEntries(columns.map(({ name, type, value }) => [name, [type, value(0)]]));
};

test("every task's answer is columns, as wide as the graph's output", () => {
  const task = (facts: object) => facts as Task;
  expect(rowOf(task({ kind: "binary" }), [0.25])).toEqual({ probability: ["double", 0.25] });
  expect(rowOf(task({ kind: "binary" }), [0.75, 0, 1])).toEqual({
    probability: ["double", 0.75],
    set: ["bools", [true]],
  });
  expect(rowOf(task({ kind: "multiclass", classes: ["a", "b"] }), [0.25, 0.75, 1, 1])).toEqual({
    label: ["text", "b"],
    probabilities_a: ["double", 0.25],
    probabilities_b: ["double", 0.75],
    set: ["texts", ["a", "b"]],
  });
  expect(rowOf(task({ kind: "regression" }), [2])).toEqual({ value: ["double", 2] });
  expect(rowOf(task({ kind: "regression" }), [2, 1, 4])).toEqual({
    value: ["double", 2],
    interval_low: ["double", 1],
    interval_high: ["double", 4],
  });
  expect(rowOf(task({ kind: "ranking" }), [3])).toEqual({ score: ["double", 3] });
  expect(rowOf(task({ kind: "anomaly" }), [4])).toEqual({ score: ["double", 4] });
});

test("the columns are known before there is an answer", () => {
  const facts: object = { kind: "multiclass", classes: ["a", "b"] };
  const task = facts as Task;
  const names = answerColumns(task, 2, []).map(({ name }) => name);
  expect(names).toEqual(["label", "probabilities_a", "probabilities_b"]);
});
