import type { ExpressionNode, Operation } from "./expression.js";
import type { Table, Value } from "./table.js";

/** Reads one value of a row; `Row` is an index offline and a record online. */
export type Reader<Row> = (row: Row) => Value;

/** Gives the reader of a column, once, at compile time. Throws when there is no such column. */
export type Bind<Row> = (column: string) => Reader<Row>;

const finite = (value: number): Value => (Number.isFinite(value) ? value : null);

type Binary = (a: number, b: number) => Value;

/** Exact where `a − b·⌊a / b⌋` is not: `%` of IEEE numbers does not round. */
function flooredModulo(a: number, b: number): number {
  const remainder = a % b;
  if (remainder === 0) return 0;
  return remainder < 0 === b < 0 ? remainder : remainder + b;
}

const arithmetic: Partial<Record<Operation, Binary>> = {
  add: (a, b) => finite(a + b),
  sub: (a, b) => finite(a - b),
  mul: (a, b) => finite(a * b),
  div: (a, b) => (b === 0 ? null : finite(a / b)),
  mod: (a, b) => (b === 0 ? null : flooredModulo(a, b)),
  min: Math.min,
  max: Math.max,
  lt: (a, b) => Number(a < b),
  le: (a, b) => Number(a <= b),
  gt: (a, b) => Number(a > b),
  ge: (a, b) => Number(a >= b),
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
  const [a, b, c] = node.args.map((arg) => compileExpression(arg, bind));
  return compileOperation(node.op, { a, b, c });
}

interface Operands<Row> {
  readonly a: Reader<Row>;
  readonly b: Reader<Row>;
  readonly c: Reader<Row>;
}

function compileOperation<Row>(op: Operation, { a, b, c }: Operands<Row>): Reader<Row> {
  const binary = arithmetic[op];
  if (binary !== undefined) {
    return (row) => {
      const left = a(row);
      const right = b(row);
      return left === null || right === null ? null : binary(left as number, right as number);
    };
  }
  switch (op) {
    case "floor":
      return mapNumber(a, Math.floor);
    case "abs":
      return mapNumber(a, Math.abs);
    case "not":
      return mapNumber(a, (value) => 1 - value);
    case "isNull":
      return (row) => Number(a(row) === null);
    case "orElse":
      return (row) => a(row) ?? b(row);
    case "when":
      return (row) => {
        const condition = a(row);
        return condition === null ? null : condition === 1 ? b(row) : c(row);
      };
    case "eq":
    case "ne":
      return equality(op, a, b);
    case "and":
    case "or":
      return logic(op, a, b);
    default:
      throw new TypeError(`operation ${op} has no evaluator`);
  }
}

function mapNumber<Row>(a: Reader<Row>, map: (value: number) => number): Reader<Row> {
  return (row) => {
    const value = a(row);
    return value === null ? null : map(value as number);
  };
}

function equality<Row>(op: "eq" | "ne", a: Reader<Row>, b: Reader<Row>): Reader<Row> {
  const whenEqual = op === "eq" ? 1 : 0;
  return (row) => {
    const left = a(row);
    const right = b(row);
    return left === null || right === null ? null : left === right ? whenEqual : 1 - whenEqual;
  };
}

/** SQL's three-valued logic: a decisive operand wins over null. */
function logic<Row>(op: "and" | "or", a: Reader<Row>, b: Reader<Row>): Reader<Row> {
  const decisive = op === "and" ? 0 : 1;
  return (row) => {
    const left = a(row);
    if (left === decisive) return decisive;
    const right = b(row);
    if (right === decisive) return decisive;
    return left === null || right === null ? null : 1 - decisive;
  };
}

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
