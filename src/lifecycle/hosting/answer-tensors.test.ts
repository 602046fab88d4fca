import { expect, test } from "vitest";
import { answerOutputs, answerTensors } from "./answer-tensors.js";
import type { Prediction } from "../live/live-project.js";

const predictions = (...answers: Partial<Prediction>[]): Prediction[] =>
  answers.map((answer, i) => ({ id: `p${i}`, model: "m", version: "1", ...answer }));

test("an interval has a column for each end; a stand-in that says nothing rules out no value", () => {
  const model = { task: "regression", certainty: "interval" } as const;
  expect(answerOutputs(model).map(({ name, shape }) => [name, shape])).toEqual([
    ["value", [null]],
    ["interval", [null, 2]],
    ["prediction_id", [null]],
  ]);
  const given = predictions({ value: 2, interval: [1, 4] }, { value: 7 });
  expect(answerTensors(model, given)).toEqual({
    value: { dtype: "float32", shape: [2], data: Float32Array.of(2, 7) },
    interval: { dtype: "float32", shape: [2, 2], data: Float32Array.of(1, 4, -Infinity, Infinity) },
    prediction_id: { dtype: "string", shape: [2], data: ["p0", "p1"] },
  });
});

test("a set has a column for each label; a stand-in that says nothing rules out no label", () => {
  const classes = ["red", "green", "blue"];
  const model = { task: "multiclass", classes, certainty: "set" } as const;
  const probabilities = { red: 0.5, green: 0.25, blue: 0.25 };
  const given = predictions(
    { label: "red", probabilities, set: ["blue", "red"] },
    { label: "red", probabilities },
    { label: "red", probabilities, set: [] },
  );
  expect(answerTensors(model, given).set).toEqual({
    ...{ dtype: "bool", shape: [3, 3] },
    data: Uint8Array.of(1, 0, 1, 1, 1, 1, 0, 0, 0),
  });
  const binary = answerTensors(
    { task: "binary", certainty: "set" },
    predictions({ probability: 0.5, set: [true] }),
  );
  expect(binary.set).toEqual({ dtype: "bool", shape: [1, 2], data: Uint8Array.of(0, 1) });
});

test("no requests have no rows, and what is not declared is not there", () => {
  expect(answerTensors({ task: "ranking" }, [])).toEqual({
    score: { dtype: "float32", shape: [0], data: new Float32Array() },
    prediction_id: { dtype: "string", shape: [0], data: [] },
  });
});
