import type { FindingState } from "../../monitoring/index.js";

/** A figure with the interval that its convention describes. `null` is "could not be computed". */
export interface Interval {
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

/** How a piece of evidence ended. No data is `insufficient` or `missing`, never `ok`. */
export type EvidenceState = FindingState;

/** Stands in for a part of the report that was not produced. */
export interface NotRun {
  /** One plain sentence: what is absent and why, e.g. "No replay was run." */
  readonly notRun: string;
  /** The command that produces it. */
  readonly command: string;
}

/** What was decided about the version and from which facts. */
export interface ReportVerdict {
  readonly promoted: boolean;
  /** The alias that moved, e.g. "champion"; absent when none did. */
  readonly alias?: string;
  readonly reasons: readonly string[];
}

/** One column of the dataset version. Minimum, mean and maximum are null for text. */
export interface ProfiledColumn {
  readonly name: string;
  /** Type as the schema writes it, e.g. "timestamp". */
  readonly type: string;
  /** Share of rows without a value, 0 to 1. */
  readonly missingShare: number;
  readonly distinct: number | null;
  readonly min: number | null;
  readonly mean: number | null;
  readonly max: number | null;
  /** Counts of equally wide bins from minimum to maximum. */
  readonly histogram?: readonly number[];
  /** The most frequent values of a text column, most frequent first. */
  readonly top?: readonly string[];
}

/** Training and test rows; each range is [start, end) in epoch milliseconds. */
export interface ReportSplit {
  readonly trainRows: number;
  readonly testRows: number;
  readonly train: readonly [startMs: number, endMs: number];
  readonly test: readonly [startMs: number, endMs: number];
}

/** Figures on the test rows. */
export interface ReportMetrics {
  readonly auc: Interval;
  readonly averagePrecision: Interval;
  readonly logLoss: Interval;
  readonly brier: Interval;
  /** Expected calibration error. */
  readonly ece: Interval;
}

/** One of the models compared on the test rows. Curve points are [x, y] pairs in 0 to 1. */
export interface ComparedModel {
  readonly role: "model" | "ablation" | "baseline";
  /** How the report names it, e.g. "without windows". */
  readonly name: string;
  readonly auc: number | null;
  readonly averagePrecision: number | null;
  /** [false positive rate, true positive rate], from (0, 0) to (1, 1). */
  readonly roc: readonly (readonly [number, number])[];
  /** [recall, precision], by ascending recall. */
  readonly precisionRecall: readonly (readonly [number, number])[];
}

/** Predicted against observed rates in bins of the score, and how the scores are distributed. */
export interface ReportCalibration {
  readonly points: readonly {
    readonly predicted: number;
    readonly observed: number;
    readonly low: number;
    readonly high: number;
    readonly n: number;
  }[];
  /** `edges` has one element more than `counts`. */
  readonly histogram: { readonly edges: readonly number[]; readonly counts: readonly number[] };
}

/** How much one input contributed to the trees. */
export interface Importance {
  readonly name: string;
  readonly origin: "window" | "request" | "derived";
  /** Total reduction of the loss over all splits on this input. */
  readonly gain: number;
  readonly splits: number;
}

/** One value of a dimension: a named part of the test rows. */
export interface Slice {
  readonly value: string;
  readonly n: number;
  /** Share of positive rows, 0 to 1. */
  readonly rate: number | null;
  readonly auc?: Interval;
  /** `insufficient` when the slice is too small or holds one class only. */
  readonly state: EvidenceState;
}

/** The slices of the test rows along one dimension, e.g. by hour. */
export interface SliceDimension {
  readonly name: string;
  /** True when the values have an order of their own, which is that of `slices` (hours of a day). */
  readonly ordered: boolean;
  readonly slices: readonly Slice[];
}

/** One gate of the configuration and how it came out. */
export interface GateResult {
  readonly name: string;
  readonly required: string;
  readonly observed: string;
  readonly passed: boolean;
}

/** Change of one feature in one window against the reference. */
export interface FeatureDrift {
  readonly feature: string;
  readonly state: EvidenceState;
  /** Size of the change in the unit that `effectName` names; null when it was not computed. */
  readonly effect: number | null;
  readonly pValue: number | null;
}

/** Missing values of one feature in one window. */
export interface FeatureMissing {
  readonly feature: string;
  readonly share: number | null;
  readonly referenceShare: number | null;
  readonly state: EvidenceState;
}

/** Realised performance in one window, from labels that have matured. */
export interface WindowPerformance {
  readonly state: EvidenceState;
  /** Rows whose label is final. */
  readonly matured: number;
  /** Matured rows that have received a label. */
  readonly labelled: number;
  readonly auc?: Interval;
}

/** Percentiles of the time to answer. */
export interface LatencyPercentiles {
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
}

/** One window of monitoring, [startMs, endMs). */
export interface MonitoringWindow {
  readonly startMs: number;
  readonly endMs: number;
  /** True when the window had not ended when it was evaluated. */
  readonly partial: boolean;
  readonly rows: number;
  readonly drift: readonly FeatureDrift[];
  readonly missing: readonly FeatureMissing[];
  readonly performance: WindowPerformance;
  readonly meanPrediction: number | null;
  readonly observedRate: number | null;
  readonly latency?: LatencyPercentiles;
}

/** The windows of monitoring in time order. */
export interface MonitoringReport {
  readonly windows: readonly MonitoringWindow[];
  /** What `effect` measures, e.g. "Wasserstein distance in reference deviations". */
  readonly effectName: string;
  /** The effect from which a significant change counts as drift. */
  readonly effectThreshold: number;
  readonly conventions: {
    readonly drift: string;
    readonly prediction: string;
    readonly performance: string;
    readonly missing: string;
  };
}

/** What a replay of recorded traffic through the server showed. */
export interface ReplayReport extends LatencyPercentiles {
  readonly predictions: number;
  /** Predictions whose online features differ from the offline recomputation. */
  readonly mismatches: number;
  readonly realizedAuc: number | null;
  readonly offlineAuc: number | null;
  readonly predictionsPerSecond: number;
  /** `edgesMs` has one element more than `counts`. */
  readonly latencyHistogram: { readonly edgesMs: readonly number[]; readonly counts: readonly number[] };
  readonly slo: { readonly p95Ms: number };
  readonly convention: string;
}

/**
 * Everything that the report of one model version shows: plain JSON, no handles, no functions. The
 * lifecycle fills it; delivery renders it. Times are epoch milliseconds and are shown in UTC.
 */
export interface ReportData {
  readonly project: string;
  readonly model: string;
  readonly version: string;
  /** What a positive row is, e.g. "arrives more than 15 minutes late". */
  readonly outcome: string;
  readonly generatedAtMs: number;
  readonly verdict: ReportVerdict;
  readonly dataset: {
    readonly id: string;
    readonly name: string;
    readonly rows: number;
    readonly profile: readonly ProfiledColumn[];
  };
  readonly split: ReportSplit;
  readonly metrics: ReportMetrics;
  readonly models: readonly ComparedModel[];
  readonly calibration: ReportCalibration;
  readonly importances: readonly Importance[];
  readonly slices: readonly SliceDimension[];
  readonly gates: readonly GateResult[];
  readonly monitoring: MonitoringReport | NotRun;
  readonly replay: ReplayReport | NotRun;
  /** Wall time per step of the run, in the order in which the steps ran. */
  readonly timings: readonly { readonly step: string; readonly seconds: number }[];
  readonly hashes: {
    readonly model: string;
    readonly package: string;
    readonly featureSet: string;
    readonly dataset: string;
  };
  /** Commands that produce this version again, in order. */
  readonly commands: readonly string[];
  /** One line per section: how its figures were computed. */
  readonly conventions: {
    readonly metrics: string;
    readonly curves: string;
    readonly calibration: string;
    readonly importances: string;
    readonly slices: string;
    readonly gates: string;
    readonly profile: string;
    readonly timings: string;
  };
}
