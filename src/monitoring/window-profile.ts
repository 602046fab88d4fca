import { binOf } from "../stats/index.js";
import { monitoringErrors } from "./errors.js";
import {
  requireLength,
  type ColumnProfile,
  type FeatureColumn,
  type ReferenceProfile,
} from "./reference-profile.js";

/** Counts of one column in the bins of its reference. */
export interface ColumnCounts {
  readonly counts: readonly number[];
  readonly missing: number;
}

/** What a window saw, in the bins of its reference. Plain JSON. */
export interface WindowCounts {
  /** `id` of the reference profile. */
  readonly reference: string;
  readonly rows: number;
  /** In the order of the reference's features. */
  readonly features: readonly ColumnCounts[];
  readonly prediction: ColumnCounts;
}

/** Counts of a window as it fills. Adding and merging commute, so workers may count apart and merge later. */
export interface WindowProfile {
  readonly rows: number;
  /**
   * Adds one served row: the numbers and the texts in the order of the reference's number and text features. NaN, an
   * infinite number and null count as missing. Throws MW0904 for a wrong number of either.
   */
  addRow(numbers: Float32Array, texts: readonly (string | null)[], probability: number): void;
  /** Adds rows by column, in the order of the reference's features. Throws MW0904. */
  addColumns(features: readonly FeatureColumn[], probability: Float32Array): void;
  /** Adds what another window of the same reference counted. Throws MW0903. */
  merge(other: WindowCounts): void;
  /** A copy of the counts so far. */
  counts(): WindowCounts;
}

/** An empty window on the bins of a reference. */
export function createWindowProfile(reference: ReferenceProfile): WindowProfile {
  const counters = reference.features.map(columnCounter);
  const numbers = counters.filter((counter) => counter.kind === "number");
  const texts = counters.filter((counter) => counter.kind === "text");
  const prediction = numberCounter(reference.prediction.edges);
  let rows = 0;
  return Object.freeze({
    get rows() {
      return rows;
    },
    addRow(rowNumbers: Float32Array, rowTexts: readonly (string | null)[], probability: number) {
      if (rowNumbers.length !== numbers.length || rowTexts.length !== texts.length) {
        throw misfit(
          `${numbers.length} numbers and ${texts.length} texts`,
          `${rowNumbers.length} and ${rowTexts.length}`,
        );
      }
      for (let i = 0; i < numbers.length; i++) numbers[i].add(rowNumbers[i]);
      for (let i = 0; i < texts.length; i++) texts[i].add(rowTexts[i]);
      prediction.add(probability);
      rows++;
    },
    addColumns(features: readonly FeatureColumn[], probability: Float32Array) {
      requireFeatures(reference, features);
      for (const feature of features) requireLength(feature, probability.length);
      features.forEach((feature, i) => addColumn(counters[i], feature));
      for (const value of probability) prediction.add(value);
      rows += probability.length;
    },
    merge(other: WindowCounts) {
      requireReference(reference, other);
      counters.forEach((counter, i) => counter.merge(other.features[i]));
      prediction.merge(other.prediction);
      rows += other.rows;
    },
    counts: () =>
      Object.freeze({
        reference: reference.id,
        rows,
        features: counters.map((counter) => counter.snapshot()),
        prediction: prediction.snapshot(),
      }),
  });
}

/** Refuses counts made on the bins of another reference. Throws MW0903. */
export function requireReference(reference: ReferenceProfile, window: WindowCounts): void {
  if (window.reference === reference.id) return;
  throw monitoringErrors.error("MW0903", {
    expected: `counts for reference ${reference.id}`,
    found: `counts for reference ${window.reference}`,
    remedy: "Keep one window profile per model version.",
  });
}

function requireFeatures(reference: ReferenceProfile, features: readonly FeatureColumn[]): void {
  const describe = (columns: readonly (ColumnProfile | FeatureColumn)[]) =>
    columns.map((column) => `${column.name} (${column.kind})`).join(", ");
  const [expected, found] = [describe(reference.features), describe(features)];
  if (expected !== found) throw misfit(`the features ${expected}`, found);
}

function misfit(expected: string, found: string) {
  return monitoringErrors.error("MW0904", {
    expected,
    found,
    remedy: "Give the features of the model's signature in its order.",
  });
}

interface Counter<Value> {
  add(value: Value): void;
  merge(other: ColumnCounts): void;
  snapshot(): ColumnCounts;
}

type ColumnCounter =
  ({ readonly kind: "number" } & Counter<number>) | ({ readonly kind: "text" } & Counter<string | null>);

function columnCounter(profile: ColumnProfile): ColumnCounter {
  if (profile.kind === "number") return { kind: "number", ...numberCounter(profile.edges) };
  const bins = new Map(profile.values.map((text, bin) => [text, bin]));
  const other = profile.values.length;
  const binOfText = (text: string | null) => (text === null ? -1 : (bins.get(text) ?? other));
  return { kind: "text", ...counter(profile.counts.length, binOfText) };
}

function numberCounter(edges: readonly number[]): Counter<number> {
  return counter(edges.length + 1, (value: number) => (Number.isFinite(value) ? binOf(edges, value) : -1));
}

/** Counts values by bin; bin −1 is missing. */
function counter<Value>(bins: number, binOfValue: (value: Value) => number): Counter<Value> {
  const counts = new Float64Array(bins);
  let missing = 0;
  return {
    add(value) {
      const bin = binOfValue(value);
      if (bin < 0) missing++;
      else counts[bin]++;
    },
    merge(other) {
      for (let bin = 0; bin < bins; bin++) counts[bin] += other.counts[bin];
      missing += other.missing;
    },
    snapshot: () => Object.freeze({ counts: Array.from(counts), missing }),
  };
}

function addColumn(target: ColumnCounter, column: FeatureColumn): void {
  if (target.kind === "number" && column.kind === "number") {
    for (const value of column.values) target.add(value);
  } else if (target.kind === "text" && column.kind === "text") {
    for (const code of column.codes) target.add(code < 0 ? null : column.dictionary[code]);
  }
}
