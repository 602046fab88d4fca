import { seededRng, type Rng } from "../../kernel/index.js";
import type { Feature, FeatureTable, NumberFeature, TextFeature } from "../../learning/index.js";
import { normalQuantile } from "../../stats/index.js";
import type { Perturbation } from "./robustness-options.js";

/** As people read it: `distance shifted by 2 deviations`. */
export function describePerturbation(perturbation: Perturbation): string {
  const { kind, column } = perturbation;
  if (kind === "shifted") return `${column} shifted by ${perturbation.deviations} deviations`;
  if (kind === "noise") return `${column} with noise of ${perturbation.deviations} deviations`;
  return `${column} ${{ missing: "missing", outOfRange: "out of range", unknown: "unknown", shuffled: "shuffled" }[kind]}`;
}

/** A text that no training set has. */
const unknownText = "\u0000unknown";

/**
 * The table with one column changed; the others are shared. Deviations and range are those of the column's own finite
 * values; missing values stay missing but where every value is replaced. The seed decides noise and shuffling.
 * The column must be in the table, of a kind that the change applies to.
 */
export function perturb(table: FeatureTable, perturbation: Perturbation, seed: number): FeatureTable {
  const rng = seededRng(seed);
  const features = table.features.map((feature) =>
    feature.name === perturbation.column ? changed(feature, perturbation, rng) : feature,
  );
  return { rowCount: table.rowCount, features };
}

function changed(feature: Feature, perturbation: Perturbation, rng: Rng): Feature {
  return feature.kind === "number"
    ? { ...feature, values: changedNumbers(feature, perturbation, rng) }
    : changedTexts(feature, perturbation, rng);
}

function changedNumbers({ values }: NumberFeature, perturbation: Perturbation, rng: Rng): Float32Array {
  const { mean, deviation, low, high } = spreadOf(values);
  switch (perturbation.kind) {
    case "shifted":
      return values.map((value) => value + perturbation.deviations * deviation);
    case "noise":
      return values.map((value) => value + perturbation.deviations * deviation * normal(rng));
    case "outOfRange":
      return values.map(() => (high > low ? high + (high - low) : mean + 1));
    case "shuffled":
      return Float32Array.from(shuffled(values.length, rng), (row) => values[row]);
    case "missing":
    case "unknown":
      return new Float32Array(values.length).fill(NaN);
  }
}

function changedTexts(feature: TextFeature, { kind }: Perturbation, rng: Rng): TextFeature {
  const { codes, dictionary } = feature;
  if (kind === "shuffled") {
    return { ...feature, codes: Int32Array.from(shuffled(codes.length, rng), (row) => codes[row]) };
  }
  if (kind !== "unknown") return { ...feature, codes: new Int32Array(codes.length).fill(-1) };
  return {
    ...feature,
    codes: new Int32Array(codes.length).fill(dictionary.length),
    dictionary: [...dictionary, unknownText],
  };
}

/** A standard normal number, by inversion. */
function normal(rng: Rng): number {
  return normalQuantile((rng.below(0xffffffff) + 0.5) / 0xffffffff);
}

/** A random arrangement of the row numbers (Fisher & Yates). */
function shuffled(count: number, rng: Rng): Uint32Array {
  const rows = Uint32Array.from({ length: count }, (_, row) => row);
  for (let i = count - 1; i > 0; i--) {
    const j = rng.below(i + 1);
    [rows[i], rows[j]] = [rows[j], rows[i]];
  }
  return rows;
}

/** Of the finite values; a column without any has mean 0. */
function spreadOf(values: Float32Array) {
  const finite = values.filter(Number.isFinite);
  const count = Math.max(1, finite.length);
  let [sum, low, high] = [0, Infinity, -Infinity];
  for (const value of finite) {
    sum += value;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const mean = sum / count;
  let squares = 0;
  for (const value of finite) squares += (value - mean) ** 2;
  return { mean, deviation: Math.sqrt(squares / count), low, high };
}
