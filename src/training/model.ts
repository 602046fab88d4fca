import { byTime, type Spine, type Split } from "../data/index.js";
import {
  checkSpine,
  featureSet,
  withoutWindows,
  type FeatureSet,
  type RequestOf,
  type View,
} from "../features/index.js";
import {
  canonicalHash,
  checkNumber,
  columnsOf,
  durationMs,
  expressionJson,
  rejectUnknownKeys,
  type BoolExpression,
  type Canonical,
  type Columns,
  type Duration,
  type ErrorFacts,
  type Expression,
  type Schema,
} from "../kernel/index.js";
import { trainingErrors } from "./errors.js";
import type { Gate } from "./gate.js";
import { taskJson, type BinaryTask } from "./task.js";
import { logistic, type Trainer } from "./trainer.js";

/** What a prediction answers. */
export interface PredictionResponse {
  readonly id: string;
  readonly model: string;
  readonly version: string;
  readonly probability: number;
}

/** How drift of the model's inputs and outputs is judged. */
export interface MonitorOptions {
  /** Effect (Jensen–Shannon distance, 0 to 1) from which a significant change is drift. Default 0.1. */
  readonly threshold?: number;
  /** Significance level, Holm-adjusted over the features. Default 0.01. */
  readonly alpha?: number;
  /** Length of a monitoring window. Default `"7d"`. */
  readonly window?: `${number}d` | `${number}h`;
}

export interface SloOptions {
  /** 95 % of predictions are answered within so many milliseconds. Default 100. */
  readonly p95Ms?: number;
}

type GroupsOf<G> = {
  readonly [K in keyof G]: K extends "request" | "derived" ? unknown : View | readonly View[];
};

export interface ModelOptions<S extends Schema, R extends Schema, G> {
  readonly task: "binary";
  /** What counts as positive, over the columns of the spine's source. A null label leaves the row out. */
  readonly label: (columns: Columns<S>) => BoolExpression;
  /** Time after a prediction at which its label is final. Default `"1d"`. */
  readonly matureAfter?: Duration;
  /** The rows to learn from, and when each prediction would have been made. */
  readonly spine: Spine<S>;
  /** Views by the request field that holds their key, and the two reserved names. */
  readonly features: G &
    GroupsOf<G> & {
      /** Other fields of a request. All but timestamps are features. */
      readonly request: R;
      /** Features computed from the request alone. */
      readonly derived?: (request: Columns<R>) => Readonly<Record<string, Expression>>;
    };
  /** Default: the first two thirds of the time train. */
  readonly split?: Split;
  readonly trainer: Trainer;
  /** The simple model to beat. Default: logistic regression on the same features. */
  readonly baseline?: Trainer;
  /** Train the same learner also without the windowed features, to show what they bring. Default false. */
  readonly ablation?: boolean;
  readonly gates: readonly Gate[];
  /** Named groups of test rows to be evaluated by themselves. */
  readonly slices?: (columns: Columns<S>) => Readonly<Record<string, Expression>>;
  readonly slo?: SloOptions;
  readonly monitor?: MonitorOptions;
}

/** A model as the rest of Millwright reads it: everything resolved and checked. */
export interface ModelDefinition<Name extends string = string, Request = unknown> {
  readonly kind: "model";
  readonly name: Name;
  readonly task: BinaryTask;
  readonly spine: Spine;
  readonly features: FeatureSet;
  readonly split: Split;
  readonly trainer: Trainer;
  readonly baseline: Trainer;
  /** The feature set without windows, when the ablation is asked for. */
  readonly ablation?: FeatureSet;
  readonly gates: readonly Gate[];
  readonly slices: readonly { readonly name: string; readonly expression: Expression }[];
  readonly slo: Required<SloOptions>;
  readonly monitor: Readonly<MonitorOptions>;
  /** What the version promises to whoever asks it: label, time and features, as plain data. */
  readonly contract: Canonical;
  /** Everything that decides the model's bytes besides the data, as plain data. */
  readonly definition: Canonical;
  readonly hash: string;
  /** Only for the type checker: what a client sends and gets. */
  readonly types?: { readonly request: Request; readonly response: PredictionResponse };
}

const modelKeys = [
  "task",
  "label",
  "matureAfter",
  "spine",
  "features",
  "split",
  "trainer",
  "baseline",
  "ablation",
  "gates",
  "slices",
  "slo",
  "monitor",
];

/** Defines a model. Throws coded errors for unknown keys and for parts that do not fit together. */
export function model<const Name extends string, S extends Schema, R extends Schema, G>(
  name: Name,
  options: ModelOptions<S, R, G>,
): ModelDefinition<Name, RequestOf<G, R>>;
export function model(
  name: string,
  options: ModelOptions<Schema, Schema, Readonly<Record<string, unknown>>>,
): ModelDefinition {
  rejectUnknownKeys(options, modelKeys, `model "${name}"`);
  checkName(name);
  const { spine, trainer, gates } = options;
  const schema = spine.source.schema;
  const features = compileFeatures(options.features);
  checkSpine(features, schema);
  if (features.request[spine.time]?.kind !== "timestamp") {
    const remedy = `Add ${spine.time}: t.timestamp() to request: it says when a prediction is asked for.`;
    const expected = `the spine's time "${spine.time}" as a timestamp of the request`;
    throw badModel(name, { expected, found: "none", remedy });
  }
  const columns = columnsOf(schema);
  const task = compileTask(name, options, columns);
  const split = options.split ?? byTime({ trainShare: 2 / 3 });
  if (gates.length === 0) {
    const remedy = 'Add one, such as atLeast("auc", 0.7).';
    throw badModel(name, { expected: "at least one gate", found: "none", remedy });
  }
  const contract = {
    task: taskJson(task),
    spine: { source: spine.source.name, time: spine.time },
    features: features.definition,
  };
  const definition = {
    name,
    ...contract,
    split: split.definition,
    trainer: { name: trainer.name, options: trainer.options },
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
    baseline: options.baseline ?? logistic(),
    ...(options.ablation === true ? { ablation: withoutWindows(features) } : {}),
    gates,
    slices: slices.map(([slice, expression]) => ({ name: slice, expression })),
    slo: compileSlo(options.slo ?? {}),
    monitor: compileMonitor(options.monitor ?? {}),
    contract,
    definition,
    hash: canonicalHash(definition),
  });
}

function compileTask(
  name: string,
  {
    task,
    label,
    matureAfter = "1d",
  }: Pick<ModelOptions<Schema, Schema, unknown>, "task" | "label" | "matureAfter">,
  columns: Columns<Schema>,
): BinaryTask {
  if (task !== "binary") {
    const found = JSON.stringify(task) ?? "nothing";
    throw badModel(name, {
      expected: 'task to be "binary"',
      found,
      remedy: "Other tasks are not supported yet.",
    });
  }
  if (typeof label !== "function") {
    const expected = "label to be a function of the spine's columns";
    throw badModel(name, { expected, found: typeof label, remedy: "Write label: (f) => f.delay.gt(15)." });
  }
  const { type, node } = label(columns);
  if (type !== "bool") {
    const remedy = "Compare it: .gt(0), .eq(1).";
    throw badModel(name, { expected: "label to be a condition", found: `a ${String(type)}`, remedy });
  }
  return Object.freeze({ kind: "binary", label: node, matureAfterMs: durationMs(matureAfter) });
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

function badModel(name: string, { expected, found, remedy }: ErrorFacts) {
  return trainingErrors.error("MW0501", { expected: `${expected} in model "${name}"`, found, remedy });
}

/** The canonical form of a model's slices, which decide what is reported but not the model. */
export function slicesJson(slices: ModelDefinition["slices"]): Canonical {
  return slices.map(({ name, expression }) => ({ name, expression: expressionJson(expression.node) }));
}
