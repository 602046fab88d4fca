import { seededRng } from "../kernel/index.js";
import type { BinaryExamples, Examples, Feature, FeatureTable } from "./feature-table.js";

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
  return { rowCount, features, target: { kind: "binary", labels } };
}

/** The same features with numbers to learn: about as much signal as noise, at least 0 where `counts`. */
export function madeNumbers(rowCount: number, given: { seed?: number; counts?: boolean } = {}) {
  const { seed = 1, counts = false } = given;
  const examples = madeExamples(rowCount, seed);
  const rng = seededRng(seed + 100);
  const [smooth, port, whole, sparse] = examples.features;
  const values = Float64Array.from({ length: rowCount }, (_, row) => {
    if (smooth.kind !== "number" || whole.kind !== "number" || sparse.kind !== "number") return 0;
    const code = port.kind === "text" ? port.codes[row] : 0;
    const gap = Number.isNaN(sparse.values[row]) ? 1 : sparse.values[row];
    const mean = Math.sin(smooth.values[row]) + (whole.values[row] > 17 ? 1 : -1) + gap + (code % 3);
    const noise = rng.next() + rng.next() + rng.next() - 1.5;
    return counts ? Math.floor(Math.exp(mean / 2 + noise)) : mean + noise;
  });
  return { ...examples, target: { kind: "regression", values } } as const satisfies Examples;
}

/** The same features with as many classes as wanted, about equally frequent. */
export function madeClasses(rowCount: number, classes = 3, seed = 1) {
  const { target, ...table } = madeNumbers(rowCount, { seed });
  const order = Uint32Array.from(target.values, (_, row) => row).sort(
    (a, b) => target.values[a] - target.values[b],
  );
  const labels = new Uint16Array(rowCount);
  order.forEach((row, rank) => (labels[row] = Math.floor((rank * classes) / rowCount)));
  const names = Array.from({ length: classes }, (_, label) => `class ${label}`);
  return { ...table, target: { kind: "multiclass", labels, classes: names } } as const satisfies Examples;
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
