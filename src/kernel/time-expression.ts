import { durationMs, type Duration } from "./duration.js";
import type { ExpressionNode, Operation } from "./expression-node.js";
import { apply, badOperand, literal, operandNode, type Wrap } from "./expression-operand.js";
import type { ElapsedUnit, NumberExpression, TimeExpression } from "./expression-types.js";

const time = (other: TimeExpression) => operandNode("time", other);

const milliseconds = (by: Duration | NumberExpression) =>
  typeof by === "string" ? literal(durationMs(by)) : operandNode("number", by);

/** The expression of a node that gives a time. */
export function timeExpressionOf(node: ExpressionNode, wrap: Wrap): TimeExpression {
  const two = (op: Operation) => (other: TimeExpression) => wrap.bool(apply(op, node, time(other)));
  return Object.freeze({
    type: "time",
    node,
    isNull: () => wrap.bool(apply("isNull", node)),
    eq: two("eq"),
    ne: two("ne"),
    lt: two("lt"),
    le: two("le"),
    gt: two("gt"),
    ge: two("ge"),
    between: (least: TimeExpression, most: TimeExpression) =>
      wrap.bool(apply("and", apply("ge", node, time(least)), apply("le", node, time(most)))),
    orElse: (...others: TimeExpression[]) =>
      wrap.time(others.reduce<ExpressionNode>((all, other) => apply("orElse", all, time(other)), node)),
    nullIf: (other: TimeExpression) => wrap.time(apply("nullIf", node, time(other))),
    plus: (by: Duration | NumberExpression) => wrap.time(apply("add", node, milliseconds(by))),
    minus: (by: Duration | NumberExpression) => wrap.time(apply("sub", node, milliseconds(by))),
    since: (other: TimeExpression, unit: ElapsedUnit = "ms") => {
      const elapsed = apply("sub", node, time(other));
      const length = elapsedLength(unit);
      return wrap.number(length === 1 ? elapsed : apply("div", elapsed, literal(length)));
    },
  });
}

const units: readonly string[] = ["ms", "s", "m", "h", "d"] satisfies ElapsedUnit[];

function elapsedLength(unit: ElapsedUnit): number {
  if (!units.includes(unit)) throw badOperand(`a unit of elapsed time: ${units.join(", ")}`, unit);
  return durationMs(`1${unit}`);
}
