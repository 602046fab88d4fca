import { bindTable, compileExpression, type Expression } from "../../kernel/index.js";
import type { TrainingData } from "./training-data.js";

/** Positions of the test rows by the value of an expression: numbers in order, texts by size. */
export function groupsOf({ node }: Expression, data: TrainingData): Map<string, Uint32Array> {
  const read = compileExpression(node, bindTable(data.table));
  const groups = new Map<string | number, number[]>();
  data.test.forEach((row, position) => {
    const value = read(row);
    if (value === null) return;
    const group = groups.get(value);
    if (group === undefined) groups.set(value, [position]);
    else group.push(position);
  });
  const entries = [...groups].sort(([a, rowsA], [b, rowsB]) =>
    typeof a === "number" && typeof b === "number" ? a - b : rowsB.length - rowsA.length,
  );
  return new Map(entries.map(([value, rows]) => [String(value), Uint32Array.from(rows)]));
}
