import type { ExpressionNode, Operation } from "./expression-node.js";
import { apply, badOperand, constantNodes, literal, operandNode, type Wrap } from "./expression-operand.js";
import type { TextExpression, TextLike } from "./expression-types.js";
import { bucketsNode } from "./number-expression.js";
import { checkNumber } from "./options.js";

const text = (other: TextLike) => operandNode("text", other);

/** The textual expression of a node. */
export function textExpressionOf(node: ExpressionNode, wrap: Wrap): TextExpression {
  const one = (op: Operation) => () => wrap.text(apply(op, node));
  const two = (op: Operation) => (other: TextLike) => wrap.bool(apply(op, node, text(other)));
  return Object.freeze({
    type: "text",
    node,
    isNull: () => wrap.bool(apply("isNull", node)),
    eq: two("eq"),
    ne: two("ne"),
    startsWith: two("startsWith"),
    endsWith: two("endsWith"),
    contains: two("contains"),
    oneOf: (...values: string[]) => wrap.bool(apply("oneOf", node, ...constantNodes("text", values))),
    orElse: (...others: TextLike[]) =>
      wrap.text(others.reduce<ExpressionNode>((all, other) => apply("orElse", all, text(other)), node)),
    nullIf: (other: TextLike) => wrap.text(apply("nullIf", node, text(other))),
    lower: one("lower"),
    upper: one("upper"),
    trim: one("trim"),
    slice: (start: number, end?: number) => wrap.text(apply("slice", node, ...positions(start, end))),
    concat: (...others: TextLike[]) => wrap.text(apply("concat", node, ...others.map(text))),
    replace: (search: string, by: string) => wrap.text(apply("replace", node, ...replacement(search, by))),
    length: () => wrap.number(apply("length", node)),
    hash: (buckets: number) => wrap.number(apply("hash", node, bucketsNode(buckets))),
    toNumber: () => wrap.number(apply("toNumber", node)),
  });
}

const largestPosition = 2 ** 31 - 1;

function positions(start: number, end: number | undefined): ExpressionNode[] {
  const range = { min: 0, max: largestPosition, whole: true };
  checkNumber(start, "the start of slice()", range);
  if (end === undefined) return [literal(start)];
  checkNumber(end, "the end of slice()", { ...range, min: start });
  return [literal(start), literal(end)];
}

function replacement(search: string, by: string): ExpressionNode[] {
  const nodes = constantNodes("text", [search, by]);
  if (search === "") throw badOperand("a text to replace", "the empty text");
  return nodes;
}
