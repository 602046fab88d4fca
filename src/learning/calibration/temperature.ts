import { probabilityFloor, type TemperatureCalibration } from "./calibration.js";
import { checkRows, type CalibrationRows } from "./rows.js";

/** Powers 1/temperature that are considered. */
const leastPower = 0.01;
const mostPower = 100;

/**
 * Temperature scaling (Guo et al. 2017): the one power of all probabilities with the least log loss. One number
 * for all classes, so few rows are enough and the most probable class stays so; one-against-rest would fit each class
 * by itself and need as many rows for each. The log loss is convex in the power, whose best value is found by
 * halving an interval; rows that are all right end where it cannot fall any
 * more, at 0.01 at the least. Throws MW0421.
 * @param classes probabilities per row, at least 2
 */
export function fitTemperature(rows: CalibrationRows, classes: number): TemperatureCalibration {
  checkRows(rows, classes, classes);
  let low = Math.log(leastPower);
  let high = Math.log(mostPower);
  const logs = Float64Array.from(rows.probabilities, (p) => Math.log(Math.max(probabilityFloor, p)));
  while (high - low > 1e-13) {
    const middle = (low + high) / 2;
    if (slopeAt(Math.exp(middle), logs, rows) < 0) low = middle;
    else high = middle;
  }
  return Object.freeze({ kind: "temperature", temperature: Math.exp(-(low + high) / 2), classes });
}

/** Derivative of the weighted log loss by the power: expected minus actual logarithm. */
function slopeAt(power: number, logs: Float64Array, { labels, weights }: CalibrationRows): number {
  const classes = logs.length / labels.length;
  let slope = 0;
  for (let row = 0; row < labels.length; row++) {
    const own = logs.subarray(row * classes, (row + 1) * classes);
    const most = own.reduce((a, b) => Math.max(a, b), -Infinity);
    let sum = 0;
    let mean = 0;
    for (const log of own) {
      const part = Math.exp(power * (log - most));
      sum += part;
      mean += part * log;
    }
    slope += (weights?.[row] ?? 1) * (mean / sum - own[labels[row]]);
  }
  return slope;
}
