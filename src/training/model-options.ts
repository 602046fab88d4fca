import type { Spine, Split } from "../data/index.js";
import type { View } from "../features/index.js";
import type { Columns, Duration, Expression, NumberExpression, Schema } from "../kernel/index.js";
import type { Conformal } from "./conformal.js";
import type { RobustnessOptions } from "./evaluation/robustness-options.js";
import type { Gate } from "./gate.js";
import type { ApprovalsOptions, CardOptions } from "./governance.js";
import type { LabelExpressions, TaskKind } from "./task.js";
import type { Trainer } from "./trainer.js";
import type { Tuning } from "./tuning/tune.js";

/** How probabilities are corrected. */
export type CalibrationKind = "platt" | "isotonic" | "temperature";

/** What each task answers besides the prediction's id and version. */
export interface Answers<Class extends string = string> {
  readonly binary: { readonly probability: number };
  readonly multiclass: {
    /** The most probable class. */
    readonly label: Class;
    readonly probabilities: Readonly<Record<Class, number>>;
  };
  readonly regression: { readonly value: number };
  readonly ranking: { readonly score: number };
  readonly anomaly: { readonly score: number };
}

/** What an answer says besides where the model declares `intervals` or `sets`. */
export interface Certainty<Class extends string = string> {
  /** The answers that cannot be ruled out; none where no answer fits, all where nothing can be told. */
  readonly binary: { readonly set: readonly boolean[] };
  readonly multiclass: { readonly set: readonly Class[] };
  /** Ends included. */
  readonly regression: { readonly interval: readonly [low: number, high: number] };
  readonly ranking: unknown;
  readonly anomaly: unknown;
}

/** What a prediction answers; `Sure` where the model declares `intervals` or `sets`. */
export type PredictionResponse<
  Kind extends TaskKind = TaskKind,
  Class extends string = string,
  Sure extends boolean = false,
> = {
  readonly id: string;
  readonly model: string;
  readonly version: string;
} & Answers<Class>[Kind] &
  (Sure extends true ? Certainty<Class>[Kind] : unknown);

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
  /** The share of requests that are answered well, above 0 and at most 1. Default 0.999. */
  readonly availability?: number;
  /** The most requests a second that it must bear: what `millwright loadtest` calls 100 %. Default none. */
  readonly peakPerSecond?: number;
}

type GroupsOf<G> = {
  readonly [K in keyof G]: K extends "request" | "derived" ? unknown : View | readonly View[];
};

export interface ModelOptions<
  S extends Schema,
  R extends Schema,
  G,
  Kind extends TaskKind = TaskKind,
  Class extends string = string,
  Sure extends Conformal | undefined = Conformal | undefined,
> {
  readonly task: Kind;
  /**
   * What is to be predicted, over the columns of the spine's source: a condition (`binary`), a text
   * (`multiclass`), a number (`regression`, `ranking`). A null label leaves the row out. May be absent for
   * `anomaly` alone, where it says what is known to be strange.
   */
  readonly label?: (columns: Columns<S>) => LabelExpressions[Kind];
  /** The classes of a `multiclass` label, in the order of the graph's output. */
  readonly classes?: readonly Class[];
  /** What the rows of a `ranking` are ranked within, such as a search. */
  readonly group?: (columns: Columns<S>) => Expression;
  /** Time after a prediction at which its label is final. Default `"1d"`, without a spine's time none. */
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
  /** Default: the first two thirds of the time train; without a spine's time, two thirds of every class. */
  readonly split?: Split;
  /** Of several, the one that does best on held-back training rows goes on. */
  readonly trainer: Trainer | readonly [Trainer, ...Trainer[]];
  /** Searches the trainer's options by held-back training rows. */
  readonly tuning?: Tuning;
  /** The share of the training rows that is held back where something needs it. Default 0.2. */
  readonly holdout?: number;
  /**
   * Corrects the probabilities by held-back training rows, inside the graph: `platt` or `isotonic` for `binary`,
   * `temperature` for `multiclass`. Default none.
   */
  readonly calibration?: CalibrationKind;
  /** Of a `regression`: every answer carries an interval with this coverage, computed inside the graph. Default none. */
  readonly intervals?: Sure;
  /** Of a `binary` or `multiclass` task: every answer carries a set of labels with this coverage. Default none. */
  readonly sets?: Sure;
  /** What each row counts for, in training and in every figure: above 0. Rows without a weight are left out. Default 1. */
  readonly weight?: (columns: Columns<S>) => NumberExpression;
  /** The simple model to beat. Default: a linear model on the same features; none for `anomaly`. */
  readonly baseline?: Trainer;
  /** Train the same learner also without the windowed features, to show what they bring. Default false. */
  readonly ablation?: boolean;
  readonly gates: readonly Gate[];
  /** Named groups of test rows to be evaluated by themselves. */
  readonly slices?: (columns: Columns<S>) => Readonly<Record<string, Expression>>;
  /** Attributes whose groups the model is to treat alike; they need not be features. */
  readonly fairness?: (columns: Columns<S>) => Readonly<Record<string, Expression>>;
  /** Changes of the features that the model must bear, and how it must behave. */
  readonly robustness?: RobustnessOptions;
  /** Who must agree before an alias moves. */
  readonly approvals?: ApprovalsOptions;
  /** What only people can say about the model, for its card. */
  readonly card?: CardOptions;
  readonly slo?: SloOptions;
  readonly monitor?: MonitorOptions;
}
