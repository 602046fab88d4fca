import type { Scored } from "./scored.js";
import { pointPrediction } from "./task-measures.js";
import { logLossOf } from "../../stats/index.js";

/**
 * What each row costs: log loss of probabilities, squared error of numbers, pinball loss of one quantile. Undefined
 * where rows have no cost of their own (ranking, anomaly, several quantiles without the middle one).
 */
export function rowLosses(scored: Scored): Float64Array | undefined {
  if (scored.task === "binary") {
    const { scores, labels } = scored;
    return Float64Array.from(scores, (p, row) => logLossOf(p, labels[row]));
  }
  if (scored.task === "multiclass") {
    const { scores, labels, classes } = scored;
    return Float64Array.from(labels, (label, row) => logLossOf(scores[row * classes.length + label], 1));
  }
  if (scored.task !== "regression") return undefined;
  const { scores, values, quantiles } = scored;
  if (quantiles?.length === 1) {
    const [level] = quantiles;
    return values.map((value, row) => {
      const error = value - scores[row];
      return Math.max(level * error, (level - 1) * error);
    });
  }
  const predicted = pointPrediction(scored);
  return predicted && scored.values.map((value, row) => (value - predicted[row]) ** 2);
}
