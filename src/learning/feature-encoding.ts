import type { Examples, Feature, FeatureTable, Target, TextFeature } from "./feature-table.js";
import { requireFeature } from "./feature-table.js";

/**
 * How a model reads one column. A text becomes the smoothed mean outcome of its category,
 * `(Σ w·outcome + 20 · overall mean) / (Σ w + 20)` over the training rows, rounded to float32. A category
 * that training never saw becomes the overall mean; a missing text (code −1 or "") is missing. With several
 * classes a text has several entries of the same name, one per class. As a category a text becomes the place of its
 * category in the list, and any other text the list's length.
 */
export type FittedFeature =
  | { readonly kind: "number"; readonly name: string }
  | {
      readonly kind: "text";
      readonly name: string;
      readonly categories: readonly string[];
      /** Mean outcome per category. */
      readonly means: readonly number[];
      /** Value of any other category: the mean of all rows. */
      readonly unseen: number;
    }
  | { readonly kind: "category"; readonly name: string; readonly categories: readonly string[] };

/** A column that comes from a text. */
export type FittedText = Exclude<FittedFeature, { readonly kind: "number" }>;

/** Rows' worth of the overall mean that every category's mean is drawn towards. */
export const smoothingRows = 20;

/** A text is encoded for so many classes at most: the most frequent ones. */
const encodedClasses = 10;

/** What a row adds to its category's mean: a label, whether it is of a class, or a value. */
export type Outcome = (row: number) => number;

/** One outcome for each encoding of a text. A target without values has a constant one. */
export function outcomesOf(target: Target): readonly Outcome[] {
  switch (target.kind) {
    case "binary":
      return [(row) => target.labels[row]];
    case "multiclass":
      return frequentClasses(target.labels, target.classes.length).map(
        (label): Outcome =>
          (row) =>
            target.labels[row] === label ? 1 : 0,
      );
    case "regression":
      return [(row) => target.values[row]];
    case "ranking":
      return [(row) => target.relevance[row]];
    case "anomaly":
      return [() => 0];
  }
}

/** Of two classes one says all. */
function frequentClasses(labels: Uint16Array, classes: number): readonly number[] {
  if (classes === 2) return [1];
  const counts = new Float64Array(classes);
  for (const label of labels) counts[label]++;
  const byCount = [...counts.keys()].sort((a, b) => counts[b] - counts[a] || a - b);
  return byCount.slice(0, encodedClasses).sort((a, b) => a - b);
}

/** Fits the encoding of every feature. Cost: a pass over each text feature and class. */
export function fitFeatures(examples: Examples): readonly FittedFeature[] {
  const outcomes = outcomesOf(examples.target);
  const means = outcomes.map((outcome) => meanOutcome(examples, outcome));
  return examples.features.flatMap((feature): FittedFeature[] =>
    feature.kind === "number"
      ? [Object.freeze({ kind: "number" as const, name: feature.name })]
      : outcomes.map((outcome, k) =>
          fitText(feature, { outcome, mean: means[k], weights: examples.weights }),
        ),
  );
}

/** Weighted mean of an outcome over all rows. */
export function meanOutcome({ rowCount, weights }: Examples, outcome: Outcome): number {
  let sum = 0;
  let total = 0;
  for (let row = 0; row < rowCount; row++) {
    const weight = weights?.[row] ?? 1;
    sum += weight * outcome(row);
    total += weight;
  }
  return sum / total;
}

function fitText(
  { name, codes, dictionary }: TextFeature,
  fit: { readonly outcome: Outcome; readonly mean: number; readonly weights: Float32Array | undefined },
): FittedFeature {
  const total = new Float64Array(dictionary.length);
  const sum = new Float64Array(dictionary.length);
  codes.forEach((code, row) => {
    if (code < 0) return;
    const weight = fit.weights?.[row] ?? 1;
    total[code] += weight;
    sum[code] += weight * fit.outcome(row);
  });
  const seen = [...dictionary.keys()].filter((code) => total[code] > 0 && dictionary[code] !== "");
  return Object.freeze({
    kind: "text",
    name,
    categories: Object.freeze(seen.map((code) => dictionary[code])),
    means: Object.freeze(
      seen.map((code) => Math.fround((sum[code] + smoothingRows * fit.mean) / (total[code] + smoothingRows))),
    ),
    unseen: Math.fround(fit.mean),
  });
}

/**
 * The table as the model sees it: one float32 column in shared memory per fitted feature, NaN where
 * missing. Throws MW0406 where the table does not fit.
 */
export function encodeFeatures(
  fitted: readonly FittedFeature[],
  table: FeatureTable,
): readonly Float32Array[] {
  return fitted.map((feature) => {
    const kind = feature.kind === "number" ? "number" : "text";
    return encodeFeature(feature, requireFeature(table, feature.name, kind));
  });
}

function encodeFeature(fitted: FittedFeature, feature: Feature): Float32Array {
  if (feature.kind === "number") return inSharedMemory(feature.values);
  const column = sharedFloats(feature.codes.length);
  const byCode = valuePerCode(fitted, feature.dictionary);
  feature.codes.forEach((code, row) => {
    column[row] = code < 0 ? NaN : byCode[code];
  });
  return column;
}

function valuePerCode(fitted: FittedFeature, dictionary: readonly string[]): Float32Array {
  if (fitted.kind === "number") return new Float32Array(0);
  const isMean = fitted.kind === "text";
  const byText = new Map(fitted.categories.map((category, i) => [category, isMean ? fitted.means[i] : i]));
  const unseen = isMean ? fitted.unseen : fitted.categories.length;
  return Float32Array.from(dictionary, (text) => (text === "" ? NaN : (byText.get(text) ?? unseen)));
}

function inSharedMemory(values: Float32Array): Float32Array {
  if (values.buffer instanceof SharedArrayBuffer) return values;
  const shared = sharedFloats(values.length);
  shared.set(values);
  return shared;
}

/** Zeros that workers read without a copy. */
export function sharedFloats(length: number): Float32Array {
  return new Float32Array(new SharedArrayBuffer(4 * length));
}
