import { holm } from "../stats/index.js";
import type { DriftPolicy } from "./drift-policy.js";
import type { ReferenceProfile } from "./reference-profile.js";
import { stateOf, type AnsweredState, type Unanswered } from "./state.js";
import { requireReference, type ColumnCounts, type WindowCounts } from "./window-profile.js";

/** A column under test and how much of it there is. */
export interface ColumnSubject {
  /** A feature's name, or `prediction`. */
  readonly name: string;
  readonly role: "feature" | "prediction";
  /** What the detector counts (values or rows), in the window and in the reference. */
  readonly n: number;
  readonly referenceN: number;
}

/** A column of the reference beside its counts in the window. */
export interface ColumnPair {
  readonly subject: ColumnSubject;
  readonly before: ColumnCounts;
  readonly now: ColumnCounts;
}

/** Every column beside its reference, features first; `n` counts the values present. Throws MW0903. */
export function pairColumns(reference: ReferenceProfile, window: WindowCounts): readonly ColumnPair[] {
  requireReference(reference, window);
  const pair = (before: ColumnCounts & { name: string }, now: ColumnCounts, role: ColumnSubject["role"]) => ({
    subject: { name: before.name, role, n: total(now), referenceN: total(before) },
    before,
    now,
  });
  return [
    ...reference.features.map((before, i) => pair(before, window.features[i], "feature")),
    pair(reference.prediction, window.prediction, "prediction"),
  ];
}

function total({ counts }: ColumnCounts): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

/** A test of one column, and the rest of its answer once its p-value is adjusted for all. */
export interface ColumnTest<Evidence> {
  readonly pValue: number;
  /** The effect's interval, on the scale of `threshold`. */
  readonly effectRange: { readonly low: number; readonly high: number };
  readonly threshold: number;
  readonly evidence: Evidence;
}

interface Answer {
  readonly state: AnsweredState;
  readonly threshold: number;
  readonly pValue: number;
  /** By Holm over the columns of the same call. */
  readonly adjustedPValue: number;
}

/** What a detector says of one column. */
export type ColumnResult<Evidence> = ColumnSubject & (Unanswered | (Answer & Evidence));

/**
 * The rule that all column detectors share. Columns with fewer than `minRows` on either side have no answer; the
 * others are tested together:
 *
 * - `drift`: the effect's interval lies wholly above the threshold and the adjusted p-value is below alpha
 * - `ok`: the effect's interval lies wholly at or below the threshold
 * - `unresolved`: anything else, since the data cannot tell
 */
export function answerTogether<Evidence extends object>(
  columns: readonly ColumnPair[],
  { minRows, alpha }: DriftPolicy,
  test: (column: ColumnPair) => ColumnTest<Evidence>,
): readonly ColumnResult<Evidence>[] {
  const tests = columns.map((column) => (hasEnough(column.subject, minRows) ? test(column) : undefined));
  const adjusted = holm(tests.flatMap((done) => (done === undefined ? [] : [done.pValue])));
  let answered = 0;
  return tests.map((done, i) => {
    const { subject } = columns[i];
    if (done === undefined) return Object.freeze({ ...subject, ...unanswered(subject, minRows) });
    const { pValue, threshold, evidence } = done;
    const adjustedPValue = adjusted[answered++];
    const standing = stateOf(done.effectRange, threshold);
    const state = standing === "drift" && adjustedPValue >= alpha ? "unresolved" : standing;
    return Object.freeze({ ...subject, state, threshold, pValue, adjustedPValue, ...evidence });
  });
}

function hasEnough({ n, referenceN }: ColumnSubject, minRows: number): boolean {
  return Math.min(n, referenceN) >= minRows;
}

function unanswered({ n, referenceN }: ColumnSubject, minRows: number): Unanswered {
  const [where, found] = n < minRows ? ["window", n] : ["reference", referenceN];
  return { state: "insufficient", reason: `The ${where} has ${found} values, fewer than ${minRows}.` };
}

/** The answer to every question about a window without rows. */
export function allMissing(columns: readonly ColumnPair[]): readonly (ColumnSubject & Unanswered)[] {
  const reason = "The window has no row.";
  return columns.map(({ subject }) => Object.freeze({ ...subject, state: "missing", reason }));
}
