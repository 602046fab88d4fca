import { didYouMean } from "../kernel/index.js";
import { learningErrors } from "./errors.js";

/** Numbers, one per row; NaN is missing. Shared memory is used as it is, other memory is copied into it. */
export interface NumberFeature {
  readonly kind: "number";
  readonly name: string;
  readonly values: Float32Array;
}

/** Texts as codes into a dictionary of distinct texts. Code −1 and the empty text are missing. */
export interface TextFeature {
  readonly kind: "text";
  readonly name: string;
  readonly codes: Int32Array;
  readonly dictionary: readonly string[];
}

export type Feature = NumberFeature | TextFeature;

/** Columns of `rowCount` values each. */
export interface FeatureTable {
  readonly rowCount: number;
  readonly features: readonly Feature[];
}

/** A feature table with the outcome of every row. */
export interface BinaryExamples extends FeatureTable {
  /** 0 or 1 per row. */
  readonly labels: Uint8Array;
}

/** Checks what every learner relies on. Throws MW0402 to MW0405. */
export function checkExamples(examples: BinaryExamples): void {
  checkFeatures(examples);
  checkLabels(examples);
  for (const feature of examples.features) {
    if (feature.kind === "number") checkFinite(feature);
  }
}

function checkFeatures({ features, rowCount }: FeatureTable): void {
  if (features.length === 0) throw badTable("at least one feature", "none");
  const names = new Set<string>();
  for (const feature of features) {
    const { name } = feature;
    if (names.has(name)) throw badTable("unique feature names", `"${name}" twice`);
    names.add(name);
    const count = feature.kind === "number" ? feature.values.length : feature.codes.length;
    if (count !== rowCount) throw badTable(`${rowCount} values in "${name}"`, `${count}`);
    if (feature.kind === "text") checkCodes(feature);
  }
}

function checkCodes({ name, codes, dictionary }: TextFeature): void {
  if (new Set(dictionary).size !== dictionary.length) {
    throw badTable(`distinct texts in the dictionary of "${name}"`, "a text that occurs twice");
  }
  const stray = codes.findIndex((code) => code < -1 || code >= dictionary.length);
  if (stray >= 0) {
    throw badTable(
      `codes from -1 to ${dictionary.length - 1} in "${name}"`,
      `${codes[stray]} at row ${stray}`,
    );
  }
}

function checkLabels({ labels, rowCount }: BinaryExamples): void {
  if (labels.length !== rowCount) throw badLabel(`${rowCount} labels`, `${labels.length}`);
  let positives = 0;
  for (let row = 0; row < rowCount; row++) {
    if (labels[row] > 1) throw badLabel("labels 0 and 1", `${labels[row]} at row ${row}`);
    positives += labels[row];
  }
  if (positives === 0 || positives === rowCount) {
    throw learningErrors.error("MW0403", {
      expected: "rows of both classes",
      found: `${rowCount} rows, ${positives} of them positive`,
      remedy: "Widen the training period, or check the label's definition.",
    });
  }
}

function checkFinite({ name, values }: NumberFeature): void {
  for (let row = 0; row < values.length; row++) {
    // x − x is 0 for finite numbers and NaN for the rest; NaN alone means missing.
    if (values[row] - values[row] !== 0 && !Number.isNaN(values[row])) {
      throw learningErrors.error("MW0405", {
        expected: `finite or missing values in "${name}"`,
        found: `${values[row]} at row ${row}`,
        remedy: "Make the value missing in the feature's definition, e.g. where a divisor is zero.",
        details: { feature: name, row },
      });
    }
  }
}

/** The feature that a model asks for. Throws MW0406 if it is absent or of the other kind. */
export function requireFeature<Kind extends Feature["kind"]>(
  table: FeatureTable,
  name: string,
  kind: Kind,
): Extract<Feature, { kind: Kind }> {
  const feature = table.features.find((candidate) => candidate.name === name);
  if (feature?.kind === kind) return feature as Extract<Feature, { kind: Kind }>;
  const names = table.features.map((candidate) => candidate.name);
  throw learningErrors.error("MW0406", {
    expected: `the ${kind} feature "${name}"`,
    found: feature === undefined ? "no feature of that name" : `a ${feature.kind} feature`,
    remedy:
      feature === undefined ? didYouMean(name, names) : "Score with the feature definitions of the training.",
    details: { feature: name },
  });
}

function badTable(expected: string, found: string) {
  return learningErrors.error("MW0404", {
    expected,
    found,
    remedy: "Correct the table that the learner is given.",
  });
}

function badLabel(expected: string, found: string) {
  return learningErrors.error("MW0402", {
    expected,
    found,
    remedy: "Leave rows with an unknown outcome out of the training set.",
  });
}
