import fc from "fast-check";
import { expect, test } from "vitest";
import { bindPositions, bindTable, compileExpression } from "./evaluate.js";
import type { ExpressionNode } from "./expression-node.js";
import { expressionTrees, treeRows, treeSchema } from "./expression-trees.testing.js";
import { naiveValue, operations, operationsIn } from "./naive-expression.testing.js";
import { tableOf, type Value } from "./table.js";

const names = Object.keys(treeSchema);

/** 0 and −0 are one number. */
const plain = (value: Value) => (value === 0 ? 0 : value);

function expectMeaning(node: ExpressionNode, rows: Value[][]): void {
  const expected = rows.map((row) =>
    naiveValue(node, Object.fromEntries(names.map((name, i) => [name, row[i]]))),
  );
  const readTable = compileExpression(node, bindTable(tableOf(treeSchema, rows)));
  expect(rows.map((_, row) => plain(readTable(row)))).toEqual(expected);
  const readRecord = compileExpression(node, bindPositions(names));
  expect(rows.map((row) => plain(readRecord(row)))).toEqual(expected);
}

test("every expression means what the table of operations says, on a table and on a record", () => {
  const rows = fc.array(treeRows, { minLength: 1, maxLength: 5 });
  fc.assert(fc.property(expressionTrees("all"), rows, expectMeaning), { numRuns: 1_500 });
});

test("every operation means what the table says, on many rows", () => {
  const rows = fc.array(treeRows, { minLength: 30, maxLength: 60, size: "max" });
  fc.assert(fc.property(expressionTrees("all", 1), rows, expectMeaning), { numRuns: 800 });
});

test("the random expressions are made of every operation", () => {
  const sample = fc.sample(expressionTrees("all"), { seed: 1, numRuns: 2_000 });
  expect(new Set(sample.flatMap(operationsIn))).toEqual(new Set(operations));
});
