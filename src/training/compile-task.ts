import { durationMs, type Columns, type ExpressionNode, type Schema } from "../kernel/index.js";
import { badModel } from "./errors.js";
import type { ModelOptions } from "./model-options.js";
import { taskKinds, type Task, type TaskKind } from "./task.js";

type TaskOptions = Pick<
  ModelOptions<Schema, Schema, unknown>,
  "task" | "label" | "classes" | "group" | "matureAfter" | "spine"
>;

/** The type of each task's label, and how it is written. */
const labels: Readonly<Record<TaskKind, { readonly type: string; readonly example: string }>> = {
  binary: { type: "bool", example: "f.delay.gt(15)" },
  multiclass: { type: "text", example: "f.species" },
  regression: { type: "number", example: "f.price" },
  ranking: { type: "number", example: "f.relevance" },
  anomaly: { type: "bool", example: "f.failed.eq(1)" },
};

/** Checks what a model says of its task. Throws MW0501. */
export function compileTask(name: string, options: TaskOptions, columns: Columns<Schema>): Task {
  const { task: kind, spine } = options;
  if (!taskKinds.includes(kind)) {
    const found = JSON.stringify(kind) ?? "nothing";
    const expected = `task to be one of ${taskKinds.join(", ")}`;
    throw badModel(name, { expected, found, remedy: "Mend the task." });
  }
  for (const [option, of] of [
    ["classes", "multiclass"],
    ["group", "ranking"],
  ] as const) {
    if ((options[option] === undefined) === (kind !== of)) continue;
    const expected = `${option} for a ${of} task and for no other`;
    const found = options[option] === undefined ? "none" : `${option} of a ${kind} task`;
    throw badModel(name, { expected, found, remedy: `Add ${option}, or take it out.` });
  }
  const matureAfterMs =
    spine.time === undefined && options.matureAfter === undefined
      ? 0
      : durationMs(options.matureAfter ?? "1d");
  if (kind === "anomaly" && options.label === undefined) return Object.freeze({ kind, matureAfterMs });
  const label = compileLabel(name, options, columns);
  const common = { label, matureAfterMs };
  switch (kind) {
    case "multiclass":
      return Object.freeze({ kind, ...common, classes: checkClasses(name, options.classes ?? []) });
    case "ranking":
      return Object.freeze({ kind, ...common, group: compileGroup(name, options, columns) });
    default:
      return Object.freeze({ kind, ...common });
  }
}

function compileLabel(name: string, { task, label }: TaskOptions, columns: Columns<Schema>): ExpressionNode {
  const { type: wanted, example } = labels[task];
  const remedy = `Write label: (f) => ${example}.`;
  if (typeof label !== "function") {
    const expected = "label to be a function of the spine's columns";
    throw badModel(name, { expected, found: typeof label, remedy });
  }
  const { type, node } = label(columns);
  if (type === wanted) return node;
  const expected = `label to be a ${wanted === "bool" ? "condition" : wanted}`;
  throw badModel(name, { expected, found: `a ${String(type)}`, remedy });
}

function compileGroup(name: string, { group }: TaskOptions, columns: Columns<Schema>): ExpressionNode {
  const node = typeof group === "function" ? group(columns).node : undefined;
  if (node !== undefined) return node;
  const expected = "group to be a function of the spine's columns";
  throw badModel(name, { expected, found: typeof group, remedy: "Write group: (f) => f.search." });
}

const mostClasses = 1_000;

function checkClasses(name: string, classes: readonly string[]): readonly string[] {
  const fit = classes.every((item) => typeof item === "string" && item !== "");
  if (
    fit &&
    classes.length >= 2 &&
    classes.length <= mostClasses &&
    new Set(classes).size === classes.length
  ) {
    return Object.freeze([...classes]);
  }
  throw badModel(name, {
    expected: `2 to ${mostClasses} different texts as classes`,
    found: JSON.stringify(classes) ?? "nothing",
    remedy: 'Write classes: ["adelie", "gentoo"].',
  });
}
