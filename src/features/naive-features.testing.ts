/**
 * The windowed features in the words of their definition, O(events × questions). It shares no code with the
 * aggregator: plain loops over plain objects, sums in whole millionths as `bigint`.
 */

/** An event with its two clocks; null availability: never. */
export interface NaiveEvent<Row> {
  readonly row: Row;
  readonly key: string | null;
  readonly statedMs: number;
  readonly availableMs: number | null;
}

export interface NaiveFeature<Row> {
  readonly kind: "count" | "sum" | "mean" | "rate" | "min" | "max";
  readonly value?: (row: Row) => number | null;
  readonly where?: (row: Row) => boolean | null;
  readonly windowMs: number;
}

export interface NaiveQuestion {
  readonly key: string | null;
  readonly timeMs: number;
}

const [minute, hour, day] = [60_000, 3_600_000, 86_400_000];

/** First millisecond of a window, from the published table of hops. */
function firstMs(timeMs: number, windowMs: number): number {
  const hop =
    windowMs >= 12 * day ? day : windowMs >= 12 * hour ? hour : windowMs >= hour ? 5 * minute : minute;
  const exact = timeMs - windowMs;
  return exact - (((exact % hop) + hop) % hop);
}

function millionths(value: number): bigint {
  return Number.isInteger(value) ? BigInt(value) * 1_000_000n : BigInt(Math.round(value * 1e6));
}

function fromMillionths(total: bigint): number {
  return total % 1_000_000n === 0n ? Number(total / 1_000_000n) : Number(total) / 1e6;
}

/** The values that count for a question, in millionths. */
function countedValues<Row>(
  { clock, feature }: { clock: "event" | "available"; feature: NaiveFeature<Row> },
  events: readonly NaiveEvent<Row>[],
  { key, timeMs }: NaiveQuestion,
): bigint[] {
  const counted: bigint[] = [];
  for (const { row, key: own, statedMs, availableMs } of events) {
    if (key === null || own !== key) continue;
    if (availableMs === null || availableMs >= timeMs) continue;
    const placedMs = clock === "available" ? availableMs : Math.min(statedMs, availableMs);
    if (placedMs < firstMs(timeMs, feature.windowMs) || placedMs >= timeMs) continue;
    if (feature.where !== undefined && feature.where(row) !== true) continue;
    const value = feature.value === undefined ? 1 : feature.value(row);
    if (value !== null) counted.push(millionths(value));
  }
  return counted;
}

/** The answer to a question as the model gets it: rounded to float32, NaN for null. */
export function naiveAnswer<Row>(
  view: { readonly clock: "event" | "available"; readonly feature: NaiveFeature<Row> },
  events: readonly NaiveEvent<Row>[],
  question: NaiveQuestion,
): number {
  const values = countedValues(view, events, question);
  const total = values.reduce((sum, value) => sum + value, 0n);
  const { kind } = view.feature;
  if (kind === "count" || kind === "sum") return Math.fround(fromMillionths(total));
  if (values.length === 0) return NaN;
  if (kind === "mean" || kind === "rate") return Math.fround(fromMillionths(total) / values.length);
  const extreme = values.reduce((a, b) => ((kind === "min" ? b < a : b > a) ? b : a));
  return Math.fround(fromMillionths(extreme));
}
