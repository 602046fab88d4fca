import { canonicalJson, type Canonical } from "../kernel/index.js";
import { labelsOf, outputParts } from "./outputs.js";
import type { Task } from "./task.js";

/** What a prediction says, in the form of its task. */
export interface Answer {
  /** `binary`: of the label being true. */
  readonly probability?: number;
  /** `multiclass`: the most probable class; of equal ones the first. */
  readonly label?: string;
  /** `multiclass`: of every class. */
  readonly probabilities?: Readonly<Record<string, number>>;
  /** `regression`. */
  readonly value?: number;
  /** `ranking`: the more relevant, `anomaly`: the stranger, the higher. */
  readonly score?: number;
  /** `regression` with `intervals`: what the value lies within, ends included. */
  readonly interval?: readonly [low: number, high: number];
  /** `binary` and `multiclass` with `sets`: the labels that cannot be ruled out. */
  readonly set?: readonly (string | boolean)[];
}

/** The answer that the outputs of one row are. */
export function answerOf(task: Task, outputs: Float32Array): Answer {
  const { scores, intervals, sets } = outputParts(task, outputs, 1);
  const set = sets === undefined ? {} : { set: labelsOf(task).filter((_, label) => sets[label] === 1) };
  switch (task.kind) {
    case "binary":
      return { probability: scores[0], ...set };
    case "multiclass":
      return {
        label: task.classes[largest(scores)],
        probabilities: Object.fromEntries(task.classes.map((name, index) => [name, scores[index]])),
        ...set,
      };
    case "regression":
      return {
        value: scores[0],
        ...(intervals === undefined ? {} : { interval: [intervals.low[0], intervals.high[0]] as const }),
      };
    case "ranking":
    case "anomaly":
      return { score: scores[0] };
  }
}

/**
 * Outputs of so many numbers that {@link answerOf} makes this answer of; undefined where it is no such answer. Of a
 * `multiclass` task the label alone will do.
 */
export function outputsOfAnswer(task: Task, answer: Answer, width: number): Float32Array | undefined {
  const scores = scoresOf(task, answer);
  const outputs = Float32Array.from(
    width === scores.length ? scores : [...scores, ...certaintyOf(task, answer)],
  );
  if (outputs.length !== width || !outputs.every(Number.isFinite)) return undefined;
  const shares = task.kind === "binary" || task.kind === "multiclass" ? scores : [];
  if (shares.some((share) => share < 0 || share > 1)) return undefined;
  const [low, high] = answer.interval ?? [0, 0];
  if (low > high) return undefined;
  const made = answerOf(task, outputs);
  const says = (name: keyof Answer) => written(answer[name]) === written(made[name]);
  return (Object.keys(answer) as (keyof Answer)[]).every(says) ? outputs : undefined;
}

function scoresOf(task: Task, { probability, label, probabilities, value, score }: Answer): number[] {
  switch (task.kind) {
    case "binary":
      return [probability ?? NaN];
    case "multiclass":
      return task.classes.map(
        (name) => probabilities?.[name] ?? (probabilities === undefined ? Number(name === label) : NaN),
      );
    case "regression":
      return [value ?? NaN];
    case "ranking":
    case "anomaly":
      return [score ?? NaN];
  }
}

const certaintyOf = (task: Task, { interval, set }: Answer): readonly number[] =>
  task.kind === "regression"
    ? (interval ?? [])
    : set === undefined
      ? []
      : labelsOf(task).map((label) => Number(set.includes(label)));

/** Equal for equal members: numbers as a graph gives them, labels of a set in any order. */
const written = (member: Answer[keyof Answer]): string =>
  canonicalJson(
    JSON.parse(
      JSON.stringify(member ?? null, (_key, value: unknown) =>
        typeof value === "number" ? Math.fround(value) : Array.isArray(value) ? value.toSorted() : value,
      ),
    ) as Canonical,
  );

/** One number per row that stands for its outputs: the output itself, or the number of the most probable class. */
export function watchedOutputs(task: Task, outputs: Float32Array, rows: number): Float32Array {
  const { scores } = outputParts(task, outputs, rows);
  const width = scores.length / rows;
  if (width === 1) return scores;
  return Float32Array.from({ length: rows }, (_, row) =>
    largest(scores.subarray(row * width, (row + 1) * width)),
  );
}

/** The position of the largest value, the first of equal ones. */
function largest(values: Float32Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}
