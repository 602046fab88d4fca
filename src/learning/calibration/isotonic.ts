import type { IsotonicCalibration } from "./calibration.js";
import { checkRows, type CalibrationRows } from "./rows.js";

/** A stretch of equal fitted values. */
interface Pool {
  readonly first: number;
  last: number;
  weight: number;
  sum: number;
}

/**
 * The non-falling function of the probability with the least weighted squared error, by pooling adjacent
 * violators (Ayer et al. 1955); rows of equal probability are one point, and between points it is linear. Takes any
 * shape, so it wants a thousand rows and more. A stretch without a positive, or without a negative, would become 0 or 1,
 * and the first row that is otherwise cost infinitely much; so no output is below 1/(N₋ + 2) or above (N₊ + 1)/(N₊ + 2),
 * the out-of-sample targets of Platt (1999). O(n log n). Throws MW0421.
 */
export function fitIsotonic(rows: CalibrationRows): IsotonicCalibration {
  checkRows(rows, 2, 1);
  const inputs: number[] = [];
  const outputs: number[] = [];
  const [least, most] = boundsOf(rows);
  for (const { first, last, sum, weight } of poolsOf(rows)) {
    for (const input of first === last ? [first] : [first, last]) {
      inputs.push(input);
      outputs.push(Math.fround(Math.max(least, Math.min(most, sum / weight))));
    }
  }
  return Object.freeze({
    kind: "isotonic",
    inputs: Object.freeze(inputs),
    outputs: Object.freeze(outputs),
  });
}

function boundsOf({ labels, weights }: CalibrationRows): readonly [number, number] {
  const total = [0, 0];
  labels.forEach((label: number, row: number) => (total[label] += weights?.[row] ?? 1));
  return [1 / (total[0] + 2), (total[1] + 1) / (total[1] + 2)];
}

function poolsOf({ probabilities, labels, weights }: CalibrationRows): readonly Pool[] {
  const order = [...probabilities.keys()].sort((a, b) => probabilities[a] - probabilities[b]);
  const pools: Pool[] = [];
  for (const row of order) {
    const weight = weights?.[row] ?? 1;
    const at = probabilities[row];
    const top = pools.at(-1);
    if (top?.last === at && top.first === at) {
      top.weight += weight;
      top.sum += weight * labels[row];
    } else pools.push({ first: at, last: at, weight, sum: weight * labels[row] });
  }
  return pooled(pools);
}

/** Joins neighbours until every value is above the one before. */
function pooled(points: readonly Pool[]): readonly Pool[] {
  const pools: Pool[] = [];
  for (const point of points) {
    let top = { ...point };
    for (let below = pools.at(-1); below !== undefined; below = pools.at(-1)) {
      if (below.sum * top.weight < top.sum * below.weight) break;
      pools.pop();
      top = {
        first: below.first,
        last: top.last,
        weight: below.weight + top.weight,
        sum: below.sum + top.sum,
      };
    }
    pools.push(top);
  }
  return pools;
}
