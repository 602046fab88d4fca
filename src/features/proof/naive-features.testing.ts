import { distinctSketch } from "../../stats/index.js";

/**
 * The windowed features in the words of their definition, O(events × questions). It shares no code with the
 * aggregator: plain loops over plain objects, sums in whole units as `bigint`. Of the sketches it takes the
 * estimate of more than 256 distinct values from a sketch of the exact set, and nothing else.
 */

type Value = number | string | null;

/** An event with all that decides on its two clocks. */
export interface NaiveEvent<Row> {
  readonly row: Row;
  /** The parts of its key; null in a part: it belongs to no entity. */
  readonly key: readonly Value[];
  readonly statedMs: number;
  /** Null: it is never known. Undefined: its source declares no availability. */
  readonly declaredMs: number | null | undefined;
  /** When a server took it; null where time is what events say. */
  readonly receivedMs: number | null;
}

export type NaiveKind =
  | "count"
  | "sum"
  | "mean"
  | "rate"
  | "variance"
  | "std"
  | "min"
  | "max"
  | "first"
  | "last"
  | "distinct"
  | "quantile"
  | "top"
  | "since";

export interface NaiveFeature<Row> {
  readonly kind: NaiveKind;
  /** Absent: every event has the value 1. */
  readonly value?: (row: Row) => Value;
  /** Values of whole numbers count in units of 1, others in millionths. */
  readonly whole?: boolean;
  readonly where?: (row: Row) => boolean | null;
  /** The level of a quantile, the rank of a top value. */
  readonly parameter?: number;
  /** A text is missing as "", a number as NaN. */
  readonly text?: boolean;
  readonly windowMs: number;
}

export interface NaiveView<Row> {
  readonly clock: "event" | "available";
  readonly feature: NaiveFeature<Row>;
}

export interface NaiveQuestion {
  readonly key: readonly Value[];
  readonly timeMs: number;
}

const [minute, hour, day] = [60_000, 3_600_000, 86_400_000];

/** First millisecond of a window, from the published table of hops; exact where it is a time to live. */
function firstMs<Row>(timeMs: number, { kind, windowMs }: NaiveFeature<Row>): number {
  const exact = timeMs - windowMs;
  if (kind === "last" || kind === "since") return exact;
  const hop =
    windowMs >= 12 * day ? day : windowMs >= 12 * hour ? hour : windowMs >= hour ? 5 * minute : minute;
  return exact - (((exact % hop) + hop) % hop);
}

/** When an event can be known; null: never. */
export function naiveAvailableMs<Row>(event: NaiveEvent<Row>): number | null {
  const { declaredMs, statedMs, receivedMs } = event;
  if (declaredMs === null) return null;
  if (declaredMs === undefined) return receivedMs ?? statedMs;
  return receivedMs === null || receivedMs < declaredMs ? declaredMs : receivedMs;
}

const sameKey = (a: readonly Value[], b: readonly Value[]) =>
  a.every((part, i) => part !== null && part === b[i]);

interface Counted {
  readonly ms: number;
  readonly value: number | string;
}

/** What counts for a question. */
export function countedValues<Row>(
  { clock, feature }: NaiveView<Row>,
  events: readonly NaiveEvent<Row>[],
  { key, timeMs }: NaiveQuestion,
): Counted[] {
  const counted: Counted[] = [];
  for (const event of events) {
    if (!sameKey(key, event.key)) continue;
    const availableMs = naiveAvailableMs(event);
    if (availableMs === null || availableMs >= timeMs) continue;
    const ms = clock === "event" && event.statedMs < availableMs ? event.statedMs : availableMs;
    if (ms < firstMs(timeMs, feature)) continue;
    if (feature.where !== undefined && feature.where(event.row) !== true) continue;
    const value = feature.value === undefined ? 1 : feature.value(event.row);
    if (value !== null) counted.push({ ms, value: value === 0 ? 0 : value });
  }
  return counted;
}

/** The answer to a question as the model gets it: a number as float32, NaN and "" for null. */
export function naiveAnswer<Row>(
  view: NaiveView<Row>,
  events: readonly NaiveEvent<Row>[],
  question: NaiveQuestion,
): number | string {
  const counted = countedValues(view, events, question);
  const answer = answerOf(view.feature, counted, question.timeMs);
  if (view.feature.text === true) return answer ?? "";
  const float = answer === null ? NaN : Math.fround(answer as number);
  return Number.isFinite(float) ? float : NaN;
}

function answerOf<Row>(feature: NaiveFeature<Row>, counted: readonly Counted[], timeMs: number): Value {
  const { kind, parameter = NaN } = feature;
  const values = counted.map(({ value }) => value);
  switch (kind) {
    case "count":
      return values.length;
    case "first":
      return edgeOf(counted, (a, b) => a.ms < b.ms || (a.ms === b.ms && a.value < b.value));
    case "last":
      return edgeOf(counted, (a, b) => a.ms > b.ms || (a.ms === b.ms && a.value > b.value));
    case "since":
      return counted.length === 0 ? null : (timeMs - Math.max(...counted.map(({ ms }) => ms))) / 1000;
    case "distinct":
      return distinctOf(values);
    case "quantile":
      return bucketMiddle(exactQuantile(values as number[], parameter));
    case "top":
      return topOf(values, parameter);
    default:
      return numberOf(kind, values as number[], feature.whole === true ? 1n : 1_000_000n);
  }
}

function edgeOf(counted: readonly Counted[], wins: (a: Counted, b: Counted) => boolean): Value {
  const [first, ...others] = counted;
  return (
    others.reduce<Counted | undefined>((best, one) => (best && wins(one, best) ? one : best), first)?.value ??
    null
  );
}

/** Exact up to 256 values. */
function distinctOf(values: readonly (number | string)[]): number {
  const set = new Set(values);
  if (set.size <= 256) return set.size;
  const sketch = distinctSketch();
  for (const value of set) sketch.add(value);
  return sketch.estimate();
}

/** The order statistic at rank ⌊level · (n − 1)⌋; null of no values. */
export function exactQuantile(values: readonly number[], level: number): number | null {
  return values.toSorted((a, b) => a - b)[Math.floor(level * (values.length - 1))] ?? null;
}

/** Every octave is cut into 64 equal parts, and a value stands for the middle of its part. */
function bucketMiddle(value: number | null): number | null {
  if (value === null) return null;
  let magnitude = Math.abs(value);
  if (magnitude < 1e-6) return 0;
  let octave = 1;
  for (; magnitude >= 2; magnitude /= 2) octave *= 2;
  for (; magnitude < 1; magnitude *= 2) octave /= 2;
  const part = Math.floor((magnitude - 1) * 64);
  return Math.sign(value) * octave * (1 + (part + 0.5) / 64);
}

/** The most frequent value of a rank; of equal counts the smaller. Not known of more than 1,000 values. */
function topOf(values: readonly (number | string)[], rank: number): Value {
  const counts = new Map<number | string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  if (counts.size > 1_000) return null;
  const ranked = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  return ranked[rank - 1]?.[0] ?? null;
}

/** Sums and extremes, in units of one or a millionth. */
function numberOf(kind: NaiveKind, values: readonly number[], unit: bigint): number | null {
  const units = values.map((value) => BigInt(unit === 1n ? value : Math.round(value * 1e6)));
  const total = units.reduce((sum, value) => sum + value, 0n);
  const lost = total >= 2n ** 53n || total <= -(2n ** 53n);
  switch (kind) {
    case "sum":
      return lost ? null : Number(total) / Number(unit);
    case "mean":
    case "rate":
      return lost || units.length === 0 ? null : Number(total) / Number(unit) / units.length;
    case "variance":
      return lost ? null : varianceOf(units, unit);
    case "std": {
      const variance = lost ? null : varianceOf(units, unit);
      return variance === null ? null : Math.sqrt(variance);
    }
    default: {
      if (units.length === 0) return null;
      const extreme = units.reduce((a, b) => ((kind === "min" ? b < a : b > a) ? b : a));
      return Number(extreme) / Number(unit);
    }
  }
}

/** Σ (x − mean)² / (n − 1), as one fraction of whole numbers. */
function varianceOf(units: readonly bigint[], unit: bigint): number | null {
  const n = BigInt(units.length);
  if (n < 2n || units.reduce((sum, x) => sum + x * x, 0n) >= 2n ** 103n) return null;
  const total = units.reduce((sum, x) => sum + x, 0n);
  // n times every deviation is whole.
  const deviations = units.reduce((sum, x) => sum + (n * x - total) ** 2n, 0n);
  return Number(deviations / n) / Number(n * (n - 1n) * unit * unit);
}
