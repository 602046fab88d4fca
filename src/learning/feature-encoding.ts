import type { BinaryExamples, Feature, FeatureTable, TextFeature } from "./feature-table.js";
import { requireFeature } from "./feature-table.js";

/**
 * How a model reads one feature. A text becomes the smoothed mean label of its category,
 * `(positives + 20 · base rate) / (rows + 20)` over the training rows, rounded to float32. A category
 * that training never saw becomes the base rate; a missing text (code −1 or "") is missing.
 */
export type FittedFeature =
  | { readonly kind: "number"; readonly name: string }
  | {
      readonly kind: "text";
      readonly name: string;
      readonly categories: readonly string[];
      /** Mean label per category. */
      readonly means: readonly number[];
      /** Value of any other category: the base rate. */
      readonly unseen: number;
    };

/** Rows' worth of base rate that every category's mean is drawn towards. */
const smoothingRows = 20;

/** Fits the encoding of every feature. Cost: one pass over each text feature. */
export function fitFeatures(examples: BinaryExamples): readonly FittedFeature[] {
  const rate = baseRate(examples.labels);
  return examples.features.map((feature) =>
    feature.kind === "number"
      ? Object.freeze({ kind: "number" as const, name: feature.name })
      : fitText(feature, examples.labels, rate),
  );
}

/** Share of positive labels. */
export function baseRate(labels: Uint8Array): number {
  let positives = 0;
  for (const label of labels) positives += label;
  return positives / labels.length;
}

function fitText(feature: TextFeature, labels: Uint8Array, rate: number): FittedFeature {
  const rows = new Float64Array(feature.dictionary.length);
  const positives = new Float64Array(feature.dictionary.length);
  feature.codes.forEach((code, row) => {
    if (code < 0) return;
    rows[code]++;
    positives[code] += labels[row];
  });
  const seen = [...feature.dictionary.keys()].filter(
    (code) => rows[code] > 0 && feature.dictionary[code] !== "",
  );
  return Object.freeze({
    kind: "text",
    name: feature.name,
    categories: Object.freeze(seen.map((code) => feature.dictionary[code])),
    means: Object.freeze(
      seen.map((code) =>
        Math.fround((positives[code] + smoothingRows * rate) / (rows[code] + smoothingRows)),
      ),
    ),
    unseen: Math.fround(rate),
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
  return fitted.map((feature) => encodeFeature(feature, requireFeature(table, feature.name, feature.kind)));
}

function encodeFeature(fitted: FittedFeature, feature: Feature): Float32Array {
  if (feature.kind === "number") return inSharedMemory(feature.values);
  const column = new Float32Array(new SharedArrayBuffer(feature.codes.length * 4));
  const byCode = valuePerCode(fitted, feature.dictionary);
  feature.codes.forEach((code, row) => {
    column[row] = code < 0 ? NaN : byCode[code];
  });
  return column;
}

function valuePerCode(fitted: FittedFeature, dictionary: readonly string[]): Float32Array {
  if (fitted.kind === "number") return new Float32Array(0);
  const means = new Map(fitted.categories.map((category, i) => [category, fitted.means[i]]));
  return Float32Array.from(dictionary, (text) => (text === "" ? NaN : (means.get(text) ?? fitted.unseen)));
}

function inSharedMemory(values: Float32Array): Float32Array {
  if (values.buffer instanceof SharedArrayBuffer) return values;
  const shared = new Float32Array(new SharedArrayBuffer(values.byteLength));
  shared.set(values);
  return shared;
}

/** Labels in shared memory, so that workers read them without a copy. */
export function sharedLabels(labels: Uint8Array): Uint8Array {
  if (labels.buffer instanceof SharedArrayBuffer) return labels;
  const shared = new Uint8Array(new SharedArrayBuffer(labels.byteLength));
  shared.set(labels);
  return shared;
}
