import { canonicalHash, type Canonical } from "./hash.js";

/**
 * An expression is data, so it has a canonical hash; `compileExpression` gives it its one meaning, which
 * `docs/expressions.md` spells out. Every value is a number, a text or null; booleans are 0 and 1,
 * timestamps are epoch milliseconds in UTC. What an operation needs besides values (a time zone, edges, a
 * number of decimals) are literals behind them.
 */
export type ExpressionNode =
  | { readonly op: "column"; readonly name: string }
  | { readonly op: "literal"; readonly value: number | string }
  | { readonly op: Operation; readonly args: readonly ExpressionNode[] };

export type Operation = NumberOperation | LogicOperation | TextOperation | TimeOperation;

export type NumberOperation =
  | "add"
  | "sub"
  | "mul"
  | "div"
  | "mod"
  | "pow"
  | "min"
  | "max"
  | "abs"
  | "sign"
  | "sqrt"
  | "exp"
  | "ln"
  | "log10"
  | "floor"
  | "ceil"
  | "trunc"
  | "round"
  | "bucket"
  | "toText";

/** Comparisons, logic, conditions and nulls; `hash` takes numbers and texts. */
export type LogicOperation =
  | "eq"
  | "ne"
  | "lt"
  | "le"
  | "gt"
  | "ge"
  | "oneOf"
  | "and"
  | "or"
  | "not"
  | "isNull"
  | "orElse"
  | "nullIf"
  | "when"
  | "hash";

export type TextOperation =
  | "lower"
  | "upper"
  | "trim"
  | "length"
  | "slice"
  | "concat"
  | "startsWith"
  | "endsWith"
  | "contains"
  | "replace"
  | "toNumber";

export type TimeOperation = "local" | "startOf" | "year" | "month" | "dayOfMonth" | "dayOfYear";

/** The names of the columns that an expression reads, each once, in order of first use. */
export function columnsRead(node: ExpressionNode): string[] {
  if (node.op === "column") return [node.name];
  return node.op === "literal" ? [] : [...new Set(node.args.flatMap(columnsRead))];
}

export function expressionJson(node: ExpressionNode): Canonical {
  switch (node.op) {
    case "column":
      return { column: node.name };
    case "literal":
      return node.value;
    default:
      return { op: node.op, args: node.args.map(expressionJson) };
  }
}

/** The canonical hash of an expression: equal hashes mean equal definitions. */
export function expressionHash({ node }: { readonly node: ExpressionNode }): string {
  return canonicalHash(expressionJson(node));
}
