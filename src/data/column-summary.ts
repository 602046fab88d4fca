import type { Column, NumberColumn, TextColumn } from "../kernel/index.js";
import { countSorted, quantileEdgesOfSorted } from "../stats/index.js";
import { textLength } from "./value-rule.js";

/** What the values of a number column say together. Everything is exact and free of the order of rows. */
export interface NumberSummary {
  readonly kind: "number";
  /** Values that are not null, ascending. */
  readonly sorted: Float64Array;
  readonly missing: number;
  readonly distinct: number;
}

export interface TextSummary {
  readonly kind: "text";
  readonly count: number;
  readonly missing: number;
  readonly distinct: number;
  /** Texts that occur, the most frequent first, equal counts by code unit order. */
  readonly occurring: readonly { readonly value: string; readonly count: number }[];
}

export type ColumnSummary = NumberSummary | TextSummary;

/**
 * Summarises a column, or its rows at the given positions. Sorting makes everything exact: about 0.3 s for
 * three million numbers.
 */
export function summariseColumn(column: Column, positions?: Int32Array): ColumnSummary {
  return column.kind === "number" ? summariseNumbers(column, positions) : summariseTexts(column, positions);
}

function summariseNumbers({ values }: NumberColumn, positions?: Int32Array): NumberSummary {
  const all = positions === undefined ? values.slice() : new Float64Array(positions.length);
  positions?.forEach((row, i) => (all[i] = values[row]));
  all.sort();
  // NaN sorts last.
  let count = all.length;
  while (count > 0 && Number.isNaN(all[count - 1])) count--;
  const sorted = all.subarray(0, count);
  let distinct = Math.min(count, 1);
  for (let i = 1; i < count; i++) if (sorted[i] !== sorted[i - 1]) distinct++;
  return { kind: "number", sorted, missing: all.length - count, distinct };
}

function summariseTexts({ codes, dictionary }: TextColumn, positions?: Int32Array): TextSummary {
  const counts = new Float64Array(dictionary.length);
  const rowCount = positions?.length ?? codes.length;
  let missing = 0;
  for (let i = 0; i < rowCount; i++) {
    const code = codes[positions === undefined ? i : positions[i]];
    if (code < 0) missing++;
    else counts[code]++;
  }
  const occurring = dictionary
    .map((value, code) => ({ value, count: counts[code] }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1));
  return { kind: "text", count: rowCount - missing, missing, distinct: occurring.length, occurring };
}

/** Two passes around the first value, so that timestamps, large and close together, lose no digits. */
export function moments({ sorted }: NumberSummary): { readonly mean: number; readonly std: number | null } {
  const origin = sorted[0];
  let sum = 0;
  for (const value of sorted) sum += value - origin;
  const shift = sum / sorted.length;
  let squares = 0;
  for (const value of sorted) squares += (value - origin - shift) ** 2;
  return { mean: origin + shift, std: sorted.length < 2 ? null : Math.sqrt(squares / (sorted.length - 1)) };
}

/** Compensated (Neumaier 1974), so that the error does not grow with the number of values. */
export function sumOf({ sorted }: NumberSummary): number {
  let sum = 0;
  let lost = 0;
  for (const value of sorted) {
    const next = sum + value;
    lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
    sum = next;
  }
  return sum + lost;
}

/** Linear between neighbours (type 7 of Hyndman and Fan 1996, NumPy's default); of at least one value. */
export function quantile({ sorted }: Pick<NumberSummary, "sorted">, level: number): number {
  const at = (sorted.length - 1) * level;
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
}

const mostBins = 20;

/** Bins of nearly equal mass, or of one value each where there are few; undefined without a finite value. */
export function histogram({
  sorted,
  distinct,
}: NumberSummary): { readonly edges: readonly number[]; readonly counts: readonly number[] } | undefined {
  const finite =
    Number.isFinite(sorted[0]) && Number.isFinite(sorted.at(-1)) ? sorted : sorted.filter(Number.isFinite);
  if (finite.length === 0) return undefined;
  const few = distinct <= mostBins;
  const cut = few ? finite.filter((value, i) => i === 0 || value !== finite[i - 1]) : finite;
  const edges = quantileEdgesOfSorted(cut, few ? cut.length : mostBins);
  return { edges, counts: countSorted(finite, edges) };
}

/** Lengths of the texts that are there, in characters; undefined when there are none. */
export function textLengths({
  occurring,
  count,
}: TextSummary): { readonly min: number; readonly mean: number; readonly max: number } | undefined {
  if (count === 0) return undefined;
  let [min, max, sum] = [Infinity, 0, 0];
  for (const text of occurring) {
    const length = textLength(text.value);
    min = Math.min(min, length);
    max = Math.max(max, length);
    sum += length * text.count;
  }
  return { min, mean: sum / count, max };
}
