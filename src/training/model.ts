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
  checkNumber,
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
import { compileTask } from "./compile-task.js";
import { badModel } from "./errors.js";
import type { EvaluationMetric } from "./evaluation/metric-table.js";
import { compileRobustness, type Robustness } from "./evaluation/robustness-options.js";
import { checkGates, type Gate } from "./gate.js";
import { compileApprovals, compileCard, type ApprovalsOptions, type DeclaredCard } from "./governance.js";
import type {
  CalibrationKind,
  ModelOptions,
  MonitorOptions,
  PredictionResponse,
  SloOptions,
} from "./model-options.js";
import { taskJson, type Task, type TaskKind } from "./task.js";
import { linear, logistic, type Trainer } from "./trainer.js";
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
  readonly slo: Required<SloOptions>;
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
  ...["tuning", "holdout", "calibration", "baseline", "ablation", "gates", "slices", "fairness"],
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
>(
  name: Name,
  options: ModelOptions<S, R, G, Kind, Class>,
): ModelDefinition<Name, RequestOf<G, R>, PredictionResponse<Kind, Class>>;
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
  const baseline = options.baseline ?? defaultBaseline(task);
  if (baseline !== undefined) checkTrainer(name, task, baseline);
  checkGates(gates, task.kind, `model "${name}"`);
  const choosing = compileChoosing(name, options, task);
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
    slo: compileSlo(options.slo ?? {}),
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

function checkTrainer(name: string, { kind }: Task, trainer: Trainer): void {
  if (trainer.tasks.includes(kind)) return;
  throw badModel(name, {
    expected: `a trainer of ${kind} tasks`,
    found: `${trainer.name}, which learns ${trainer.tasks.join(", ")}`,
    remedy: "Choose another trainer, or another task.",
  });
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

function candidatesOf(given: Trainer | readonly [Trainer, ...Trainer[]]): readonly [Trainer, ...Trainer[]] {
  return "fit" in given ? [given] : given;
}

function compileRobustnessOf(
  model: string,
  { robustness }: Pick<ModelOptions<Schema, Schema, unknown>, "robustness">,
  { task, features }: { readonly task: Task; readonly features: FeatureSet },
): Robustness | undefined {
  if (robustness === undefined) return undefined;
  return compileRobustness(robustness, { model, task: task.kind, columns: features.columns });
}

/** Nothing is simpler than a forest where there is nothing to learn from. */
function defaultBaseline({ kind }: Task): Trainer | undefined {
  if (kind === "anomaly") return undefined;
  return kind === "binary" || kind === "multiclass" ? logistic() : linear();
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

function compileSlo(options: SloOptions): Required<SloOptions> {
  rejectUnknownKeys(options, ["p95Ms"], "slo");
  return { p95Ms: checkNumber(options.p95Ms ?? 100, "slo.p95Ms", { min: 0.001, max: 600_000 }) };
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
