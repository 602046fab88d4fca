import { valueText } from "../kernel/index.js";
import { countSorted } from "../stats/index.js";
import type { ColumnSummary } from "./column-summary.js";
import { dataErrors } from "./errors.js";

/**
 * How a column was distributed: counts of values that are not null. Plain JSON. Of numbers: `edges` ascend
 * strictly and cut `edges.length + 1` bins, left-closed and right-open, the first below all edges, the last
 * from the last edge on; a number profile's `histogram` is one. Of texts: the count of each value, and of all
 * other texts together.
 */
export type ReferenceDistribution =
  | { readonly edges: readonly number[]; readonly counts: readonly number[] }
  | { readonly values: Readonly<Record<string, number>>; readonly other: number };

/** Throws MW0216. */
export function checkReference(reference: ReferenceDistribution, where: string): ReferenceDistribution {
  const given: Partial<Record<"edges" | "counts" | "values" | "other", unknown>> =
    typeof reference === "object" && reference !== null ? reference : {};
  const keys = Object.keys(given).sort().join(" ");
  if (keys === "counts edges") return checkBins(given, where);
  if (keys === "other values") return checkTexts(given, where);
  throw bad(where, "{ edges, counts } or { values, other }", reference);
}

function checkBins({ edges, counts }: { edges?: unknown; counts?: unknown }, where: string) {
  if (!Array.isArray(edges) || edges.length === 0 || !edges.every(Number.isFinite)) {
    throw bad(where, "finite edges", edges);
  }
  const numbers = edges as number[];
  if (numbers.some((edge, i) => i > 0 && edge <= numbers[i - 1])) {
    throw bad(where, "edges that ascend strictly", edges);
  }
  if (!Array.isArray(counts) || counts.length !== numbers.length + 1 || !counts.every(isCount)) {
    throw bad(where, `${numbers.length + 1} counts, one more than edges`, counts);
  }
  requireSome(counts, where);
  return Object.freeze({ edges: Object.freeze([...numbers]), counts: Object.freeze([...counts]) });
}

function checkTexts({ values, other }: { values?: unknown; other?: unknown }, where: string) {
  if (typeof values !== "object" || values === null || Array.isArray(values)) {
    throw bad(where, "an object of counts by text", values);
  }
  const counts = Object.values(values);
  if (!counts.every(isCount)) throw bad(where, "counts of at least 0", values);
  if (!isCount(other)) throw bad(where, "a count of all other texts", other);
  requireSome([...counts, other], where);
  return Object.freeze({ values: Object.freeze({ ...(values as Record<string, number>) }), other });
}

const isCount = (count: unknown): count is number => Number.isSafeInteger(count) && (count as number) >= 0;

function requireSome(counts: readonly number[], where: string): void {
  if (!counts.some((count) => count > 0)) throw bad(where, "at least one value counted", counts);
}

/** The counts of both over the bins of the reference. */
export interface PairedCounts {
  readonly reference: readonly number[];
  readonly current: readonly number[];
}

/** Puts a column's values into the bins of a reference; undefined when one has numbers and the other texts. */
export function pairCounts(
  reference: ReferenceDistribution,
  summary: ColumnSummary,
): PairedCounts | undefined {
  if ("edges" in reference) {
    if (summary.kind === "text") return undefined;
    return { reference: reference.counts, current: countSorted(summary.sorted, reference.edges) };
  }
  if (summary.kind === "number") return undefined;
  const bins = new Map(Object.keys(reference.values).map((text, bin) => [text, bin]));
  const current = new Array<number>(bins.size + 1).fill(0);
  for (const { value, count } of summary.occurring) current[bins.get(value) ?? bins.size] += count;
  return { reference: [...Object.values(reference.values), reference.other], current };
}

function bad(where: string, expected: string, found: unknown) {
  return dataErrors.error("MW0216", {
    expected: `${expected} as the reference distribution of ${where}`,
    found: valueText(found),
    remedy: "Take it from `millwright data profile --json`, or compare with the previous version.",
  });
}
