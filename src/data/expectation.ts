import {
  durationMs,
  expressionJson,
  formatDuration,
  type BoolExpression,
  type Canonical,
  type Duration,
  type ExpressionNode,
  valueText,
} from "../kernel/index.js";
import { checkBounds, describeBounds, type Bounds } from "./bounds.js";
import { columnName, type ColumnRef } from "./column-ref.js";
import { dataErrors } from "./errors.js";
import { rejectUnknownKeys } from "./options.js";
import type { ReferenceDistribution } from "./reference-distribution.js";
import type { ValueRule } from "./value-rule.js";

/** What follows from a broken expectation: a note, the row set aside, or nothing goes on. */
export type Severity = "warn" | "quarantine" | "block";

/** The severities of an expectation about the whole dataset: it names no row that could be set aside. */
export type WholeSeverity = Exclude<Severity, "quarantine">;

interface Named<S extends Severity> {
  readonly name: string;
  readonly severity: S;
}

/** A rule that every row must meet. It holds unless the expression is false: null passes. */
export interface RowExpectation extends Named<Severity> {
  readonly kind: "row";
  readonly node: ExpressionNode;
}

/** A rule on every value of a column; null passes. */
export interface ValueExpectation extends Named<Severity> {
  readonly kind: "value";
  readonly column: string;
  readonly rule: ValueRule;
}

/** No row has the same values in all these columns as an earlier row that is kept; a null equals nothing. */
export interface UniqueExpectation extends Named<Severity> {
  readonly kind: "unique";
  readonly columns: readonly string[];
}

/** No value is below one of an earlier row that is kept; null passes. */
export interface SortedExpectation extends Named<Severity> {
  readonly kind: "sorted";
  readonly column: string;
}

/** A rule on the number of rows that are left after quarantine. */
export interface RowCountExpectation extends Named<WholeSeverity>, Bounds {
  readonly kind: "rows";
}

/** The latest event time is at most so long before the moment of looking. */
export interface FreshExpectation extends Named<WholeSeverity> {
  readonly kind: "fresh";
  readonly withinMs: number;
}

/** A number that a whole column has; nulls count for `missing` alone. */
export type Statistic =
  | { readonly of: "missing" | "distinct" | "mean" | "std" | "sum" }
  | { readonly of: "quantile"; readonly level: number };

/** Bounds of a number that a whole column has, over the rows that are left after quarantine. */
export interface StatisticExpectation extends Named<WholeSeverity> {
  readonly kind: "statistic";
  readonly column: string;
  readonly statistic: Statistic;
  readonly bounds: Bounds;
}

/** The Jensen–Shannon distance to a reference is at most a bound. */
export interface DistributionExpectation extends Named<WholeSeverity> {
  readonly kind: "distribution";
  readonly column: string;
  readonly like: ReferenceDistribution | "previous";
  readonly atMost: number;
}

/** Judged row by row, for a table and for a single event alike. */
export type SingleRowExpectation = RowExpectation | ValueExpectation;
/** Judged row by row against the rows before. */
export type SequenceExpectation = UniqueExpectation | SortedExpectation;
/** Judged on all rows that are left after quarantine. */
export type WholeExpectation =
  RowCountExpectation | FreshExpectation | StatisticExpectation | DistributionExpectation;

export type Expectation = SingleRowExpectation | SequenceExpectation | WholeExpectation;

/**
 * Expects something of every row. The rule holds if its expression is not false, so a row whose columns
 * are null passes; that a column is never null is the schema's to say.
 *
 * ```ts
 * expectRow("delay is plausible", f.delay.gt(-180), "quarantine")
 * ```
 *
 * Throws MW0206.
 */
export function expectRow(name: string, rule: BoolExpression, severity: Severity): RowExpectation {
  if (typeof name !== "string" || name === "" || name === schemaExpectation) {
    throw badExpectation(`a name for the expectation, other than "${schemaExpectation}"`, name);
  }
  if (rule?.type !== "bool")
    throw badExpectation(`an expression that is true or false in expectation "${name}"`, rule);
  checkSeverity(severity, anySeverity);
  return Object.freeze({ kind: "row", name, severity, node: rule.node });
}

/** Expects a number of rows after quarantine, both bounds inclusive. Throws MW0206, MW0207. */
export function expectRows(
  bounds: { readonly atLeast: number; readonly atMost?: number },
  severity: WholeSeverity,
): RowCountExpectation {
  rejectUnknownKeys(bounds, ["atLeast", "atMost"], "bounds of expectRows()");
  const { atLeast, atMost } = bounds;
  if (!Number.isSafeInteger(atLeast) || atLeast < 0)
    throw badExpectation("a whole number for atLeast", atLeast);
  if (atMost !== undefined && !(Number.isSafeInteger(atMost) && atMost >= atLeast)) {
    throw badExpectation("a whole number for atMost, not below atLeast", atMost);
  }
  checkSeverity(severity, wholeSeverities);
  const name = atMost === undefined ? `at least ${atLeast} rows` : `${atLeast} to ${atMost} rows`;
  return Object.freeze({
    kind: "rows",
    name,
    severity,
    atLeast,
    ...(atMost === undefined ? {} : { atMost }),
  });
}

/**
 * Expects that no two rows have the same values in all the given columns. The first row in the order of the
 * file is kept; a row that is set aside for whatever reason claims no values, and a null equals nothing.
 *
 * ```ts
 * expectUnique([f.origin, f.date], "quarantine")
 * ```
 *
 * Throws MW0206, MW0213.
 */
export function expectUnique(columns: readonly ColumnRef[], severity: Severity): UniqueExpectation {
  if (!Array.isArray(columns) || columns.length === 0) {
    throw badExpectation("a list of columns in expectUnique()", columns);
  }
  checkSeverity(severity, anySeverity);
  const names = columns.map((column: ColumnRef) => columnName(column, "expectUnique()"));
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw badExpectation("each column once in expectUnique()", twice);
  const name = `unique ${names.join(", ")}`;
  return Object.freeze({ kind: "unique", name, severity, columns: Object.freeze(names) });
}

/**
 * Expects a column of numbers or times to ascend in the order of the file; equal neighbours are fine. A row
 * is judged against the greatest value of the kept rows before it. Throws MW0206, MW0213.
 */
export function expectSorted(column: ColumnRef, severity: Severity): SortedExpectation {
  const name = columnName(column, "expectSorted()");
  checkSeverity(severity, anySeverity);
  return Object.freeze({ kind: "sorted", name: `${name}: ascending`, severity, column: name });
}

/**
 * Expects the latest event time to be at most a duration before the moment of looking, exactly that long
 * included. It is judged anew whenever a dataset version is asked for, unchanged files included.
 * Throws MW0101, MW0206.
 */
export function expectFresh(within: Duration, severity: WholeSeverity): FreshExpectation {
  const withinMs = durationMs(within);
  checkSeverity(severity, wholeSeverities);
  return Object.freeze({
    kind: "fresh",
    name: `fresh within ${formatDuration(withinMs)}`,
    severity,
    withinMs,
  });
}

/** One statistic of a column within bounds; `title` says in the expectation's name what it is. */
export function statisticExpectation(
  column: string,
  { statistic, title, bounds }: { statistic: Statistic; title: string; bounds: Bounds },
  severity: WholeSeverity,
): StatisticExpectation {
  const limits =
    statistic.of === "missing"
      ? { min: 0, max: 1 }
      : statistic.of === "distinct"
        ? { min: 0, whole: true }
        : {};
  const checked = checkBounds(bounds, `${title} of column "${column}"`, limits);
  return Object.freeze({
    kind: "statistic",
    name: `${column}: ${title} ${describeBounds(checked)}`,
    severity,
    column,
    statistic: Object.freeze(statistic),
    bounds: checked,
  });
}

/** The name of the implicit expectation that values are as the schema says. */
export const schemaExpectation = "schema";

/** The plain, hashable form of an expectation. */
export function expectationJson(expectation: Expectation): Canonical {
  if (expectation.kind !== "row") return { ...expectation } as Canonical;
  const { node, ...plain } = expectation;
  return { ...plain, rule: expressionJson(node) };
}

export const anySeverity: readonly Severity[] = ["warn", "quarantine", "block"];
export const wholeSeverities: readonly WholeSeverity[] = ["warn", "block"];

/** Throws MW0206. */
export function checkSeverity(severity: string, valid: readonly string[]): void {
  if (!valid.includes(severity)) {
    throw badExpectation(`one of the severities ${valid.join(", ")}`, severity);
  }
}

export function badExpectation(expected: string, found: unknown) {
  return dataErrors.error("MW0206", {
    expected,
    found: valueText(found),
    remedy: "Mend the source's expectations in the configuration.",
  });
}
