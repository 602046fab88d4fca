import type { PartColumn } from "../../data/index.js";
import { answerOf, type Answer, type Task } from "../../training/index.js";

/** The answers as columns: what each task says, as the server says it. */
export function answerColumns(task: Task, width: number, answers: readonly Answer[]): readonly PartColumn[] {
  const shape = answerOf(task, new Float32Array(width));
  const column = (
    name: string,
    type: PartColumn["type"],
    of: (answer: Answer) => ReturnType<PartColumn["value"]> | undefined,
  ): PartColumn => ({ name, type, value: (row) => of(answers[row]) ?? null });
  const number = (name: string, of: (answer: Answer) => number | undefined) => column(name, "double", of);
  return [
    ...(shape.probability === undefined ? [] : [number("probability", (answer) => answer.probability)]),
    ...(shape.label === undefined ? [] : [column("label", "text", (answer) => answer.label)]),
    ...Object.keys(shape.probabilities ?? {}).map((name) =>
      number(`probabilities_${name}`, (answer) => answer.probabilities?.[name]),
    ),
    ...(shape.value === undefined ? [] : [number("value", (answer) => answer.value)]),
    ...(shape.interval === undefined
      ? []
      : [
          number("interval_low", (answer) => answer.interval?.[0]),
          number("interval_high", (answer) => answer.interval?.[1]),
        ]),
    ...(shape.score === undefined ? [] : [number("score", (answer) => answer.score)]),
    ...(shape.set === undefined ? [] : [setColumn(task, column)]),
  ];
}

function setColumn(
  task: Task,
  column: (name: string, type: PartColumn["type"], of: (answer: Answer) => PartValue) => PartColumn,
): PartColumn {
  return column("set", task.kind === "binary" ? "bools" : "texts", ({ set }) => set as PartValue);
}

type PartValue = readonly boolean[] | readonly string[] | undefined;
