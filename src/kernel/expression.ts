import { canonicalHash, type Canonical } from "./hash.js";
import { kernelErrors } from "./kernel-errors.js";
import { durationMs, type Duration } from "./duration.js";
import type { FieldKind, FieldSpec, Schema } from "./schema.js";
import { didYouMean } from "./suggest.js";

/**
 * The one expression language of Millwright, for availability times, labels, aggregated values and derived
 * features. An expression is data (so it has a canonical hash) and has one meaning, given by
 * `compileExpression`, offline and online alike.
 *
 * Meaning: every value is a number, a text or null; booleans are 0 and 1; timestamps are epoch
 * milliseconds in UTC. Any operation on null is null, with three exceptions: `isNull`, `orElse`, and
 * `and`/`or`, which follow SQL's three-valued logic. Results that are not finite are null.
 */
export type ExpressionNode =
  | { readonly op: "column"; readonly name: string }
  | { readonly op: "literal"; readonly value: number | string }
  | { readonly op: Operation; readonly args: readonly ExpressionNode[] };

export type Operation =
  | "add"
  | "sub"
  | "mul"
  | "div"
  | "mod"
  | "floor"
  | "abs"
  | "min"
  | "max"
  | "eq"
  | "ne"
  | "lt"
  | "le"
  | "gt"
  | "ge"
  | "and"
  | "or"
  | "not"
  | "isNull"
  | "orElse"
  | "when";

interface Base {
  readonly node: ExpressionNode;
  /** True when the value is null. */
  isNull(): BoolExpression;
}

type NumberLike = NumberExpression | number;

export interface NumberExpression extends Base {
  readonly type: "number";
  plus(other: NumberLike): NumberExpression;
  minus(other: NumberLike): NumberExpression;
  times(other: NumberLike): NumberExpression;
  /** Division; by zero is null. */
  dividedBy(other: NumberLike): NumberExpression;
  /** The remainder of floored division: it has the sign of the divisor. */
  modulo(other: NumberLike): NumberExpression;
  floor(): NumberExpression;
  abs(): NumberExpression;
  atLeast(other: NumberLike): NumberExpression;
  atMost(other: NumberLike): NumberExpression;
  eq(other: NumberLike): BoolExpression;
  ne(other: NumberLike): BoolExpression;
  lt(other: NumberLike): BoolExpression;
  le(other: NumberLike): BoolExpression;
  gt(other: NumberLike): BoolExpression;
  ge(other: NumberLike): BoolExpression;
  /** The other value where this one is null. */
  orElse(other: NumberLike): NumberExpression;
}

export interface BoolExpression extends Base {
  readonly type: "bool";
  and(other: BoolExpression): BoolExpression;
  or(other: BoolExpression): BoolExpression;
  not(): BoolExpression;
  /** `yes` where this is true, `no` where it is false, null where it is null. */
  then(yes: NumberLike, no: NumberLike): NumberExpression;
}

export interface TextExpression extends Base {
  readonly type: "text";
  eq(other: TextExpression | string): BoolExpression;
  ne(other: TextExpression | string): BoolExpression;
  orElse(other: TextExpression | string): TextExpression;
}

export interface TimeExpression extends Base {
  readonly type: "time";
  /** A later time: a duration text or a number of milliseconds. */
  plus(by: Duration | NumberExpression): TimeExpression;
  minus(by: Duration | NumberExpression): TimeExpression;
  /** Milliseconds from the other time to this one. */
  since(other: TimeExpression): NumberExpression;
  lt(other: TimeExpression): BoolExpression;
  ge(other: TimeExpression): BoolExpression;
}

export type Expression = NumberExpression | BoolExpression | TextExpression | TimeExpression;

interface ExpressionByKind {
  int: NumberExpression;
  float: NumberExpression;
  bool: BoolExpression;
  timestamp: TimeExpression;
  string: TextExpression;
}

/** The expressions of a schema's columns, by name. */
export type Columns<S extends Schema> = { readonly [K in keyof S]: ExpressionByKind[S[K]["kind"]] };

type Operand = Expression | number | string;

function nodeOf(operand: Operand): ExpressionNode {
  if (typeof operand === "object") return operand.node;
  if (typeof operand === "string" || Number.isFinite(operand)) return { op: "literal", value: operand };
  throw kernelErrors.error("MW0104", {
    expected: "an expression, a finite number or a text",
    found: String(operand),
    remedy: "Use finite constants in expressions; null comes from the data.",
  });
}

const apply = (op: Operation, ...args: Operand[]): ExpressionNode =>
  Object.freeze({ op, args: Object.freeze(args.map(nodeOf)) });

/** Numeric expression of a node; the other three wrap likewise. */
export function numberExpression(node: ExpressionNode): NumberExpression {
  const self: NumberExpression = Object.freeze({
    type: "number",
    node,
    isNull: () => boolExpression(apply("isNull", self)),
    plus: (other: NumberLike) => numberExpression(apply("add", self, other)),
    minus: (other: NumberLike) => numberExpression(apply("sub", self, other)),
    times: (other: NumberLike) => numberExpression(apply("mul", self, other)),
    dividedBy: (other: NumberLike) => numberExpression(apply("div", self, other)),
    modulo: (other: NumberLike) => numberExpression(apply("mod", self, other)),
    floor: () => numberExpression(apply("floor", self)),
    abs: () => numberExpression(apply("abs", self)),
    atLeast: (other: NumberLike) => numberExpression(apply("max", self, other)),
    atMost: (other: NumberLike) => numberExpression(apply("min", self, other)),
    eq: (other: NumberLike) => boolExpression(apply("eq", self, other)),
    ne: (other: NumberLike) => boolExpression(apply("ne", self, other)),
    lt: (other: NumberLike) => boolExpression(apply("lt", self, other)),
    le: (other: NumberLike) => boolExpression(apply("le", self, other)),
    gt: (other: NumberLike) => boolExpression(apply("gt", self, other)),
    ge: (other: NumberLike) => boolExpression(apply("ge", self, other)),
    orElse: (other: NumberLike) => numberExpression(apply("orElse", self, other)),
  });
  return self;
}

function boolExpression(node: ExpressionNode): BoolExpression {
  const self: BoolExpression = Object.freeze({
    type: "bool",
    node,
    isNull: () => boolExpression(apply("isNull", self)),
    and: (other: BoolExpression) => boolExpression(apply("and", self, other)),
    or: (other: BoolExpression) => boolExpression(apply("or", self, other)),
    not: () => boolExpression(apply("not", self)),
    then: (yes: NumberLike, no: NumberLike) => numberExpression(apply("when", self, yes, no)),
  });
  return self;
}

function textExpression(node: ExpressionNode): TextExpression {
  const self: TextExpression = Object.freeze({
    type: "text",
    node,
    isNull: () => boolExpression(apply("isNull", self)),
    eq: (other: TextExpression | string) => boolExpression(apply("eq", self, other)),
    ne: (other: TextExpression | string) => boolExpression(apply("ne", self, other)),
    orElse: (other: TextExpression | string) => textExpression(apply("orElse", self, other)),
  });
  return self;
}

function timeExpression(node: ExpressionNode): TimeExpression {
  const ms = (by: Duration | NumberExpression) => (typeof by === "string" ? durationMs(by) : by);
  const self: TimeExpression = Object.freeze({
    type: "time",
    node,
    isNull: () => boolExpression(apply("isNull", self)),
    plus: (by: Duration | NumberExpression) => timeExpression(apply("add", self, ms(by))),
    minus: (by: Duration | NumberExpression) => timeExpression(apply("sub", self, ms(by))),
    since: (other: TimeExpression) => numberExpression(apply("sub", self, other)),
    lt: (other: TimeExpression) => boolExpression(apply("lt", self, other)),
    ge: (other: TimeExpression) => boolExpression(apply("ge", self, other)),
  });
  return self;
}

const wrap = {
  int: numberExpression,
  float: numberExpression,
  bool: boolExpression,
  timestamp: timeExpression,
  string: textExpression,
} satisfies Record<FieldKind, (node: ExpressionNode) => Expression>;

/** The columns of a schema as expressions. Reading a column that does not exist throws MW0103. */
export function columnsOf<S extends Schema>(schema: S): Columns<S> {
  const columns = Object.fromEntries(
    Object.entries(schema).map(([name, spec]: [string, FieldSpec]) => [
      name,
      wrap[spec.kind](Object.freeze({ op: "column", name })),
    ]),
  );
  return new Proxy(columns, {
    get(target, name) {
      if (typeof name !== "string" || Object.hasOwn(target, name))
        return Reflect.get(target, name) as unknown;
      throw kernelErrors.error("MW0103", {
        expected: `a column of the schema (${Object.keys(schema).join(", ")})`,
        found: `"${name}"`,
        remedy: didYouMean(name, Object.keys(schema)),
        details: { name },
      });
    },
  }) as Columns<S>;
}

const minuteMs = 60_000;
const dayMs = 86_400_000;

/** Minutes since midnight UTC, 0 to 1439. */
export function minuteOfDay(time: TimeExpression): NumberExpression {
  return numberExpression(time.node).modulo(dayMs).dividedBy(minuteMs).floor();
}

/** Hour of the day UTC, 0 to 23. */
export function hourOfDay(time: TimeExpression): NumberExpression {
  return numberExpression(time.node)
    .modulo(dayMs)
    .dividedBy(60 * minuteMs)
    .floor();
}

/** Day of the week UTC, ISO 8601: Monday 1 to Sunday 7. 1970-01-01 was a Thursday. */
export function weekday(time: TimeExpression): NumberExpression {
  return numberExpression(time.node).dividedBy(dayMs).floor().plus(3).modulo(7).plus(1);
}

/** The names of the columns that an expression reads, each once, in order of first use. */
export function columnsRead(node: ExpressionNode): string[] {
  if (node.op === "column") return [node.name];
  return node.op === "literal" ? [] : [...new Set(node.args.flatMap(columnsRead))];
}

/** The canonical hash of an expression: equal hashes mean equal definitions. */
export function expressionHash(expression: Expression): string {
  return canonicalHash(expressionJson(expression.node));
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
