import type { Table } from "../kernel/index.js";
import {
  histogram,
  moments,
  quantile,
  summariseColumn,
  textLengths,
  type ColumnSummary,
  type NumberSummary,
  type TextSummary,
} from "./column-summary.js";

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
  /**
   * At most twenty bins of nearly equal mass, one for each value where there are few; a reference for
   * `expectDistribution`. Absent without values, and in versions of before there were histograms.
   */
  readonly histogram?: { readonly edges: readonly number[]; readonly counts: readonly number[] };
}

export interface TextProfile {
  readonly kind: "text";
  readonly count: number;
  readonly missing: number;
  /** Exact. */
  readonly distinct: number;
  /** The ten most frequent texts, equal counts by code unit order. */
  readonly top: readonly { readonly value: string; readonly count: number }[];
  /** In characters (Unicode code points). Absent without values, and in old versions. */
  readonly lengths?: { readonly min: number; readonly mean: number; readonly max: number };
  /**
   * Counts of the fifty most frequent texts and of all others together; a reference for
   * `expectDistribution`. Absent without values, and in old versions.
   */
  readonly frequencies?: { readonly values: Readonly<Record<string, number>>; readonly other: number };
}

export type ColumnProfile = NumberProfile | TextProfile;

const topCount = 10;
const frequencyCount = 50;

/** Summarises every column of a table, exactly and independently of the order of rows. */
export function profileTable(table: Table): Record<string, ColumnProfile> {
  return Object.fromEntries(
    Object.entries(table.columns).map(([name, column]) => [name, profileColumn(summariseColumn(column))]),
  );
}

export function profileColumn(summary: ColumnSummary): ColumnProfile {
  return summary.kind === "number" ? profileNumbers(summary) : profileTexts(summary);
}

function profileNumbers(summary: NumberSummary): NumberProfile {
  const { sorted, missing, distinct } = summary;
  const count = sorted.length;
  const counted = { kind: "number", count, missing, distinct } as const;
  if (count === 0) return { ...counted, min: null, max: null, mean: null, std: null, quantiles: null };
  const quantiles = Object.fromEntries(
    Object.entries(quantileLevels).map(([name, level]) => [name, quantile(summary, level)]),
  ) as Record<keyof typeof quantileLevels, number>;
  const bins = histogram(summary);
  return {
    ...counted,
    min: sorted[0],
    max: sorted[count - 1],
    ...moments(summary),
    quantiles,
    ...(bins === undefined ? {} : { histogram: bins }),
  };
}

function profileTexts(summary: TextSummary): TextProfile {
  const { count, missing, distinct, occurring } = summary;
  const lengths = textLengths(summary);
  const frequent = occurring.slice(0, frequencyCount);
  const counted = frequent.reduce((sum, text) => sum + text.count, 0);
  const frequencies = {
    values: Object.fromEntries(frequent.map((text) => [text.value, text.count])),
    other: count - counted,
  };
  return {
    kind: "text",
    count,
    missing,
    distinct,
    top: occurring.slice(0, topCount),
    ...(lengths === undefined ? {} : { lengths, frequencies }),
  };
}
