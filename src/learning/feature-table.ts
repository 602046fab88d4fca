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

/** What there is to learn about each row. */
export type Target =
  /** 0 or 1 per row. */
  | { readonly kind: "binary"; readonly labels: Uint8Array }
  /** Per row the number of its class. */
  | { readonly kind: "multiclass"; readonly labels: Uint16Array; readonly classes: readonly string[] }
  /** A finite number per row. */
  | { readonly kind: "regression"; readonly values: Float64Array }
  /** Relevance per row, the more the better, among the rows of the same group; a group's rows are neighbours. */
  | { readonly kind: "ranking"; readonly relevance: Float64Array; readonly groups: Int32Array }
  /** Nothing is known; what is unlike the rest is to be found. */
  | { readonly kind: "anomaly" };

export type TargetKind = Target["kind"];
export type TargetOf<K extends TargetKind> = Extract<Target, { readonly kind: K }>;

/** A feature table with what is known of every row. */
export interface Examples<T extends Target = Target> extends FeatureTable {
  readonly target: T;
  /** What each row counts for: finite, above 0. Default 1. */
  readonly weights?: Float32Array;
}

export type BinaryExamples = Examples<TargetOf<"binary">>;

/** The examples with a target that the learner knows. Throws MW0408 for another. */
export function requireTarget<K extends TargetKind>(
  examples: Examples,
  learner: string,
  ...kinds: readonly K[]
): Examples<TargetOf<K>> {
  const has = (kind: TargetKind): kind is K => (kinds as readonly TargetKind[]).includes(kind);
  if (has(examples.target.kind)) return examples as Examples<TargetOf<K>>;
  throw learningErrors.error("MW0408", {
    expected: `a ${kinds.join(" or ")} target for ${learner}`,
    found: `a ${examples.target.kind} target`,
    remedy: "Choose a trainer that learns this task.",
  });
}

/** Checks what every learner relies on. Throws MW0402 to MW0405, MW0409 and MW0410. */
export function checkExamples(examples: Examples): void {
  checkFeatures(examples);
  checkTarget(examples);
  checkWeights(examples);
  for (const feature of examples.features) {
    if (feature.kind === "number") checkFinite(feature);
  }
}

/** Checks that all numbers can be computed with, of rows that are only scored. Throws MW0405 and MW0409. */
export function checkNumbers({ features, target, rowCount }: Examples): void {
  if (target.kind === "regression") checkValues(target.values, rowCount);
  if (target.kind === "ranking") checkValues(target.relevance, rowCount);
  for (const feature of features) {
    if (feature.kind === "number") checkFinite(feature);
  }
}

/** Learners and graphs compute in float32. */
const largestFloat32 = (2 - 2 ** -23) * 2 ** 127;

/** Predictions are float32 too, and must stay finite where a line or an interval leads far beyond the targets. */
const largestTarget = 1e30;

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

function checkTarget({ target, rowCount }: Examples): void {
  switch (target.kind) {
    case "binary":
      return checkLabels(target.labels, 2, rowCount);
    case "multiclass":
      return checkLabels(target.labels, target.classes.length, rowCount);
    case "regression":
      return checkValues(target.values, rowCount);
    case "ranking":
      if (target.groups.length !== rowCount)
        throw badLabel(`${rowCount} group numbers`, `${target.groups.length}`);
      return checkValues(target.relevance, rowCount);
    case "anomaly":
  }
}

function checkLabels(labels: Uint8Array | Uint16Array, classes: number, rowCount: number): void {
  if (labels.length !== rowCount) throw badLabel(`${rowCount} labels`, `${labels.length}`);
  const counts = new Float64Array(classes);
  for (let row = 0; row < rowCount; row++) {
    if (labels[row] >= classes) {
      const expected = classes === 2 ? "labels 0 and 1" : `labels from 0 to ${classes - 1}`;
      throw badLabel(expected, `${labels[row]} at row ${row}`);
    }
    counts[labels[row]]++;
  }
  if (counts.filter((count) => count > 0).length < 2) {
    throw learningErrors.error("MW0403", {
      expected: classes === 2 ? "rows of both classes" : "rows of at least two classes",
      found: `${rowCount === 1 ? "1 row" : `${rowCount} rows`}, ${classes === 2 ? `${counts[1]} of them positive` : "all of one class"}`,
      remedy: "Check the label's definition, or let the training part have rows of another class.",
    });
  }
}

function checkValues(values: Float64Array, rowCount: number): void {
  if (values.length !== rowCount) throw badLabel(`${rowCount} target values`, `${values.length}`);
  if (rowCount === 0) throw badValues("no rows");
  let [strays, first] = [0, -1];
  for (let row = 0; row < rowCount; row++) {
    if (Math.abs(values[row]) <= largestTarget) continue;
    if (strays++ === 0) first = row;
  }
  if (strays === 0) return;
  throw badValues(`${strays} of ${rowCount} rows without one, the first ${values[first]} at row ${first}`);
}

function badValues(found: string) {
  return learningErrors.error("MW0409", {
    expected: `a finite target value of at most ${largestTarget} either way in every row, and at least one row`,
    found,
    remedy: "Leave rows with an unknown outcome out of the training set, and scale larger values down.",
  });
}

function checkWeights({ weights, rowCount }: Examples): void {
  if (weights === undefined) return;
  const stray = weights.findIndex((weight) => !(weight > 0 && weight < Infinity));
  if (weights.length === rowCount && stray < 0) return;
  throw learningErrors.error("MW0410", {
    expected: `${rowCount} finite weights above 0`,
    found: stray < 0 ? `${weights.length} weights` : `${weights[stray]} at row ${stray}`,
    remedy: "Leave out the rows that should not count.",
  });
}

function checkFinite({ name, values }: NumberFeature): void {
  let [strays, first] = [0, -1];
  for (let row = 0; row < values.length; row++) {
    // x − x is 0 for finite numbers and NaN for the rest; NaN alone means missing.
    if (values[row] - values[row] === 0 || Number.isNaN(values[row])) continue;
    if (strays++ === 0) first = row;
  }
  if (strays === 0) return;
  const row = first;
  throw learningErrors.error("MW0405", {
    expected: `finite values of at most ${largestFloat32.toPrecision(9)}, or missing ones, in "${name}"`,
    found: `${strays} of ${values.length} rows beyond that, the first ${values[row]} at row ${row}`,
    remedy:
      "Make the value missing in the feature's definition, e.g. where a divisor is zero, or scale it down.",
    details: { feature: name, row, rows: strays },
  });
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
