import type { ExpressionNode, Operation } from "./expression-node.js";
import type {
  BoolExpression,
  Expression,
  NumberExpression,
  Operand,
  TextExpression,
  TimeExpression,
} from "./expression-types.js";
import { kernelErrors } from "./kernel-errors.js";

export type ValueType = Expression["type"];

/** Makes the expression of a node; the builders of the four types reach one another through it. */
export interface Wrap {
  readonly number: (node: ExpressionNode) => NumberExpression;
  readonly bool: (node: ExpressionNode) => BoolExpression;
  readonly text: (node: ExpressionNode) => TextExpression;
  readonly time: (node: ExpressionNode) => TimeExpression;
}

/** A node of an operation. */
export const apply = (op: Operation, ...args: ExpressionNode[]): ExpressionNode =>
  Object.freeze({ op, args: Object.freeze(args) });

export const literal = (value: number | string): ExpressionNode => Object.freeze({ op: "literal", value });

const described: Record<ValueType, string> = {
  number: "a number: an expression or a finite constant",
  text: "a text: an expression or a constant of well-formed Unicode",
  bool: "a condition",
  time: "a time",
};

/** The type of an operand, undefined for what is none. Projects may be written without a type checker. */
export function typeOf(operand: unknown): ValueType | undefined {
  if (typeof operand === "object" && operand !== null && "type" in operand && "node" in operand) {
    return (operand as Expression).type;
  }
  if (typeof operand === "number" && Number.isFinite(operand)) return "number";
  if (typeof operand === "string" && !/\p{Surrogate}/u.test(operand)) return "text";
  return typeof operand === "boolean" ? "bool" : undefined;
}

/** The node of an operand of a type. Throws MW0104 for any other. */
export function operandNode(type: ValueType, operand: Operand): ExpressionNode {
  if (typeOf(operand) !== type) throw badOperand(described[type], operand);
  if (typeof operand === "object") return operand.node;
  // 0 and −0 have one canonical form, so they are one constant.
  return literal(typeof operand === "string" ? operand : Number(operand) + 0);
}

export function badOperand(expected: string, found: unknown) {
  return kernelErrors.error("MW0104", {
    expected,
    found: typeof found === "object" ? `a ${typeOf(found) ?? "thing that is no expression"}` : show(found),
    remedy: "Use finite constants and expressions of the right type; null comes from the data.",
  });
}

const show = (found: unknown) => (typeof found === "string" ? JSON.stringify(found) : String(found));

/** Nodes of constants of a type, at least one. Throws MW0104. */
export function constantNodes(type: "number" | "text", values: readonly (number | string)[]) {
  const wrong = values.find((value) => typeof value === "object");
  if (values.length === 0 || wrong !== undefined) {
    throw badOperand(`at least one constant, each a ${type}`, wrong ?? "none");
  }
  return values.map((value) => operandNode(type, value));
}
