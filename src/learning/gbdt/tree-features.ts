import { fitFeatures, type FittedFeature } from "../feature-encoding.js";
import type { Examples, TextFeature } from "../feature-table.js";

/** Fewer rows never are in a set, since a category needs as many in a node. LightGBM's `cat_smooth`. */
const fewestRows = 10;

/** A text is parted into sets if its numbered categories have at least this share of its rows. */
const leastCovered = 0.99;

/** A text of no more categories is a number besides. */
const fewCategories = 32;

/**
 * The columns that trees look at, in the table's order. A text is a column of categories, which trees part into sets:
 * the most frequent ones have a bin each, all others share one. Where the frequent ones are not nearly all, it is its
 * mean outcome instead, since sets of thousands of categories fit noise. Where they are few it is both: a number
 * is parted without the penalty on sets, which is for many.
 */
export function treeFeatures(examples: Examples, maxBins: number): readonly FittedFeature[] {
  const fitted = fitFeatures(examples);
  return examples.features.flatMap((feature): readonly FittedFeature[] => {
    const means = fitted.filter(({ name }) => name === feature.name);
    if (feature.kind === "number") return means;
    const categories = numberedCategories(feature, means, maxBins - 1);
    if (categories === undefined) return means;
    const asCategory = { kind: "category", name: feature.name, categories } as const;
    return categories.length > fewCategories ? [asCategory] : [...means, asCategory];
  });
}

/**
 * The frequent categories by rising mean outcome (of several the first): sets that trees find tend to be neighbours
 * then, which keeps the graph small. Undefined if they are not nearly all.
 */
function numberedCategories(
  { codes, dictionary }: TextFeature,
  [first]: readonly FittedFeature[],
  most: number,
): readonly string[] | undefined {
  const means = new Map(first.kind === "text" ? first.categories.map((of, i) => [of, first.means[i]]) : []);
  const meanOf = (code: number) => means.get(dictionary[code]) ?? 0;
  const rows = new Float64Array(dictionary.length);
  for (const code of codes) if (code >= 0) rows[code]++;
  const rowsOf = (of: readonly number[]) => of.reduce((sum, code) => sum + rows[code], 0);
  const present = [...rows.keys()].filter((code) => dictionary[code] !== "");
  const frequent = present
    .filter((code) => rows[code] >= fewestRows)
    .sort((a, b) => rows[b] - rows[a] || a - b)
    .slice(0, most);
  if (frequent.length === 0 || rowsOf(frequent) < leastCovered * rowsOf(present)) return undefined;
  return frequent.sort((a, b) => meanOf(a) - meanOf(b) || a - b).map((code) => dictionary[code]);
}
