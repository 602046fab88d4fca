import { learningErrors } from "../errors.js";

/** Rows that a calibration is fitted to. The model must not have been trained on them. */
export interface CalibrationRows {
  /** Of label 1 per row; for a temperature row-major, one per class. */
  readonly probabilities: Float32Array;
  /** Per row the number of its class. */
  readonly labels: Uint8Array | Uint16Array;
  /** What each row counts for: finite, above 0. Default 1. */
  readonly weights?: Float32Array;
}

/** @param width probabilities per row: 1, or one per class. Throws MW0421. */
export function checkRows(rows: CalibrationRows, classes: number, width: number): void {
  const { probabilities, labels, weights } = rows;
  if (!(Number.isInteger(classes) && classes >= 2)) throw badRows("2 classes or more", String(classes));
  if (probabilities.length !== labels.length * width) {
    throw badRows(`${labels.length} rows of ${width} probabilities`, `${probabilities.length} numbers`);
  }
  const bad = probabilities.findIndex((p) => !(p >= 0 && p <= 1));
  if (bad >= 0) throw badRows("probabilities from 0 to 1", String(probabilities[bad]));
  const stray = labels.findIndex((label: number) => label >= classes);
  if (stray >= 0) throw badRows(`labels below ${classes}`, String(labels[stray]));
  if (new Set(labels).size < 2) throw badRows("rows of at least two classes", "fewer");
  if (weights === undefined) return;
  const odd = weights.findIndex((weight) => !(weight > 0 && weight < Infinity));
  if (weights.length !== labels.length || odd >= 0) {
    const found = odd >= 0 ? String(weights[odd]) : `${weights.length} weights`;
    throw badRows(`${labels.length} finite weights above 0`, found);
  }
}

function badRows(expected: string, found: string) {
  return learningErrors.error("MW0421", {
    expected,
    found,
    remedy: "Calibrate on held-out rows of both outcomes, with the model's own probabilities.",
  });
}
