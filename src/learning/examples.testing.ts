import { seededRng } from "../kernel/index.js";
import type { BinaryExamples, Feature, FeatureTable } from "./feature-table.js";

/** Made-up examples with a signal in every feature: numbers with gaps, whole numbers, and a text. */
export function madeExamples(rowCount: number, seed = 1): BinaryExamples {
  const rng = seededRng(seed);
  const dictionary = ["", ...Array.from({ length: 40 }, (_, i) => `port ${i}`)];
  const smooth = new Float32Array(rowCount);
  const whole = new Float32Array(rowCount);
  const sparse = new Float32Array(rowCount);
  const codes = new Int32Array(rowCount);
  const labels = new Uint8Array(rowCount);
  for (let row = 0; row < rowCount; row++) {
    smooth[row] = rng.next() * 20 - 10;
    whole[row] = rng.below(24);
    sparse[row] = rng.below(3) === 0 ? NaN : rng.next();
    codes[row] = rng.below(dictionary.length + 1) - 1;
    const score =
      Math.sin(smooth[row]) +
      (whole[row] > 17 ? 1 : -1) +
      (Number.isNaN(sparse[row]) ? 0.5 : sparse[row]) +
      (codes[row] % 3);
    labels[row] = rng.next() < 1 / (1 + Math.exp(1 - score)) ? 1 : 0;
  }
  const features: readonly Feature[] = [
    { kind: "number", name: "smooth", values: smooth },
    { kind: "text", name: "port", codes, dictionary },
    { kind: "number", name: "whole", values: whole },
    { kind: "number", name: "sparse", values: sparse },
  ];
  return { rowCount, features, labels };
}

/** A stretch of a table's rows. */
export function sliceRows(table: FeatureTable, start: number, end: number): FeatureTable {
  const features = table.features.map((feature) =>
    feature.kind === "number"
      ? { ...feature, values: feature.values.slice(start, end) }
      : { ...feature, codes: feature.codes.slice(start, end) },
  );
  return { rowCount: end - start, features };
}
