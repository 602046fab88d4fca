import { ascendingOrder } from "./radix-sort.js";
import { equalMassBins } from "./calibration.js";
import { logLossOf } from "./classification-metrics.js";
import type { Measure } from "./measure.js";
import { drawnAuc } from "./drawn-auc.js";
import { rankScores } from "./ranking.js";
import { rowWeights, type SampleUnits } from "./resampling.js";
import { drawnSum, sumByCell, sumByUnit } from "./unit-sums.js";

/** Rows with one probability per class, row-major, and the number of their class. */
export interface ClassScores {
  readonly scores: Float32Array;
  readonly labels: Uint16Array;
  readonly classes: number;
  /** What each row counts for; default 1. */
  readonly weights?: Float32Array;
}

/** The class of the highest probability; of equal ones the first. */
export function predictedClasses({ scores, classes }: Pick<ClassScores, "scores" | "classes">): Uint16Array {
  const predicted = new Uint16Array(scores.length / classes);
  for (let row = 0; row < predicted.length; row++) {
    let best = 0;
    for (let c = 1; c < classes; c++) if (scores[row * classes + c] > scores[row * classes + best]) best = c;
    predicted[row] = best;
  }
  return predicted;
}

/** Weights of rows by actual class (row of the table) and predicted class (column), flat. */
export type ConfusionTable = Float64Array;

const overall = ["logLoss", "accuracy", "balancedAccuracy", "macroF1", "weightedF1", "macroAuc"] as const;

/**
 * Figures of class probabilities: the overall ones, `ece` of the top label, then `precision:c` and `recall:c` of each
 * class number c. Averages over classes are over those that occur: in balanced accuracy and the AUC as the label, in
 * macro F1 as label or prediction. Log loss is clipped at 1e-15. A class that a replicate does not draw has no figures
 * in it.
 */
export function multiclassMeasure(given: ClassScores, units: SampleUnits): Measure {
  const { scores, labels, classes, weights: base } = given;
  const rows = labels.length;
  const counts = (row: number) => (base === undefined ? 1 : base[row]);
  const predicted = predictedClasses(given);
  const cells = Uint32Array.from(labels, (label, row) => label * classes + predicted[row]);
  const fill = rowWeights(units, base === undefined ? {} : { base });
  const weights = new Float64Array(rows);
  const losses = sumByUnit(units, (row) => counts(row) * logLossOf(scores[row * classes + labels[row]], 1));
  const calibration = topLabelCalibration(given, predicted);
  const areas = Array.from({ length: classes }, (_, c) => oneVersusRest(given, units, c));
  const each = Array.from({ length: classes }, (_, c) => c);
  return Object.freeze({
    figures: [
      ...overall.map((name) => ({ name })),
      { name: "ece", absolute: true },
      ...each.flatMap((c) => [{ name: `precision:${c}` }, { name: `recall:${c}` }]),
    ],
    of(multiplicity: Uint16Array) {
      fill(multiplicity, weights);
      const table = sumByCell(weights, cells, classes * classes);
      const total = table.reduce((sum, weight) => sum + weight, 0);
      const auc = meanOf(areas.map((area) => area(multiplicity)));
      const { precision, recall, ...averages } = classRates(table, classes);
      return Float64Array.of(
        drawnSum(multiplicity, losses) / total,
        ...Object.values(averages),
        auc,
        calibration(weights) / total,
        ...each.flatMap((c) => [precision[c], recall[c]]),
      );
    },
  });
}

/** The mean of those that are numbers. */
function meanOf(values: readonly number[]): number {
  const known = values.filter((value) => !Number.isNaN(value));
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}

interface ClassRates {
  readonly accuracy: number;
  readonly balancedAccuracy: number;
  readonly macroF1: number;
  readonly weightedF1: number;
  /** Of each class; NaN when it is never predicted. */
  readonly precision: readonly number[];
  /** Of each class; NaN when it never occurs. */
  readonly recall: readonly number[];
}

/** What a confusion table says, in the order of the figures. */
export function classRates(table: ConfusionTable, classes: number): ClassRates {
  const actual = new Float64Array(classes);
  const predicted = new Float64Array(classes);
  table.forEach((weight, cell) => {
    actual[Math.floor(cell / classes)] += weight;
    predicted[cell % classes] += weight;
  });
  const hits = Array.from(actual, (_, c) => table[c * classes + c]);
  const total = actual.reduce((sum, weight) => sum + weight, 0);
  const recall = hits.map((hit, c) => hit / actual[c]);
  const f1 = hits.map((hit, c) => (2 * hit) / (actual[c] + predicted[c]));
  return {
    accuracy: hits.reduce((sum, hit) => sum + hit, 0) / total,
    balancedAccuracy: meanOf(recall),
    macroF1: meanOf(f1),
    weightedF1: f1.reduce((sum, value, c) => sum + (actual[c] === 0 ? 0 : value * actual[c]), 0) / total,
    precision: hits.map((hit, c) => hit / predicted[c]),
    recall,
  };
}

/** AUC of one class against all others; NaN where one side is absent. */
function oneVersusRest(
  { scores, labels, classes, weights: base }: ClassScores,
  units: SampleUnits,
  c: number,
): (multiplicity: Uint16Array) => number {
  const own = Float32Array.from(labels, (_, row) => scores[row * classes + c]);
  const result = rankScores(
    own,
    Uint8Array.from(labels, (label) => Number(label === c)),
  );
  if (!result.ok) return () => NaN;
  return drawnAuc(result.ranked, units, base);
}

const calibrationBins = 15;

/** Σ over bins of |Σ weight · (confidence − correct)|, in bins of equal mass by confidence. */
function topLabelCalibration(
  { scores, labels, classes }: ClassScores,
  predicted: Uint16Array,
): (weights: Float64Array) => number {
  const count = labels.length;
  const confidence = Float64Array.from(predicted, (c, row) => scores[row * classes + c]);
  const order = ascendingOrder(
    confidence,
    Uint32Array.from({ length: count }, (_, row) => row),
  );
  const ends = equalMassBins(
    { scores: Float64Array.from(order, (row) => confidence[row]), count },
    calibrationBins,
  );
  const bin = new Uint16Array(count);
  ends.forEach((end, b) => {
    for (let i = b === 0 ? 0 : ends[b - 1]; i < end; i++) bin[order[i]] = b;
  });
  const surplus = confidence.map((p, row) => p - Number(predicted[row] === labels[row]));
  return (weights) => {
    const sums = new Float64Array(ends.length);
    for (let row = 0; row < count; row++) sums[bin[row]] += weights[row] * surplus[row];
    return sums.reduce((sum, value) => sum + Math.abs(value), 0);
  };
}
