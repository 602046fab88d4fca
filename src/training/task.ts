import { expressionJson, type Canonical, type ExpressionNode } from "../kernel/index.js";

/** What a model predicts: a yes-or-no outcome. */
export interface BinaryTask {
  readonly kind: "binary";
  /** What counts as positive, over the columns of the spine's source. */
  readonly label: ExpressionNode;
  /** Time after a prediction at which its label is final, whether or not one arrived. */
  readonly matureAfterMs: number;
}

export function taskJson(task: BinaryTask): Canonical {
  return { kind: task.kind, label: expressionJson(task.label), matureAfterMs: task.matureAfterMs };
}

const symbols: Record<string, string> = {
  add: "+",
  sub: "−",
  mul: "×",
  div: "÷",
  mod: "mod",
  eq: "=",
  ne: "≠",
  lt: "<",
  le: "≤",
  gt: ">",
  ge: "≥",
  and: "and",
  or: "or",
};

/** An expression as people read it: `delay > 15`. */
export function describeExpression(node: ExpressionNode): string {
  if (node.op === "column") return node.name;
  if (node.op === "literal") return String(node.value);
  const args = node.args.map((arg) =>
    arg.op !== "column" && arg.op !== "literal" && arg.op in symbols
      ? `(${describeExpression(arg)})`
      : describeExpression(arg),
  );
  return node.op in symbols ? args.join(` ${symbols[node.op]} `) : `${node.op}(${args.join(", ")})`;
}
