import type { Column, NumberColumn, Table, TextColumn } from "../kernel/index.js";

const quantileLevels = {
  p01: 0.01,
  p05: 0.05,
  p25: 0.25,
  p50: 0.5,
  p75: 0.75,
  p95: 0.95,
  p99: 0.99,
} as const;

/** Of int, float, bool and timestamp (epoch milliseconds) columns. Null where there are too few values. */
export interface NumberProfile {
  readonly kind: "number";
  /** Values that are not null. */
  readonly count: number;
  readonly missing: number;
  /** Exact. */
  readonly distinct: number;
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
  /** Sample standard deviation (n − 1). */
  readonly std: number | null;
  /** Exact, linear between neighbours (type 7 of Hyndman and Fan 1996, NumPy's default). */
  readonly quantiles: Readonly<Record<keyof typeof quantileLevels, number>> | null;
}

export interface TextProfile {
  readonly kind: "text";
  readonly count: number;
  readonly missing: number;
  /** Exact. */
  readonly distinct: number;
  /** The ten most frequent texts, equal counts by code unit order. */
  readonly top: readonly { readonly value: string; readonly count: number }[];
}

export type ColumnProfile = NumberProfile | TextProfile;

const topCount = 10;

/** Summarises every column of a table, exactly and independently of the order of rows. */
export function profileTable(table: Table): Record<string, ColumnProfile> {
  const profile = (column: Column) =>
    column.kind === "number" ? profileNumbers(column) : profileTexts(column);
  return Object.fromEntries(Object.entries(table.columns).map(([name, column]) => [name, profile(column)]));
}

/** Sorting makes everything exact: about 0.3 s for three million values. */
function profileNumbers({ values }: NumberColumn): NumberProfile {
  // NaN sorts last.
  const sorted = Float64Array.from(values).sort();
  let count = sorted.length;
  while (count > 0 && Number.isNaN(sorted[count - 1])) count--;
  const missing = sorted.length - count;
  if (count === 0) {
    return {
      kind: "number",
      count,
      missing,
      distinct: 0,
      min: null,
      max: null,
      mean: null,
      std: null,
      quantiles: null,
    };
  }
  const present = sorted.subarray(0, count);
  let distinct = 1;
  for (let i = 1; i < count; i++) if (present[i] !== present[i - 1]) distinct++;
  const { mean, std } = moments(present);
  const quantiles = Object.fromEntries(
    Object.entries(quantileLevels).map(([name, level]) => [name, quantile(present, level)]),
  ) as Record<keyof typeof quantileLevels, number>;
  return {
    kind: "number",
    count,
    missing,
    distinct,
    min: present[0],
    max: present[count - 1],
    mean,
    std,
    quantiles,
  };
}

/** Two passes around the first value, so that timestamps, large and close together, lose no digits. */
function moments(values: Float64Array): { mean: number; std: number | null } {
  const origin = values[0];
  let sum = 0;
  for (const value of values) sum += value - origin;
  const shift = sum / values.length;
  let squares = 0;
  for (const value of values) squares += (value - origin - shift) ** 2;
  return { mean: origin + shift, std: values.length < 2 ? null : Math.sqrt(squares / (values.length - 1)) };
}

function quantile(sorted: Float64Array, level: number): number {
  const at = (sorted.length - 1) * level;
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
}

function profileTexts({ codes, dictionary }: TextColumn): TextProfile {
  const counts = new Float64Array(dictionary.length);
  let missing = 0;
  for (const code of codes) {
    if (code < 0) missing++;
    else counts[code]++;
  }
  const occurring = dictionary
    .map((value, code) => ({ value, count: counts[code] }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1));
  return {
    kind: "text",
    count: codes.length - missing,
    missing,
    distinct: occurring.length,
    top: occurring.slice(0, topCount),
  };
}
