import { checkReference, type ReferenceDistribution } from "./reference-distribution.js";
import { impossible, type Bounds } from "./bounds.js";
import { columnName, type ColumnRef, type KindOf } from "./column-ref.js";
import {
  anySeverity,
  checkSeverity,
  statisticExpectation,
  wholeSeverities,
  type DistributionExpectation,
  type Expectation,
  type Severity,
  type Statistic,
  type ValueExpectation,
  type WholeSeverity,
} from "./expectation.js";
import { rejectUnknownKeys } from "./options.js";
import { betweenRule, lengthRule, matchesRule, oneOfRule, type DescribedRule } from "./value-rule.js";

/** Rules on single values, by the kind of the column's field; null passes each of them. */
interface ValueRulesByKind {
  int: { readonly between?: readonly [number, number]; readonly oneOf?: readonly number[] };
  float: { readonly between?: readonly [number, number]; readonly oneOf?: readonly number[] };
  /** ISO 8601 texts, or epoch milliseconds. */
  timestamp: { readonly between?: readonly [string | number, string | number] };
  bool: Record<never, never>;
  string: {
    readonly oneOf?: readonly string[];
    /** The source of a regular expression, which finds a match anywhere unless it has `^` and `$`. */
    readonly matches?: string;
    /** In characters (Unicode code points). */
    readonly length?: Bounds;
  };
}

interface AnyWholeRules {
  /** The share of nulls, 0 to 1. */
  readonly missing?: Bounds;
  /** How many different values there are. */
  readonly distinct?: Bounds;
}

interface NumberWholeRules extends AnyWholeRules {
  readonly mean?: Bounds;
  /** Sample standard deviation (n − 1). */
  readonly std?: Bounds;
  readonly sum?: Bounds;
  /** By level in percent: `{ p50: { atMost: 10 }, p99.5: … }`; linear between neighbours (type 7). */
  readonly quantiles?: Readonly<Record<`p${number}`, Bounds>>;
}

/** Rules on a whole column, by the kind of its field. */
interface WholeRulesByKind {
  int: NumberWholeRules;
  float: NumberWholeRules;
  timestamp: AnyWholeRules;
  /** Its mean is the share of true. */
  bool: AnyWholeRules & { readonly mean?: Bounds };
  string: AnyWholeRules;
}

/** For a column that is given by its name: the compiler does not know its kind, `events()` does. */
interface AnyValueRules {
  readonly between?: readonly [string | number, string | number];
  readonly oneOf?: readonly number[] | readonly string[];
  readonly matches?: string;
  readonly length?: Bounds;
}

type ValueRules<C extends ColumnRef> = C extends string ? AnyValueRules : ValueRulesByKind[KindOf<C>];
type WholeRules<C extends ColumnRef> = C extends string ? NumberWholeRules : WholeRulesByKind[KindOf<C>];

/** What may be expected of a column: with severity `quarantine` only rules that name rows. */
export type ColumnRules<C extends ColumnRef, S extends Severity> = S extends "quarantine"
  ? ValueRules<C>
  : ValueRules<C> & WholeRules<C>;

/**
 * Expects something of a column; every rule is an expectation of its own. Rules on values (`between`,
 * `oneOf`, `matches`, `length`) name the rows that break them, and null passes. Rules on the whole column
 * (`missing`, `distinct`, `mean`, `std`, `sum`, `quantiles`) are judged on the rows that are left after
 * quarantine, over the values that are not null; where there are too few of them the verdict is insufficient.
 *
 * ```ts
 * expectColumn(f.delay, { between: [-120, 2000], mean: { atMost: 30 }, missing: { atMost: 0.01 } }, "warn")
 * ```
 *
 * Throws MW0206, MW0207, MW0213 (a computed value), MW0214 (impossible bounds), MW0215 (a bad pattern).
 */
export function expectColumn<C extends ColumnRef, S extends Severity>(
  column: C,
  rules: ColumnRules<C, S>,
  severity: S,
): readonly Expectation[] {
  const name = columnName(column, "expectColumn()");
  if (typeof rules !== "object" || rules === null) throw impossible(`rules for column "${name}"`, rules);
  rejectUnknownKeys(rules, [...valueRuleNames, ...wholeRuleNames], `rules for column "${name}"`);
  const given: GivenRules = rules;
  if (Object.values(given).every((rule) => rule === undefined)) {
    throw impossible(`at least one rule for column "${name}"`, rules);
  }
  const values = valueRules(name, given).map(({ rule, title }): ValueExpectation => {
    checkSeverity(severity, anySeverity);
    return Object.freeze({ kind: "value", name: `${name}: ${title}`, severity, column: name, rule });
  });
  const whole = wholeRules(given).map(({ statistic, title, bounds }) => {
    checkSeverity(severity, wholeSeverities);
    return statisticExpectation(name, { statistic, title, bounds }, severity as WholeSeverity);
  });
  return Object.freeze([...values, ...whole]);
}

interface GivenRules extends AnyValueRules, Omit<NumberWholeRules, "quantiles"> {
  readonly quantiles?: Readonly<Record<string, Bounds>>;
}

const valueRuleNames = ["between", "oneOf", "matches", "length"];
const simpleStatistics = ["missing", "distinct", "mean", "std", "sum"] as const;
const wholeRuleNames = [...simpleStatistics, "quantiles"];

function valueRules(column: string, { between, oneOf, matches, length }: GivenRules): DescribedRule[] {
  const where = `column "${column}"`;
  return [
    ...(between === undefined ? [] : [betweenRule(between, where)]),
    ...(oneOf === undefined ? [] : [oneOfRule(oneOf, where)]),
    ...(matches === undefined ? [] : [matchesRule(matches, where)]),
    ...(length === undefined ? [] : [lengthRule(length, where)]),
  ];
}

interface WholeRule {
  readonly statistic: Statistic;
  readonly title: string;
  readonly bounds: Bounds;
}

function wholeRules(given: GivenRules): WholeRule[] {
  const titles = {
    missing: "share missing",
    distinct: "distinct values",
    mean: "mean",
    std: "std",
    sum: "sum",
  };
  const simple = simpleStatistics.flatMap((of): WholeRule[] => {
    const bounds = given[of];
    return bounds === undefined ? [] : [{ statistic: { of }, title: titles[of], bounds }];
  });
  const quantiles = Object.entries(given.quantiles ?? {}).map(([title, bounds]): WholeRule => {
    const percent = /^p\d{1,3}(\.\d+)?$/.test(title) ? Number(title.slice(1)) : NaN;
    if (!(percent >= 0 && percent <= 100)) throw impossible("quantiles from p0 to p100", title);
    return { statistic: { of: "quantile", level: percent / 100 }, title, bounds };
  });
  return [...simple, ...quantiles];
}

/**
 * Expects a column to be distributed like a reference: the counts of a stored profile, or the previous
 * version of this dataset. The measure is the Jensen–Shannon distance (base 2, 0 to 1) over the reference's
 * bins, of the values that are not null. Broken if the whole 95 % interval of the distance lies over
 * `atMost`, ok if none of it does; in between the verdict is insufficient. Without a previous version it is ok.
 *
 * ```ts
 * expectDistribution(f.distance, { like: { edges: [0, 500, 1500], counts: [0, 61, 30, 9] }, atMost: 0.1 }, "warn")
 * ```
 *
 * Throws MW0206, MW0207, MW0213, MW0214, MW0216 (a bad reference).
 */
export function expectDistribution(
  column: ColumnRef,
  options: { readonly like: ReferenceDistribution | "previous"; readonly atMost: number },
  severity: WholeSeverity,
): DistributionExpectation {
  const name = columnName(column, "expectDistribution()");
  rejectUnknownKeys(options, ["like", "atMost"], "options of expectDistribution()");
  const { like, atMost } = options;
  if (!(Number.isFinite(atMost) && atMost > 0 && atMost < 1)) {
    throw impossible(`atMost between 0 and 1 in expectDistribution() of column "${name}"`, atMost);
  }
  checkSeverity(severity, wholeSeverities);
  const model = like === "previous" ? "previous version" : "reference";
  return Object.freeze({
    kind: "distribution",
    name: `${name}: distributed like the ${model} within ${atMost}`,
    severity,
    column: name,
    like: like === "previous" ? like : checkReference(like, `column "${name}"`),
    atMost,
  });
}
