import type { ExpressionNode, Operation } from "./expression-node.js";
import { apply, badOperand, operandNode, typeOf, type Wrap } from "./expression-operand.js";
import type {
  BoolExpression,
  BoolLike,
  Columns,
  Expression,
  ExpressionOf,
  LikeOf,
  NumberExpression,
  Operand,
} from "./expression-types.js";
import { kernelErrors } from "./kernel-errors.js";
import { numberExpressionOf } from "./number-expression.js";
import type { FieldKind, FieldSpec, Schema } from "./schema.js";
import { didYouMean } from "./suggest.js";
import { textExpressionOf } from "./text-expression.js";
import { timeExpressionOf } from "./time-expression.js";

/** Makes the expression of a node, by the type of its values. */
export const wrap: Wrap = Object.freeze({
  number: (node: ExpressionNode) => numberExpressionOf(node, wrap),
  bool: boolExpressionOf,
  text: (node: ExpressionNode) => textExpressionOf(node, wrap),
  time: (node: ExpressionNode) => timeExpressionOf(node, wrap),
});

/** The numeric expression of a node. */
export function numberExpression(node: ExpressionNode): NumberExpression {
  return wrap.number(node);
}

const bool = (other: BoolLike) => operandNode("bool", other);

function boolExpressionOf(node: ExpressionNode): BoolExpression {
  const two = (op: Operation) => (other: BoolLike) => wrap.bool(apply(op, node, bool(other)));
  return Object.freeze({
    type: "bool",
    node,
    isNull: () => wrap.bool(apply("isNull", node)),
    eq: two("eq"),
    ne: two("ne"),
    and: two("and"),
    or: two("or"),
    not: () => wrap.bool(apply("not", node)),
    orElse: (...others: BoolLike[]) =>
      wrap.bool(others.reduce<ExpressionNode>((all, other) => apply("orElse", all, bool(other)), node)),
    nullIf: two("nullIf"),
    then: ((yes: Operand, no: Operand) => choose(node, yes, no)) as BoolExpression["then"],
  });
}

function choose(condition: ExpressionNode, yes: Operand, no: Operand): Expression {
  const type = typeOf(yes) ?? typeOf(no);
  if (type === undefined) throw badOperand("two numbers, texts, conditions or times", yes);
  return wrap[type](apply("when", condition, operandNode(type, yes), operandNode(type, no)));
}

/** A chain of conditions that still needs its last value. */
export interface Cases<O extends Operand> {
  /** The value where this condition is the first that is true. */
  when(condition: BoolExpression, value: LikeOf<O>): Cases<O>;
  /** The value where every condition is false. */
  otherwise(value: LikeOf<O>): ExpressionOf<O>;
}

/**
 * The value of the first condition that is true. A null condition before it makes the result null, as in
 * `then`, which this is a chain of.
 *
 * ```ts
 * when(f.delay.gt(60), "late").when(f.delay.gt(15), "delayed").otherwise("on time");
 * ```
 */
export function when<O extends Operand>(condition: BoolExpression, value: O): Cases<O> {
  return casesOf<O>([[condition, value]]);
}

function casesOf<O extends Operand>(cases: readonly (readonly [BoolExpression, Operand])[]): Cases<O> {
  return Object.freeze({
    when: (condition: BoolExpression, value: LikeOf<O>) => casesOf<O>([...cases, [condition, value]]),
    otherwise: (value: LikeOf<O>) =>
      cases.reduceRight<Operand>(
        (rest, [condition, yes]) => choose(bool(condition), yes, rest),
        value,
      ) as ExpressionOf<O>,
  });
}

const wrapKind = {
  int: wrap.number,
  float: wrap.number,
  bool: wrap.bool,
  timestamp: wrap.time,
  string: wrap.text,
} satisfies Record<FieldKind, (node: ExpressionNode) => Expression>;

/** The columns of a schema as expressions. Reading a column that does not exist throws MW0103. */
export function columnsOf<S extends Schema>(schema: S): Columns<S> {
  const columns = Object.fromEntries(
    Object.entries(schema).map(([name, spec]: [string, FieldSpec]) => [
      name,
      wrapKind[spec.kind](Object.freeze({ op: "column", name })),
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
