import { encodeFeatures, fitFeatures } from "../feature-encoding.js";
import type { Examples, Feature, FeatureTable, TextFeature } from "../feature-table.js";
import { fitStandardisation, standardise, type Standardisation } from "./standardisation.js";

/** How one feature enters the design matrix. */
export type DesignPart = NumberPart | TextPart;

interface NumberPart {
  readonly kind: "number";
  readonly name: string;
  readonly scaling: Standardisation;
}

interface TextPart {
  readonly kind: "text";
  readonly name: string;
  /** A column per category, or else a column of mean targets per output. */
  readonly oneHot: boolean;
  /** Codes that occur in training with a text, in the dictionary's order. */
  readonly codes: readonly number[];
  readonly categories: readonly string[];
  /** What the text puts into its columns (float32): per category, for one that training never saw, for none. */
  readonly rows: readonly Float32Array[];
  readonly unseen: Float32Array;
  readonly missing: Float32Array;
}

/** Decides for every feature what stands in its columns. Cost: a few passes over each feature. */
export function designOf(examples: Examples, oneHotCategories: number): readonly DesignPart[] {
  return examples.features.map((feature) =>
    feature.kind === "number"
      ? {
          kind: "number",
          name: feature.name,
          scaling: fitStandardisation(feature.values, examples.weights),
        }
      : textPart(feature, examples, oneHotCategories),
  );
}

export function columnCount(part: DesignPart): number {
  return part.kind === "number" ? 1 : part.unseen.length;
}

function textPart(feature: TextFeature, examples: Examples, oneHotCategories: number): TextPart {
  const { dictionary } = feature;
  const rowsOf = new Float64Array(dictionary.length);
  let missingRows = 0;
  for (const code of feature.codes) {
    if (code < 0 || dictionary[code] === "") missingRows++;
    else rowsOf[code]++;
  }
  const codes = [...dictionary.keys()].filter((code) => rowsOf[code] > 0);
  const seen = {
    kind: "text" as const,
    name: feature.name,
    codes,
    categories: codes.map((code) => dictionary[code]),
  };
  const oneHot = codes.length <= oneHotCategories;
  const columns = oneHot ? indicators(codes.length, missingRows > 0) : meanTargets(feature, examples);
  return { ...seen, oneHot, ...columns };
}

/** A column for each category, one more for missing texts if there are any; a category never seen is 0 in all. */
function indicators(categories: number, withMissing: boolean) {
  const width = categories + (withMissing ? 1 : 0);
  const unit = (at: number) => Float32Array.from({ length: width }, (_, j) => (j === at ? 1 : 0));
  return {
    rows: Array.from({ length: categories }, (_, category) => unit(category)),
    unseen: unit(-1),
    missing: unit(categories),
  };
}

/** A column for each encoding of the text, standardised; a missing text is at the mean. */
function meanTargets(feature: TextFeature, examples: Examples) {
  const fitted = fitFeatures({ ...examples, features: [feature] }).filter((entry) => entry.kind === "text");
  const columns = encodeFeatures(fitted, { ...examples, features: [feature] });
  const scalings = columns.map((column) => fitStandardisation(column, examples.weights));
  const row = (pick: (entry: (typeof fitted)[number]) => number) =>
    Float32Array.from(fitted, (entry, k) => standardise(pick(entry), scalings[k]));
  return {
    rows: fitted[0].categories.map((_, category) => row(({ means }) => means[category])),
    unseen: row(({ unseen }) => unseen),
    missing: row(() => NaN),
  };
}

/** The design matrix, row-major, of the table that the parts were made from. 4 bytes a cell. */
export function fillDesign(parts: readonly DesignPart[], table: FeatureTable): Float32Array {
  const width = parts.reduce((sum, part) => sum + columnCount(part), 0);
  const design = new Float32Array(table.rowCount * width);
  let column = 0;
  parts.forEach((part, j) => {
    fillPart(part, table.features[j], { design, width, column });
    column += columnCount(part);
  });
  return design;
}

function fillPart(
  part: DesignPart,
  feature: Feature,
  place: { readonly design: Float32Array; readonly width: number; readonly column: number },
): void {
  const { design, width, column } = place;
  if (part.kind === "number" && feature.kind === "number") {
    feature.values.forEach((value, row) => {
      design[row * width + column] = standardise(value, part.scaling);
    });
  }
  if (part.kind === "text" && feature.kind === "text") {
    const byCode = new Map(part.codes.map((code, i) => [code, part.rows[i]]));
    feature.codes.forEach((code, row) => design.set(byCode.get(code) ?? part.missing, row * width + column));
  }
}
