import { solveLinear } from "../linear/solve.js";
import { probabilityFloor, type PlattCalibration } from "./calibration.js";
import { checkRows, type CalibrationRows } from "./rows.js";

/** Keeps the slope finite where all probabilities are equal; far below any effect. */
const l2 = 1e-9;

/**
 * Platt's scaling (1999) of the log-odds, with his targets (N₊ + 1)/(N₊ + 2) and 1/(N₋ + 2) in place of 1 and 0,
 * which keep it finite where the classes are told apart perfectly (Lin, Lin, Weng 2007). Two numbers: right for
 * few hundred rows. Throws MW0421.
 */
export function fitPlatt(rows: CalibrationRows): PlattCalibration {
  checkRows(rows, 2, 1);
  const { probabilities, labels } = rows;
  const rowCount = labels.length;
  const weights = Float64Array.from(labels, (_, row) => rows.weights?.[row] ?? 1);
  const total = [0, 0];
  labels.forEach((label: number, row: number) => (total[label] += weights[row]));
  const aims = [1 / (total[0] + 2), (total[1] + 1) / (total[1] + 2)];
  const { weights: fitted } = solveLinear(
    {
      ...{ rowCount, width: 1, loss: "logistic", weights },
      design: Float32Array.from(probabilities, logOdds),
      targets: [Float64Array.from(labels, (label: number) => aims[label])],
      options: { l1: 0, l2, maxIterations: 1_000 },
    },
    () => undefined,
  );
  const [slope, intercept] = fitted[0];
  return Object.freeze({ kind: "platt", slope, intercept });
}

function logOdds(given: number): number {
  const p = Math.max(probabilityFloor, Math.min(1 - probabilityFloor, given));
  return Math.log(p / (1 - p));
}
