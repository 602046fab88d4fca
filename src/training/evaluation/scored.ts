import { groupUnits, rankScores, rowUnits, type Ranked, type SampleUnits } from "../../stats/index.js";
import { trainingErrors } from "../errors.js";

interface ScoredRows {
  /** One model's outputs: rows × width, row-major. */
  readonly scores: Float32Array;
  /** Epoch milliseconds of each row. */
  readonly times: Float64Array;
  /** What each row counts for: finite, above 0. Default 1. */
  readonly weights?: Float32Array;
  /** Rows of equal number depend on one another and are resampled together. Default: rows of one day (UTC). */
  readonly groups?: Int32Array;
}

interface SetScored extends ScoredRows {
  /** Predicted sets of labels, rows × labels: 1 where the label is in the row's set. */
  readonly sets?: Uint8Array;
}

/** Probabilities, 0 to 1, of a yes-or-no outcome. */
export interface BinaryScored extends SetScored {
  readonly task: "binary";
  /** 0 or 1. */
  readonly labels: Uint8Array;
  /** A row counts as predicted positive when score ≥ threshold. Default 0.5. */
  readonly threshold?: number;
}

/** One probability per class; a row's sum to 1. */
export interface MulticlassScored extends SetScored {
  readonly task: "multiclass";
  /** Per row the number of its class. */
  readonly labels: Uint16Array;
  readonly classes: readonly string[];
}

/** Predicted numbers, or predicted quantiles in as many columns. */
export interface RegressionScored extends ScoredRows {
  readonly task: "regression";
  readonly values: Float64Array;
  /** The levels of the score columns, ascending in (0, 1). The column of 0.5 is the prediction. Default: no quantiles. */
  readonly quantiles?: readonly number[];
  /** Predicted intervals, one a row. Default: from the lowest to the highest quantile. */
  readonly intervals?: { readonly low: Float32Array; readonly high: Float32Array };
}

/** Scores, the higher the more relevant among the rows of a group. */
export interface RankingScored extends ScoredRows {
  readonly task: "ranking";
  /** At least 0; above 0 is relevant. */
  readonly relevance: Float64Array;
  /** The list of each row. Whole lists are resampled. */
  readonly groups: Int32Array;
  /** Depth of NDCG and recall, default 10. */
  readonly k?: number;
}

/** Scores, the higher the stranger. */
export interface AnomalyScored extends ScoredRows {
  readonly task: "anomaly";
  /** 1 for a known anomaly, if any are known. */
  readonly labels?: Uint8Array;
  /** How many of the strangest rows somebody looks at, default 100. */
  readonly k?: number;
}

/** One model's scores against what is known of the test rows. */
export type Scored = BinaryScored | MulticlassScored | RegressionScored | RankingScored | AnomalyScored;

/** A function for the rows of each task. */
export type ByTask<Given, Result> = {
  readonly [S in Scored as S["task"]]: (scored: S, given: Given) => Result;
};

/** What the function for the rows' own task makes of them. */
export function byTask<Given, Result>(each: ByTask<Given, Result>, scored: Scored, given: Given): Result {
  switch (scored.task) {
    case "binary":
      return each.binary(scored, given);
    case "multiclass":
      return each.multiclass(scored, given);
    case "regression":
      return each.regression(scored, given);
    case "ranking":
      return each.ranking(scored, given);
    case "anomaly":
      return each.anomaly(scored, given);
  }
}

/** What the intervals were made of. */
export interface Resampling {
  readonly unit: "days" | "groups" | "rows";
  /** Units that were drawn from. */
  readonly count: number;
}

const dayMs = 86_400_000;

/** The day of each row, counted from 1970-01-01 UTC. */
export function days(times: Float64Array): Int32Array {
  return Int32Array.from(times, (time) => Math.floor(time / dayMs));
}

/** Whether rows are of two different groups. */
export function severalOf(groups: Int32Array): boolean {
  return groups.some((group) => group !== groups[0]);
}

/** What depends on one another: given groups, else days if there are several, else single rows. */
export function unitsOf({ times, groups }: Pick<Scored, "times" | "groups">): {
  readonly units: SampleUnits;
  readonly resampling: Resampling;
} {
  const found = groups ?? days(times);
  const unit = groups === undefined ? "days" : "groups";
  if (!severalOf(found)) {
    return { units: rowUnits(times.length), resampling: { unit: "rows", count: times.length } };
  }
  const units = groupUnits(found);
  return { units, resampling: { unit, count: units.count } };
}

function notPossible(expected: string, found: string) {
  return trainingErrors.error("MW0502", {
    expected,
    found,
    remedy: "Look at the split, the label and the test rows.",
  });
}

/** Ranks probabilities against labels 0 and 1, or throws MW0502. */
export function ranked({ scores, labels }: Pick<BinaryScored, "scores" | "labels">): Ranked {
  const result = rankScores(scores, labels);
  if (result.ok && result.ranked.areProbabilities) return result.ranked;
  throw notPossible(
    "test rows of both classes with a probability each",
    result.ok ? "scores outside 0 to 1" : `${result.problem}: ${result.detail}`,
  );
}

/** The number of score columns. */
export function widthOf(scored: Scored): number {
  if (scored.task === "multiclass") return scored.classes.length;
  return scored.task === "regression" ? (scored.quantiles?.length ?? 1) : 1;
}

/** The number of labels that a set may hold. */
export const labelCountOf = (scored: BinaryScored | MulticlassScored): number =>
  scored.task === "binary" ? 2 : scored.classes.length;

/** Checks what every evaluation relies on. Throws MW0502. */
export function checkScored(scored: Scored): void {
  const { scores, times, weights, groups } = scored;
  const rows = times.length;
  if (rows === 0) throw notPossible("test rows", "none");
  requireLength(scores, rows * widthOf(scored), "scores");
  if (weights !== undefined) requireLength(weights, rows, "weights");
  if (groups !== undefined) requireLength(groups, rows, "groups");
  requireEach(scores, Number.isFinite, "finite scores");
  if ("sets" in scored && scored.sets !== undefined) {
    requireLength(scored.sets, rows * labelCountOf(scored), "members of sets");
  }
  if (weights !== undefined) requireEach(weights, (w) => w > 0 && w < Infinity, "weights above 0");
  checkTruth(scored, rows);
}

function checkTruth(scored: Scored, rows: number): void {
  switch (scored.task) {
    case "binary":
      return requireLength(scored.labels, rows, "labels");
    case "multiclass":
      requireLength(scored.labels, rows, "labels");
      requireEach(scored.labels, (label) => label < scored.classes.length, "numbers of classes");
      requireEach(scored.scores, (p) => p >= 0 && p <= 1, "probabilities");
      return requireSums(scored);
    case "regression":
      requireLength(scored.values, rows, "values");
      requireEach(scored.values, Number.isFinite, "finite values");
      if (scored.intervals === undefined) return;
      requireLength(scored.intervals.low, rows, "lower ends");
      return requireLength(scored.intervals.high, rows, "upper ends");
    case "ranking":
      requireLength(scored.relevance, rows, "relevances");
      if (!severalOf(scored.groups)) throw notPossible("at least two lists", "one");
      return requireEach(
        scored.relevance,
        (value) => value >= 0 && value < Infinity,
        "relevances of at least 0",
      );
    case "anomaly":
      if (scored.labels === undefined) return;
      requireLength(scored.labels, rows, "labels");
      return requireEach(scored.labels, (label) => label <= 1, "labels 0 and 1");
  }
}

function requireLength(values: ArrayLike<number>, length: number, what: string): void {
  if (values.length !== length) throw notPossible(`${length} ${what}`, String(values.length));
}

function requireEach(values: ArrayLike<number>, holds: (value: number) => boolean, what: string): void {
  for (let i = 0; i < values.length; i++) {
    if (!holds(values[i])) throw notPossible(what, `${values[i]} at position ${i}`);
  }
}

/** Single-precision probabilities of a row sum to 1 to within this. */
const sumTolerance = 1e-3;

function requireSums({ scores, labels, classes }: MulticlassScored): void {
  const width = classes.length;
  for (let row = 0; row < labels.length; row++) {
    let sum = 0;
    for (let c = 0; c < width; c++) sum += scores[row * width + c];
    if (Math.abs(sum - 1) > sumTolerance) {
      throw notPossible("class probabilities that sum to 1", `${sum} at row ${row}`);
    }
  }
}

/** Some of the rows, in the given order. */
export function takeRows<S extends Scored>(scored: S, rows: Uint32Array): S {
  const count = scored.times.length;
  const width = widthOf(scored);
  const columns: readonly [string, unknown][] = Object.entries(scored);
  const part = columns.map(([key, value]) => {
    if (key === "scores") return [key, takeScores(scored.scores, width, rows)];
    if (key === "intervals" && scored.task === "regression" && scored.intervals !== undefined) {
      const { low, high } = scored.intervals;
      return [key, { low: takeScores(low, 1, rows), high: takeScores(high, 1, rows) }];
    }
    if (key === "sets" && value instanceof Uint8Array) {
      return [key, Uint8Array.from(takeScores(Float32Array.from(value), value.length / count, rows))];
    }
    return [key, ArrayBuffer.isView(value) ? takeColumn(value as RowColumn, rows, count) : value];
  });
  return Object.fromEntries(part) as S;
}

type RowColumn = Float64Array | Float32Array | Int32Array | Uint16Array | Uint8Array;

function takeColumn(column: RowColumn, rows: Uint32Array, count: number): RowColumn {
  if (column.length !== count) throw notPossible(`${count} values`, String(column.length));
  const part = column.slice(0, rows.length);
  for (let i = 0; i < rows.length; i++) part[i] = column[rows[i]];
  return part;
}

function takeScores(scores: Float32Array, width: number, rows: Uint32Array): Float32Array {
  const part = new Float32Array(rows.length * width);
  for (let i = 0; i < rows.length; i++) {
    for (let c = 0; c < width; c++) part[i * width + c] = scores[rows[i] * width + c];
  }
  return part;
}
