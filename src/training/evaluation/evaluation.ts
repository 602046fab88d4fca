import type { CalibrationPoint, MetricEstimates, MetricName } from "../../stats/index.js";
import type { Figure, Figures } from "./figures.js";
import type { Resampling } from "./scored.js";

interface EvaluationFacts {
  readonly rows: number;
  /** What the intervals were made of: percentile bootstrap at 95 %. */
  readonly resampling: Resampling & { readonly replicates: number };
}

/** How a model ranks the test rows. */
export interface Curves {
  readonly rows: number;
  readonly positives: number;
  readonly averagePrecision: number;
  /** [false positive rate, true positive rate] */
  readonly roc: readonly (readonly [number, number])[];
  /** [recall, precision] */
  readonly precisionRecall: readonly (readonly [number, number])[];
}

/** What a model is compared by that stands beside the candidate: figures without intervals. Plain JSON. */
export interface Comparison extends Curves {
  readonly metrics: Readonly<Record<MetricName, number>>;
}

/** How well a model of a yes-or-no outcome does on the test rows. Plain JSON. */
export interface BinaryEvaluation extends EvaluationFacts, Curves {
  readonly task: "binary";
  readonly metrics: Figures & MetricEstimates;
  /** A row is predicted positive when score ≥ threshold. */
  readonly threshold: number;
  /** The lowest threshold of the highest F1. */
  readonly bestThreshold: number;
  readonly calibration: readonly CalibrationPoint[];
  /** Counts of scores in 50 bins of equal width from 0 to 1. */
  readonly scoreHistogram: readonly number[];
}

/** One class of many. */
export interface ClassEvaluation {
  readonly name: string;
  /** Rows of the class. */
  readonly rows: number;
  readonly precision: Figure;
  readonly recall: Figure;
}

export interface MulticlassEvaluation extends EvaluationFacts {
  readonly task: "multiclass";
  readonly metrics: Figures;
  readonly classes: readonly ClassEvaluation[];
  /** Rows by actual class, and in each by predicted class. */
  readonly confusion: readonly (readonly number[])[];
}

/** Counts between neighbouring edges, one fewer than the edges; the last bin holds its upper edge. */
export interface Histogram {
  readonly edges: readonly number[];
  readonly counts: readonly number[];
}

export interface RegressionEvaluation extends EvaluationFacts {
  readonly task: "regression";
  readonly metrics: Figures;
  /** Rows whose value is 0, which `mape` leaves out. */
  readonly zeros: number;
  /** Value less prediction, in 50 bins; null without a point prediction. */
  readonly residuals: Histogram | null;
}

export interface RankingEvaluation extends EvaluationFacts {
  readonly task: "ranking";
  readonly metrics: Figures;
  /** Depth of NDCG and recall. */
  readonly k: number;
  readonly lists: number;
  /** Lists with a relevant item; the others count for nothing. */
  readonly relevantLists: number;
}

export interface AnomalyEvaluation extends EvaluationFacts {
  readonly task: "anomaly";
  readonly metrics: Figures;
  /** Depth of the precision. */
  readonly k: number;
  /** Known anomalies; null when there are no labels. */
  readonly known: number | null;
  /** Scores in 50 bins. */
  readonly scores: Histogram;
}

/** How well a model does on the test rows, by task. Plain JSON, never NaN. */
export type Evaluation =
  BinaryEvaluation | MulticlassEvaluation | RegressionEvaluation | RankingEvaluation | AnomalyEvaluation;

export type EvaluationOf<Task extends Evaluation["task"]> = Extract<Evaluation, { readonly task: Task }>;
