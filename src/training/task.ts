import {
  expressionJson,
  type BoolExpression,
  type Canonical,
  type ExpressionNode,
  type NumberExpression,
  type TextExpression,
} from "../kernel/index.js";

/** What a label of each task is made of. */
export interface LabelExpressions {
  /** What counts as positive. */
  readonly binary: BoolExpression;
  /** The name of the row's class. */
  readonly multiclass: TextExpression;
  /** The value. */
  readonly regression: NumberExpression;
  /** How relevant the row is among its group, the more the better. */
  readonly ranking: NumberExpression;
  /** What is known to be strange; only for judging, nothing is learned from it. */
  readonly anomaly: BoolExpression;
}

export type TaskKind = keyof LabelExpressions;

interface Labelled {
  /** What happened, over the columns of the spine's source. */
  readonly label: ExpressionNode;
  /** Time after a prediction at which its label is final, whether or not one arrived. */
  readonly matureAfterMs: number;
}

/** What a model predicts. */
export type Task =
  | (Labelled & { readonly kind: "binary" })
  | (Labelled & { readonly kind: "multiclass"; readonly classes: readonly string[] })
  | (Labelled & { readonly kind: "regression" })
  /** Rows of equal `group` are ranked among one another. */
  | (Labelled & { readonly kind: "ranking"; readonly group: ExpressionNode })
  | (Omit<Labelled, "label"> & { readonly kind: "anomaly"; readonly label?: ExpressionNode });

export const taskKinds: readonly TaskKind[] = ["binary", "multiclass", "regression", "ranking", "anomaly"];

export function taskJson(task: Task): Canonical {
  return {
    kind: task.kind,
    ...(task.label === undefined ? {} : { label: expressionJson(task.label) }),
    ...(task.kind === "multiclass" ? { classes: task.classes } : {}),
    ...(task.kind === "ranking" ? { group: expressionJson(task.group) } : {}),
    matureAfterMs: task.matureAfterMs,
  };
}

/** How many numbers the graph's first output holds per row. */
export const outputWidth = (task: Task): number => (task.kind === "multiclass" ? task.classes.length : 1);

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

/** What is predicted, as people read it: `the probability that delay > 15`. */
export function describeTask(task: Task): string {
  switch (task.kind) {
    case "binary":
      return `the probability that ${describeExpression(task.label)}`;
    case "multiclass":
      return `which ${describeExpression(task.label)}: ${task.classes.join(", ")}`;
    case "regression":
      return describeExpression(task.label);
    case "ranking":
      return `the order of ${describeExpression(task.label)} within ${describeExpression(task.group)}`;
    case "anomaly":
      return "how unlike the others a row is";
  }
}
