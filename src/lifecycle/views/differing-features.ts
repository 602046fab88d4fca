import type { FeatureColumns } from "../../features/index.js";

/** A feature vector as a reader fills it. */
export interface FeatureVector {
  readonly numbers: Float32Array;
  readonly texts: readonly string[];
}

/** The names of the features of a row that are not, bit by bit, what a vector holds. */
export function differingFeatures(
  features: FeatureColumns["features"],
  row: number,
  { numbers, texts }: FeatureVector,
): string[] {
  const next = { number: 0, text: 0 };
  return features
    .filter((feature) => {
      const at = next[feature.kind]++;
      if (feature.kind === "number") return !Object.is(numbers[at], feature.values[row]);
      return texts[at] !== (feature.codes[row] < 0 ? "" : feature.dictionary[feature.codes[row]]);
    })
    .map(({ name }) => name);
}
