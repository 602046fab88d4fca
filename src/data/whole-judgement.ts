import type { Table } from "../kernel/index.js";
import { compareCounts } from "../stats/index.js";
import { within } from "./bounds.js";
import { moments, quantile, summariseColumn, sumOf, type ColumnSummary } from "./column-summary.js";
import type { DatasetVersion, ExpectationOutcome } from "./dataset.js";
import type {
  DistributionExpectation,
  FreshExpectation,
  Statistic,
  StatisticExpectation,
  WholeExpectation,
} from "./expectation.js";
import { profileColumn, type ColumnProfile } from "./profile.js";
import { pairCounts, type ReferenceDistribution } from "./reference-distribution.js";
import { showValue } from "./row-checks.js";
import type { Source } from "./source.js";

/** What the rows that are left are judged against. */
export interface WholeContext {
  readonly source: Source;
  /** The moment of looking. */
  readonly nowMs: number;
  /** The version of this dataset before, for comparisons with it. */
  readonly previous?: DatasetVersion;
  /** Whether to profile every column. */
  readonly profile: boolean;
}

export interface WholeJudgement {
  readonly outcomes: readonly ExpectationOutcome[];
  /** Empty unless asked for. */
  readonly profile: Readonly<Record<string, ColumnProfile>>;
}

/**
 * Judges what is expected of all rows together, of the rows at `kept` if given. Columns are summarised one
 * after the other, so that one sorted copy of a column is in memory at a time.
 */
export function judgeWhole(
  table: Table,
  kept: Int32Array | undefined,
  context: WholeContext,
): WholeJudgement {
  const expectations = context.source.expectations.filter(isWhole);
  const outcomes = new Map<WholeExpectation, ExpectationOutcome>();
  const profile: Record<string, ColumnProfile> = {};
  for (const [name, column] of Object.entries(table.columns)) {
    const about = expectations.filter((expectation) => columnOf(expectation, context.source) === name);
    if (about.length === 0 && !context.profile) continue;
    const summary = summariseColumn(column, kept);
    for (const expectation of about) outcomes.set(expectation, judgeColumn(expectation, summary, context));
    if (context.profile) profile[name] = profileColumn(summary);
  }
  const rowCount = kept?.length ?? table.rowCount;
  for (const expectation of expectations) {
    if (expectation.kind !== "rows") continue;
    outcomes.set(expectation, outcome(expectation, within(rowCount, expectation), counted(rowCount)));
  }
  return { outcomes: expectations.flatMap((expectation) => outcomes.get(expectation) ?? []), profile };
}

const isWhole = (expectation: { readonly kind: string }): expectation is WholeExpectation =>
  ["rows", "fresh", "statistic", "distribution"].includes(expectation.kind);

function columnOf(expectation: WholeExpectation, source: Source): string | undefined {
  if (expectation.kind === "rows") return undefined;
  if (expectation.kind !== "fresh") return expectation.column;
  return source.kind === "events" ? source.eventTime : undefined;
}

function judgeColumn(
  expectation: WholeExpectation,
  summary: ColumnSummary,
  { nowMs, previous }: WholeContext,
): ExpectationOutcome {
  switch (expectation.kind) {
    case "statistic":
      return judgeStatistic(expectation, summary);
    case "distribution":
      return judgeDistribution(expectation, summary, previous);
    case "fresh": {
      const latest = summary.kind === "number" ? summary.sorted.at(-1) : undefined;
      return judgeFresh(expectation, latest ?? null, nowMs);
    }
    case "rows":
      throw new TypeError("a number of rows is not about a column");
  }
}

/** Whether the latest event time is recent enough; null when there is none. */
export function judgeFresh(
  expectation: FreshExpectation,
  latestMs: number | null,
  nowMs: number,
): ExpectationOutcome {
  if (latestMs === null) return insufficient(expectation, "no event time");
  const ageMs = nowMs - latestMs;
  const found = `latest ${showValue(latestMs, { kind: "timestamp" })}, ${describeAge(ageMs)}`;
  return outcome(expectation, ageMs <= expectation.withinMs, { value: ageMs, found });
}

/** `3.5 d old`, `2 h ahead of now`. */
function describeAge(ageMs: number): string {
  const units = [
    ["d", 86_400_000],
    ["h", 3_600_000],
    ["m", 60_000],
    ["s", 1_000],
  ] as const;
  const [unit, ms] = units.find(([, unitMs]) => Math.abs(ageMs) >= unitMs) ?? ["ms", 1];
  const size = `${Number((Math.abs(ageMs) / ms).toFixed(1))} ${unit}`;
  return ageMs < 0 ? `${size} ahead of now` : `${size} old`;
}

function judgeStatistic(expectation: StatisticExpectation, summary: ColumnSummary): ExpectationOutcome {
  const value = statisticOf(expectation.statistic, summary);
  if (value === undefined) return insufficient(expectation, "too few values");
  return outcome(expectation, within(value, expectation.bounds), { value, found: String(value) });
}

/** Undefined where the values that are not null are too few for it. */
function statisticOf(statistic: Statistic, summary: ColumnSummary): number | undefined {
  const count = summary.kind === "number" ? summary.sorted.length : summary.count;
  if (statistic.of === "missing") {
    const rowCount = count + summary.missing;
    return rowCount === 0 ? undefined : summary.missing / rowCount;
  }
  if (statistic.of === "distinct") return summary.distinct;
  if (summary.kind === "text" || count === 0) return undefined;
  switch (statistic.of) {
    case "mean":
      return moments(summary).mean;
    case "std":
      return moments(summary).std ?? undefined;
    case "sum":
      return sumOf(summary);
    case "quantile":
      return quantile(summary, statistic.level);
  }
}

function judgeDistribution(
  expectation: DistributionExpectation,
  summary: ColumnSummary,
  previous: DatasetVersion | undefined,
): ExpectationOutcome {
  const { like, atMost, column } = expectation;
  if (like === "previous" && previous === undefined) {
    return { ...named(expectation), failed: 0, found: "no previous version" };
  }
  const reference = like === "previous" ? referenceOf(previous?.profile[column]) : like;
  const counts = reference && pairCounts(reference, summary);
  if (counts === undefined) return insufficient(expectation, "no comparable distribution before");
  const total = counts.current.reduce((sum, count) => sum + count, 0);
  if (total === 0) return insufficient(expectation, "no values");
  const { value, interval } = compareCounts(counts.reference, counts.current).jensenShannon;
  const found = `distance ${value.toPrecision(3)} (95 % ${interval.low.toPrecision(3)} to ${interval.high.toPrecision(3)})`;
  if (interval.low <= atMost && interval.high > atMost) {
    return { ...insufficient(expectation, `${found}, too few values to tell`), value };
  }
  return outcome(expectation, interval.high <= atMost, { value, found });
}

/** The counts that a stored profile keeps; undefined in profiles without. */
function referenceOf(profile: ColumnProfile | undefined): ReferenceDistribution | undefined {
  return profile?.kind === "number" ? profile.histogram : profile?.frequencies;
}

const named = ({ name, severity }: WholeExpectation) => ({ name, severity });

const counted = (rowCount: number) => ({ value: rowCount, found: `${rowCount} rows` });

function outcome(
  expectation: WholeExpectation,
  holds: boolean,
  facts: { readonly value: number; readonly found: string },
): ExpectationOutcome {
  // A sum of finite values may be infinite, which JSON cannot hold.
  const value = Number.isFinite(facts.value) ? { value: facts.value } : {};
  return { ...named(expectation), failed: Number(!holds), found: facts.found, ...value };
}

const insufficient = (expectation: WholeExpectation, found: string): ExpectationOutcome => ({
  ...named(expectation),
  failed: 0,
  found,
  insufficient: true,
});
