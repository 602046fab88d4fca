import type { ExpressionNode, Operation } from "./expression-node.js";
import { apply, badOperand, constantNodes, literal, operandNode, type Wrap } from "./expression-operand.js";
import type { NumberExpression, NumberLike } from "./expression-types.js";
import { checkNumber } from "./options.js";

const largestHash = 2 ** 32;

/** A number of hash buckets as a node. Throws MW0104. */
export const bucketsNode = (buckets: number): ExpressionNode =>
  literal(checkNumber(buckets, "the number of hash buckets", { min: 1, max: largestHash, whole: true }));

/** The numeric expression of a node. */
export function numberExpressionOf(node: ExpressionNode, wrap: Wrap): NumberExpression {
  return Object.freeze({
    type: "number",
    node,
    ...arithmetic(node, wrap),
    ...rounding(node, wrap),
    ...comparisons(node, wrap),
    ...conversions(node, wrap),
  });
}

const number = (other: NumberLike) => operandNode("number", other);

function arithmetic(node: ExpressionNode, wrap: Wrap) {
  const one = (op: Operation) => () => wrap.number(apply(op, node));
  const two = (op: Operation) => (other: NumberLike) => wrap.number(apply(op, node, number(other)));
  return {
    plus: two("add"),
    minus: two("sub"),
    times: two("mul"),
    dividedBy: two("div"),
    modulo: two("mod"),
    power: two("pow"),
    atLeast: two("max"),
    atMost: two("min"),
    clamp: (least: NumberLike, most: NumberLike) => {
      checkOrder(least, most);
      return wrap.number(apply("min", apply("max", node, number(least)), number(most)));
    },
    negate: () => wrap.number(apply("sub", literal(0), node)),
    abs: one("abs"),
    sign: one("sign"),
    sqrt: one("sqrt"),
    exp: one("exp"),
    ln: one("ln"),
    log10: one("log10"),
  };
}

function rounding(node: ExpressionNode, wrap: Wrap) {
  const one = (op: Operation) => () => wrap.number(apply(op, node));
  return {
    floor: one("floor"),
    ceil: one("ceil"),
    truncate: one("trunc"),
    round: (decimals = 0) => {
      checkNumber(decimals, "the decimals of round()", { min: 0, max: 15, whole: true });
      return wrap.number(apply("round", node, literal(decimals)));
    },
    bucket: (edges: readonly number[]) => {
      const nodes = constantNodes("number", edges);
      const fallen = edges.findIndex((edge, i) => i > 0 && edge <= edges[i - 1]);
      if (fallen > 0) throw badOperand("edges that increase", `${edges[fallen]} after ${edges[fallen - 1]}`);
      return wrap.number(apply("bucket", node, ...nodes));
    },
    widthBucket: (width: number, origin = 0) => {
      checkNumber(width, "the width of a bucket", { min: Number.MIN_VALUE, max: Number.MAX_VALUE });
      const from = origin === 0 ? node : apply("sub", node, number(origin));
      return wrap.number(apply("floor", apply("div", from, literal(width))));
    },
  };
}

function comparisons(node: ExpressionNode, wrap: Wrap) {
  const two = (op: Operation) => (other: NumberLike) => wrap.bool(apply(op, node, number(other)));
  return {
    eq: two("eq"),
    ne: two("ne"),
    lt: two("lt"),
    le: two("le"),
    gt: two("gt"),
    ge: two("ge"),
    between: (least: NumberLike, most: NumberLike) => {
      checkOrder(least, most);
      return wrap.bool(apply("and", apply("ge", node, number(least)), apply("le", node, number(most))));
    },
    oneOf: (...values: number[]) => wrap.bool(apply("oneOf", node, ...constantNodes("number", values))),
    isNull: () => wrap.bool(apply("isNull", node)),
  };
}

function conversions(node: ExpressionNode, wrap: Wrap) {
  return {
    orElse: (...others: NumberLike[]) =>
      wrap.number(others.reduce<ExpressionNode>((all, other) => apply("orElse", all, number(other)), node)),
    nullIf: (other: NumberLike) => wrap.number(apply("nullIf", node, number(other))),
    hash: (buckets: number) => wrap.number(apply("hash", node, bucketsNode(buckets))),
    toText: () => wrap.text(apply("toText", node)),
  };
}

function checkOrder(least: NumberLike, most: NumberLike): void {
  if (typeof least === "number" && typeof most === "number" && least > most) {
    throw badOperand("a lower bound that is not above the upper one", `${least} to ${most}`);
  }
}
