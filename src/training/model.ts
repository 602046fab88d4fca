import { byTime, stratified, type Spine, type Split } from "../data/index.js";
import {
  checkSpine,
  featureSet,
  lookupsOf,
  withoutWindows,
  type FeatureSet,
  type RequestOf,
} from "../features/index.js";
import {
  canonicalHash,
  columnsOf,
  didYouMean,
  expressionJson,
  rejectUnknownKeys,
  type Canonical,
  type Columns,
  type Expression,
  type ExpressionNode,
  type Schema,
} from "../kernel/index.js";
import { compileChoosing } from "./compile-choosing.js";
import { compileConformal, type Conformal } from "./conformal.js";
import { compileTask } from "./compile-task.js";
import { candidatesOf, checkTrainer, commonQuantile, defaultBaseline } from "./compile-trainers.js";
import { badModel } from "./errors.js";
import type { EvaluationMetric } from "./evaluation/metric-table.js";
import { compileRobustness, type Robustness } from "./evaluation/robustness-options.js";
import { checkGates, type Gate } from "./gate.js";
import { compileApprovals, compileCard, type ApprovalsOptions, type DeclaredCard } from "./governance.js";
import type { CalibrationKind, ModelOptions, MonitorOptions, PredictionResponse } from "./model-options.js";
import { compileSlo, type Demand } from "./slo.js";
import { taskJson, type Task, type TaskKind } from "./task.js";
import type { Trainer } from "./trainer.js";
import type { Tuning } from "./tuning/tune.js";

interface NamedExpression {
  readonly name: string;
  readonly expression: Expression;
}

/** A model as the rest of Millwright reads it: everything resolved and checked. */
export interface ModelDefinition<Name extends string = string, Request = unknown, Response = unknown> {
  readonly kind: "model";
  readonly name: Name;
  readonly task: Task;
  readonly spine: Spine;
  readonly features: FeatureSet;
  readonly split: Split;
  /** The first of the candidates. */
  readonly trainer: Trainer;
  /** Trainers of which the best on held-back rows goes on. */
  readonly candidates: readonly Trainer[];
  readonly tuning?: Tuning;
  /** What trials and candidates are compared by. */
  readonly metric: EvaluationMetric;
  /** The share of the training rows that is held back where something needs it. */
  readonly holdout: number;
  readonly calibration?: CalibrationKind;
  /** Intervals or sets of every answer. */
  readonly conformal?: Conformal;
  /** The quantile that the trainers fit; absent where they fit means, classes or scores. */
  readonly quantile?: number;
  readonly weight?: ExpressionNode;
  readonly baseline?: Trainer;
  /** The feature set without windows, when the ablation is asked for. */
  readonly ablation?: FeatureSet;
  readonly gates: readonly Gate[];
  readonly slices: readonly NamedExpression[];
  /** Attributes whose groups are compared. */
  readonly fairness: readonly NamedExpression[];
  readonly robustness?: Robustness;
  readonly approvals: ApprovalsOptions;
  readonly card: DeclaredCard;
  readonly slo: ReturnType<typeof compileSlo>["slo"];
  /** What the model must bear. */
  readonly demand: Demand;
  readonly monitor: Readonly<MonitorOptions>;
  /** What the version promises to whoever asks it: label, time and features, as plain data. */
  readonly contract: Canonical;
  /** Everything that decides the model's bytes besides the data, as plain data. */
  readonly definition: Canonical;
  readonly hash: string;
  /** Only for the type checker: what a client sends and gets. */
  readonly types?: { readonly request: Request; readonly response: Response };
}

const modelKeys = [
  ...["task", "label", "classes", "group", "matureAfter", "spine", "features", "split", "trainer", "weight"],
  ...[
    "tuning",
    "holdout",
    "calibration",
    "intervals",
    "sets",
    "baseline",
    "ablation",
    "gates",
    "slices",
    "fairness",
  ],
  ...["robustness", "approvals", "card", "slo", "monitor"],
];

/** Defines a model. Throws coded errors for unknown keys and for parts that do not fit together. */
export function model<
  const Name extends string,
  S extends Schema,
  R extends Schema,
  G,
  const Kind extends TaskKind,
  const Class extends string = string,
  const Sure extends Conformal | undefined = undefined,
>(
  name: Name,
  options: ModelOptions<S, R, G, Kind, Class, Sure>,
): ModelDefinition<
  Name,
  RequestOf<G, R>,
  PredictionResponse<Kind, Class, [Sure] extends [Conformal] ? true : false>
>;
export function model(
  name: string,
  options: ModelOptions<Schema, Schema, Readonly<Record<string, unknown>>>,
): ModelDefinition {
  rejectUnknownKeys(options, modelKeys, `model "${name}"`);
  checkName(name);
  const { spine, gates } = options;
  const candidates = candidatesOf(options.trainer);
  const [trainer] = candidates;
  const schema = spine.source.schema;
  const columns = columnsOf(schema);
  const task = compileTask(name, options, columns);
  const features = compileFeatures(options.features);
  checkSpine(features, schema);
  checkTime(name, spine, features);
  for (const candidate of candidates) checkTrainer(name, task, candidate);
  const split =
    options.split ??
    (spine.time === undefined ? stratified({ testShare: 1 / 3 }) : byTime({ trainShare: 2 / 3 }));
  checkSplit(name, spine, split);
  if (!Array.isArray(gates) || gates.length === 0) {
    const remedy = 'Add one, such as atLeast("auc", 0.7).';
    throw badModel(name, { expected: "at least one gate", found: "none", remedy });
  }
  const quantile = task.kind === "regression" ? commonQuantile(name, candidates) : undefined;
  const baseline = options.baseline ?? defaultBaseline(task, quantile);
  if (baseline !== undefined) checkTrainer(name, task, baseline);
  checkGates(gates, task.kind, `model "${name}"`);
  const choosing = compileChoosing(name, options, { kind: task.kind, quantile });
  const sure = compileConformal(name, options, { kind: task.kind, candidates });
  if (options.fairness !== undefined && task.kind !== "binary" && task.kind !== "regression") {
    const remedy = "Use slices to look at groups of other tasks.";
    throw badModel(name, { expected: "fairness of a binary or regression task", found: task.kind, remedy });
  }
  const robustness = compileRobustnessOf(name, options, { task, features });
  const weight = compileWeight(name, options, columns);
  const contract = {
    task: taskJson(task),
    spine: { source: spine.source.name, ...(spine.time === undefined ? {} : { time: spine.time }) },
    features: features.definition,
    // What an answer holds is part of the promise; without it the contract stays as it was.
    ...sure.definition,
  };
  const definition = {
    name,
    ...contract,
    split: split.definition,
    trainer: { name: trainer.name, options: trainer.options },
    ...(candidates.length === 1
      ? {}
      : { candidates: candidates.map(({ name, options }) => ({ name, options })) }),
    ...choosing.definition,
    ...(weight === undefined ? {} : { weight: expressionJson(weight) }),
  };
  const slices = Object.entries(options.slices?.(columns) ?? {});
  return Object.freeze({
    kind: "model",
    name,
    task,
    spine,
    features,
    split,
    trainer,
    candidates,
    ...choosing.options,
    ...sure.options,
    ...(quantile === undefined ? {} : { quantile }),
    ...(weight === undefined ? {} : { weight }),
    ...(baseline === undefined ? {} : { baseline }),
    ...(options.ablation === true ? { ablation: withoutWindows(features) } : {}),
    gates,
    slices: slices.map(([slice, expression]) => ({ name: slice, expression })),
    fairness: Object.entries(options.fairness?.(columns) ?? {}).map(([attribute, expression]) => ({
      name: attribute,
      expression,
    })),
    ...(robustness === undefined ? {} : { robustness }),
    approvals: compileApprovals(options.approvals),
    card: compileCard(options.card),
    ...compileSlo(options.slo ?? {}),
    monitor: compileMonitor(options.monitor ?? {}),
    contract,
    definition,
    hash: canonicalHash(definition),
  });
}

/** Windows need to know when they are asked for; a request then carries the spine's time. */
function checkTime(name: string, { time }: Spine, features: FeatureSet): void {
  if (time !== undefined && features.request[time]?.kind !== "timestamp") {
    const remedy = `Add ${time}: t.timestamp() to request: it says when a prediction is asked for.`;
    const expected = `the spine's time "${time}" as a timestamp of the request`;
    throw badModel(name, { expected, found: "none", remedy });
  }
  if (time === undefined && lookupsOf(features).length > 0) {
    const remedy = 'Use a source of events and its spine, such as flights.at("date").';
    throw badModel(name, { expected: "a spine with a time for views", found: "a table's rows", remedy });
  }
}

function checkSplit(name: string, { source, time }: Spine, split: Split): void {
  if (split.kind === "time" && time === undefined) {
    const remedy = "Use stratified() or byGroup(), or a source of events.";
    throw badModel(name, { expected: "a split without time for a table's rows", found: "byTime()", remedy });
  }
  if (split.column === undefined || Object.hasOwn(source.schema, split.column)) return;
  throw badModel(name, {
    expected: "a column of the spine as the column of byGroup()",
    found: JSON.stringify(split.column),
    remedy: didYouMean(split.column, Object.keys(source.schema)),
  });
}

function compileRobustnessOf(
  model: string,
  { robustness }: Pick<ModelOptions<Schema, Schema, unknown>, "robustness">,
  { task, features }: { readonly task: Task; readonly features: FeatureSet },
): Robustness | undefined {
  if (robustness === undefined) return undefined;
  return compileRobustness(robustness, { model, task: task.kind, columns: features.columns });
}

function compileWeight(
  name: string,
  { weight }: Pick<ModelOptions<Schema, Schema, unknown>, "weight">,
  columns: Columns<Schema>,
): ExpressionNode | undefined {
  if (weight === undefined) return undefined;
  const { type, node } = weight(columns);
  if (type === "number") return node;
  const remedy = "Write weight: (f) => f.passengers.";
  throw badModel(name, { expected: "weight to be a number", found: `a ${String(type)}`, remedy });
}

function compileFeatures<R extends Schema>(given: {
  readonly request: R;
  readonly derived?: (request: Columns<R>) => Readonly<Record<string, Expression>>;
}): FeatureSet {
  const { request, derived, ...views } = given;
  return featureSet({
    views,
    request,
    ...(derived === undefined ? {} : { derived: derived(columnsOf(request)) }),
  });
}

function compileMonitor(options: MonitorOptions): MonitorOptions {
  rejectUnknownKeys(options, ["threshold", "alpha", "window"], "monitor");
  return Object.freeze({ ...options });
}

function checkName(name: string): void {
  if (/^[a-z][a-z0-9-]*$/.test(name) && name.length <= 64) return;
  const expected = "a name of lower-case letters, digits and hyphens, at most 64";
  throw badModel(name, { expected, found: JSON.stringify(name), remedy: "Rename it." });
}

/** The canonical form of a model's slices, which decide what is reported but not the model. */
export function slicesJson(slices: ModelDefinition["slices"]): Canonical {
  return slices.map(({ name, expression }) => ({ name, expression: expressionJson(expression.node) }));
}
