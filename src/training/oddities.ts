import type { Examples, Feature, Target, TextFeature } from "../learning/index.js";

/** With fewer rows than this for each of its categories, on average, a text tells little of most of them. */
const fewRows = 5;

/** A table with fewer categories than this is small rather than split too finely. */
const manyCategories = 50;

/**
 * What of a training set teaches nothing, in words: columns that are missing or the same in all training rows, texts
 * of nearly as many categories as rows, labels that never differ, and classes that occur in the training rows or in
 * the test rows alone.
 */
export function findOddities(train: Examples, test: Examples): string[] {
  return [
    ...train.features.flatMap((feature) => [...oddFeature(feature), ...fineText(feature)]),
    ...constantLabel(train.target, "training", "there is nothing to learn"),
    ...constantLabel(test.target, "test", "it cannot tell a good model from a constant"),
    ...oddClasses(train, test),
  ];
}

const inAll = (rows: number, part: string) =>
  rows === 1 ? `in the only ${part} row` : `in all ${rows.toLocaleString("en")} ${part} rows`;

function oddFeature(feature: Feature): string[] {
  const { first, missing, several, rows } = summary(feature);
  const where = inAll(rows, "training");
  if (first === undefined) {
    return [`feature "${feature.name}" is missing ${where}: nothing can be learned from it`];
  }
  if (several || missing > 0) return [];
  return [`feature "${feature.name}" is ${JSON.stringify(first)} ${where}: nothing can be learned from it`];
}

/** The first value that is there, how many are missing, and whether two are different. */
function summary(feature: Feature) {
  const rows = feature.kind === "text" ? feature.codes.length : feature.values.length;
  const at = (row: number): number | string | undefined => {
    if (feature.kind === "number") return Number.isNaN(feature.values[row]) ? undefined : feature.values[row];
    return textAt(feature, row);
  };
  let first: number | string | undefined;
  let missing = 0;
  for (let row = 0; row < rows; row++) {
    const value = at(row);
    if (value === undefined) missing++;
    else if (first === undefined) first = value;
    else if (value !== first) return { first, missing, several: true, rows };
  }
  return { first, missing, several: false, rows };
}

/** The text of a row; undefined where it is missing. */
const textAt = ({ codes, dictionary }: TextFeature, row: number): string | undefined =>
  codes[row] < 0 ? undefined : dictionary[codes[row]] || undefined;

function fineText(feature: Feature): string[] {
  if (feature.kind !== "text") return [];
  const present = feature.codes.filter((_, row) => textAt(feature, row) !== undefined);
  const categories = new Set(present).size;
  if (categories < manyCategories || present.length >= fewRows * categories) return [];
  const [count, rows] = [categories, present.length].map((each) => each.toLocaleString("en"));
  return [
    `feature "${feature.name}" has ${count} categories in ${rows} training rows: little can be learned of most of them`,
  ];
}

/** A label of numbers that is the same in all rows of a part; a single class is refused before. */
function constantLabel(target: Target, part: string, harm: string): string[] {
  const labels = "values" in target ? target.values : "relevance" in target ? target.relevance : undefined;
  if (labels === undefined || labels.length === 0 || labels.some((label) => label !== labels[0])) return [];
  return [`the label is ${labels[0]} ${inAll(labels.length, part)}: ${harm}`];
}

function oddClasses({ target }: Examples, { target: tested }: Examples): string[] {
  if (target.kind !== "multiclass" || tested.kind !== "multiclass") return [];
  const [learned, judged] = [new Set(target.labels), new Set(tested.labels)];
  return target.classes.flatMap((name, label) => [
    ...(learned.has(label)
      ? []
      : [`class "${name}" does not occur in the training rows: it is never learned`]),
    ...(judged.has(label) ? [] : [`class "${name}" does not occur in the test rows: it is not judged`]),
  ]);
}
