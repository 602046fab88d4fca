import type { Tensors, TensorSpec, TensorValue } from "../../registry/index.js";
import type { LiveModel, Prediction } from "../live/live-project.js";

type Task = Pick<LiveModel, "task" | "classes" | "certainty">;

/** The labels that a set is made of, in the order of its columns: of a binary model false, then true. */
const labelsOf = ({ task, classes = [] }: Task): readonly (string | boolean)[] =>
  task === "binary" ? [false, true] : classes;

/**
 * The outputs of a model of features as tensors, one row per request: what its task answers, `interval` (low and high)
 * or `set` (one column per label, true where it cannot be ruled out) where the version declares one, and the id.
 */
export function answerOutputs(model: Task): readonly TensorSpec[] {
  const { task, classes = [], certainty } = model;
  const number = (name: string, ...columns: number[]): TensorSpec => ({
    ...{ name, dtype: "float32", shape: [null, ...columns] },
  });
  const text = (name: string): TensorSpec => ({ name, dtype: "string", shape: [null] });
  const byTask: Readonly<Record<LiveModel["task"], readonly TensorSpec[]>> = {
    binary: [number("probability")],
    multiclass: [text("label"), number("probabilities", classes.length)],
    regression: [number("value")],
    ranking: [number("score")],
    anomaly: [number("score")],
  };
  const sure: readonly TensorSpec[] =
    certainty === undefined
      ? []
      : certainty === "interval"
        ? [number("interval", 2)]
        : [{ name: "set", dtype: "bool", shape: [null, labelsOf(model).length] }];
  return [...byTask[task], ...sure, text("prediction_id")];
}

/** Predictions as the outputs of {@link answerOutputs}. A stand-in that says nothing of how sure it is rules out nothing. */
export function answerTensors(model: Task, predictions: readonly Prediction[]): Tensors {
  const { classes = [] } = model;
  const labels = labelsOf(model);
  const floats = (row: (prediction: Prediction) => readonly number[]): TensorValue["data"] =>
    Float32Array.from(predictions.flatMap(row));
  const number = (name: "probability" | "value" | "score") => () =>
    floats((prediction) => [prediction[name] ?? NaN]);
  const data: Readonly<Record<string, () => TensorValue["data"]>> = {
    probability: number("probability"),
    value: number("value"),
    score: number("score"),
    label: () => predictions.map(({ label }) => label ?? ""),
    probabilities: () => floats(({ probabilities }) => classes.map((name) => probabilities?.[name] ?? NaN)),
    interval: () => floats(({ interval }) => interval ?? [-Infinity, Infinity]),
    set: () =>
      Uint8Array.from(
        predictions.flatMap(({ set = labels }) => labels.map((label) => Number(set.includes(label)))),
      ),
    prediction_id: () => predictions.map(({ id }) => id),
  };
  return Object.fromEntries(
    answerOutputs(model).map(({ name, dtype, shape }) => {
      const value = { dtype, shape: [predictions.length, ...shape.slice(1)], data: data[name]() };
      return [name, value as TensorValue];
    }),
  );
}
