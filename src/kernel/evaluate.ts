import type { ExpressionNode, Operation } from "./expression-node.js";
import { logicOperators } from "./logic-operators.js";
import { numberOperators } from "./number-operators.js";
import type { Constant, Operator, Reader } from "./operator.js";
import type { Schema } from "./schema.js";
import type { Table, Value } from "./table.js";
import { textOperators } from "./text-operators.js";
import { timeOperators } from "./time-operators.js";

/** Gives the reader of a column, once, at compile time. Throws when there is no such column. */
export type Bind<Row> = (column: string) => Reader<Row>;

const operators: Readonly<Record<Operation, Operator>> = {
  ...numberOperators,
  ...logicOperators,
  ...textOperators,
  ...timeOperators,
};

/**
 * Compiles an expression into a reader. This is the only implementation of the expression language;
 * what differs between offline and online is only how a column is read.
 */
export function compileExpression<Row>(node: ExpressionNode, bind: Bind<Row>): Reader<Row> {
  if (node.op === "column") return bind(node.name);
  if (node.op === "literal") {
    const { value } = node;
    return () => value;
  }
  return operators[node.op].compile({
    read: node.args.map((arg) => compileExpression(arg, bind)),
    constants: constantsOf(node.args),
  });
}

/**
 * True when every value of an expression is certain to be a whole number or null. Columns of other types
 * than float count as whole.
 */
export function isWholeExpression(node: ExpressionNode, schema: Schema): boolean {
  if (node.op === "literal") return Number.isInteger(node.value);
  if (node.op === "column") return schema[node.name].kind !== "float";
  return operators[node.op].whole(
    node.args.map((arg) => isWholeExpression(arg, schema)),
    constantsOf(node.args),
  );
}

const constantsOf = (args: readonly ExpressionNode[]): Constant[] =>
  args.map((arg) => (arg.op === "literal" ? arg.value : undefined));

/** Reads columns of a table by row index. */
export function bindTable(table: Table): Bind<number> {
  return (name) => {
    const column = table.columns[name];
    if (column === undefined) throw new TypeError(`the table has no column "${name}"`);
    if (column.kind === "text") {
      const { codes, dictionary } = column;
      return (row) => (codes[row] < 0 ? null : dictionary[codes[row]]);
    }
    const { values } = column;
    return (row) => {
      const value = values[row];
      return Number.isNaN(value) ? null : value;
    };
  };
}

/** Reads fields of a record by their position, as `compileRecord` returns them. */
export function bindPositions(names: readonly string[]): Bind<readonly Value[]> {
  return (name) => {
    const position = names.indexOf(name);
    if (position < 0) throw new TypeError(`the record has no field "${name}"`);
    return (values) => values[position];
  };
}

/** Evaluates an expression over a whole table: NaN is null. Texts are not allowed as results. */
export function evaluateNumbers(node: ExpressionNode, table: Table): Float64Array {
  const read = compileExpression(node, bindTable(table));
  const out = new Float64Array(table.rowCount);
  for (let row = 0; row < table.rowCount; row++) {
    const value = read(row);
    out[row] = value === null ? NaN : (value as number);
  }
  return out;
}
