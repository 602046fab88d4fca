import { bindTable, compileExpression, didYouMean, evaluateNumbers, type Table } from "../kernel/index.js";
import type { Target } from "../learning/index.js";
import { trainingErrors } from "./errors.js";
import type { Task } from "./task.js";

/** What is known of every row of a spine. */
export interface Outcomes {
  /**
   * Binary and anomaly: 0 or 1; multiclass: the number of the class; regression: the value; ranking: the
   * relevance. NaN where the label is null.
   */
  readonly values: Float64Array;
  /** Ranking: per row the number of its group; −1 where the group is null. */
  readonly groups?: Int32Array;
}

/** Reads the outcomes of a table's rows. Throws MW0530 for a class that the model does not have. */
export function outcomesOf(task: Task, table: Table): Outcomes {
  switch (task.kind) {
    case "binary":
    case "regression":
      return { values: evaluateNumbers(task.label, table) };
    case "multiclass":
      return { values: classNumbers(task, table) };
    case "ranking":
      return { values: evaluateNumbers(task.label, table), groups: groupNumbers(task.group, table) };
    case "anomaly":
      return {
        values:
          task.label === undefined
            ? new Float64Array(table.rowCount).fill(NaN)
            : evaluateNumbers(task.label, table),
      };
  }
}

/** Whether a row without a label has something to learn from. */
export const learnsUnlabelled = (task: Task): boolean => task.kind === "anomaly";

function classNumbers({ label, classes }: Extract<Task, { kind: "multiclass" }>, table: Table): Float64Array {
  const read = compileExpression(label, bindTable(table));
  const numbers = new Map(classes.map((name, number) => [name, number]));
  return Float64Array.from({ length: table.rowCount }, (_, row) => {
    const name = read(row);
    if (name === null) return NaN;
    const number = numbers.get(name as string);
    if (number !== undefined) return number;
    throw trainingErrors.error("MW0530", {
      expected: `a class of the model: ${classes.join(", ")}`,
      found: `${JSON.stringify(name)} in row ${row}`,
      remedy: `${didYouMean(String(name), classes)} Add it to classes, or make it null in the label.`,
      details: { class: name, row },
    });
  });
}

/** Equal values have equal numbers, counted from 0 in the order in which they first appear. */
export function groupNumbers(
  group: Parameters<typeof compileExpression>[0],
  table: Table,
): Int32Array<ArrayBuffer> {
  const read = compileExpression(group, bindTable(table));
  const numbers = new Map<unknown, number>();
  return Int32Array.from({ length: table.rowCount }, (_, row) => {
    const value = read(row);
    if (value === null) return -1;
    const known = numbers.get(value);
    if (known !== undefined) return known;
    numbers.set(value, numbers.size);
    return numbers.size - 1;
  });
}

/** Some rows in the order in which they are learned from: a group's rows side by side, else as they are. */
export function inLearningOrder({ groups }: Outcomes, rows: Uint32Array): Uint32Array {
  return groups === undefined ? rows : rows.slice().sort((a, b) => groups[a] - groups[b] || a - b);
}

/** The target of some rows, in their order. */
export function targetOf(task: Task, { values, groups }: Outcomes, rows: Uint32Array): Target {
  switch (task.kind) {
    case "binary":
      return { kind: "binary", labels: Uint8Array.from(rows, (row) => values[row]) };
    case "multiclass":
      return {
        kind: "multiclass",
        classes: task.classes,
        labels: Uint16Array.from(rows, (row) => values[row]),
      };
    case "regression":
      return { kind: "regression", values: Float64Array.from(rows, (row) => values[row]) };
    case "ranking":
      return {
        kind: "ranking",
        relevance: Float64Array.from(rows, (row) => values[row]),
        groups: Int32Array.from(rows, (row) => groups?.[row] ?? 0),
      };
    case "anomaly":
      return { kind: "anomaly" };
  }
}
