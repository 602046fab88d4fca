import { checkNumber, rejectUnknownKeys } from "../../kernel/index.js";
import type { FeatureTable } from "../../learning/index.js";
import { benjaminiHochberg, holm, momentsOf, welchGreater, type Moments } from "../../stats/index.js";
import { trainingErrors } from "../errors.js";
import { codeColumn, type CodedColumn, type Condition } from "./slice-conditions.js";

export interface SliceSearchOptions {
  /** Slices, and their complements, have at least so many rows. Default 500. */
  readonly minRows?: number;
  /** Quantile bins of a number, default 4. */
  readonly bins?: number;
  /** The most frequent values of a text column, default 50. */
  readonly maxCategories?: number;
  /** Conditions to a slice, 1 or 2. Default 2. */
  readonly maxConditions?: number;
  /** How many single conditions, worst first, are combined with others. Default 50. */
  readonly beam?: number;
  /** Level of significance over everything that was tried, default 0.05. */
  readonly alpha?: number;
  /** `holm` bounds the chance of any false slice, `benjamini-hochberg` the expected share. Default `holm`. */
  readonly correction?: "holm" | "benjamini-hochberg";
  /** Least effect, in standard deviations of the loss over all rows. Default 0.1. */
  readonly minEffect?: number;
}

/** A group of rows that the model serves worse than the others. */
export interface FoundSlice {
  /** `origin = ORD and hour >= 18` */
  readonly name: string;
  readonly conditions: readonly string[];
  readonly rows: number;
  readonly meanLoss: number;
  /** Mean loss of all other rows. */
  readonly otherLoss: number;
  /** `(meanLoss − otherLoss)` in standard deviations of the loss over all rows. */
  readonly effect: number;
  /** Adjusted for all slices that were tried. */
  readonly pValue: number;
}

export interface SliceSearch {
  /** Largest effect first. */
  readonly slices: readonly FoundSlice[];
  /** Slices that were tested: what the p-values are adjusted for. */
  readonly tried: number;
}

interface Sums {
  readonly count: number;
  readonly sum: number;
  readonly squares: number;
}

interface Tested extends Sums {
  readonly conditions: readonly Condition[];
  readonly t: number;
  readonly pValue: number;
}

/** Everything that the search reads; losses are less their mean, which keeps sums of squares exact enough. */
interface Search {
  readonly losses: Float64Array;
  readonly columns: readonly CodedColumn[];
  readonly total: Sums;
  readonly minRows: number;
}

const keys = [
  "minRows",
  "bins",
  "maxCategories",
  "maxConditions",
  "beam",
  "alpha",
  "correction",
  "minEffect",
];

function compileOptions(options: SliceSearchOptions) {
  rejectUnknownKeys(options, keys, "findSlices()");
  const number = (name: keyof SliceSearchOptions, fallback: number, [min, max]: readonly [number, number]) =>
    checkNumber(options[name] ?? fallback, name, {
      min,
      max,
      whole: name !== "alpha" && name !== "minEffect",
    });
  return {
    minRows: number("minRows", 500, [2, 1e12]),
    bins: number("bins", 4, [2, 100]),
    maxCategories: number("maxCategories", 50, [1, 10_000]),
    maxConditions: number("maxConditions", 2, [1, 2]),
    beam: number("beam", 50, [1, 1e6]),
    alpha: number("alpha", 0.05, [1e-12, 0.5]),
    minEffect: number("minEffect", 0.1, [0, 1e6]),
    adjust: options.correction === "benjamini-hochberg" ? benjaminiHochberg : holm,
  };
}

/**
 * Finds the slices of rows whose loss is significantly above that of all other rows (Welch's one-sided test), by a beam
 * search over conjunctions of conditions on the columns. A slice of two conditions must be significantly worse also than
 * the rest of each of its two conditions: its p-value is the largest of the three (intersection-union test, Berger 1982),
 * so it is not reported for what one condition says alone. p-values are adjusted for all slices tried. Rows count alike
 * and as independent.
 * @param losses what each row costs, finite: log loss, squared error …
 * @throws MW0505 columns of another length, MW0103 and MW0104 for bad options
 */
export function findSlices(
  losses: Float64Array,
  table: FeatureTable,
  options: SliceSearchOptions = {},
): SliceSearch {
  const { minRows, beam, alpha, minEffect, adjust, maxConditions, ...coding } = compileOptions(options);
  if (table.rowCount !== losses.length) {
    throw trainingErrors.error("MW0505", {
      expected: `${losses.length} rows in the slicing columns, as many as losses`,
      found: String(table.rowCount),
      remedy: "Give the columns of the scored rows.",
    });
  }
  const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
  const centred = losses.map((loss) => loss - mean);
  const columns = table.features.map((feature, column) => codeColumn(feature, column, coding));
  const search: Search = { losses: centred, columns, total: sumsOf(centred), minRows };
  const singles = singleConditions(search);
  const tested = maxConditions === 1 ? singles : [...singles, ...pairs(search, singles, beam)];
  const pValues = adjust(tested.map(({ pValue }) => pValue));
  const spread = Math.sqrt(moments(search.total).variance);
  const slices = tested
    .map((slice, i) => found(slice, search, { mean, spread, pValue: pValues[i] }))
    .filter(({ pValue, effect }) => pValue <= alpha && effect >= minEffect)
    .sort((a, b) => b.effect - a.effect);
  return Object.freeze({ slices, tried: tested.length });
}

function sumsOf(values: Float64Array): Sums {
  let [sum, squares] = [0, 0];
  for (const value of values) {
    sum += value;
    squares += value * value;
  }
  return { count: values.length, sum, squares };
}

const moments = ({ count, sum, squares }: Sums): Moments => momentsOf(count, sum, squares);

const less = (a: Sums, b: Sums): Sums => ({
  count: a.count - b.count,
  sum: a.sum - b.sum,
  squares: a.squares - b.squares,
});

/** Sums of the losses of each code of a column, over some rows or over all. */
function sumsByCode({ codes, codeCount }: CodedColumn, losses: Float64Array, rows?: Uint32Array): Sums[] {
  const count = new Float64Array(codeCount);
  const sum = new Float64Array(codeCount);
  const squares = new Float64Array(codeCount);
  const length = rows?.length ?? codes.length;
  for (let i = 0; i < length; i++) {
    const row = rows === undefined ? i : rows[i];
    const code = codes[row];
    const loss = losses[row];
    count[code]++;
    sum[code] += loss;
    squares[code] += loss * loss;
  }
  return Array.from(count, (_, code) => ({ count: count[code], sum: sum[code], squares: squares[code] }));
}

function within({ from, to }: Condition, sums: readonly Sums[]): Sums {
  return sums.slice(from, to).reduce((a, b) => ({
    count: a.count + b.count,
    sum: a.sum + b.sum,
    squares: a.squares + b.squares,
  }));
}

/** The test of a slice against the rest of each of the wholes that it is a part of; undefined where either is too small. */
function test(slice: Sums, wholes: readonly Sums[], leastRest: readonly number[]) {
  const rests = wholes.map((whole) => less(whole, slice));
  if (rests.some(({ count }, i) => count < leastRest[i])) return undefined;
  const own = moments(slice);
  const tests = rests.map((rest) => welchGreater(own, moments(rest)));
  return { t: tests[0].t, pValue: Math.max(...tests.map(({ pValue }) => pValue)) };
}

function singleConditions({ losses, columns, total, minRows }: Search): Tested[] {
  return columns.flatMap((column) => {
    const sums = sumsByCode(column, losses);
    return column.conditions.flatMap((condition) => {
      const slice = within(condition, sums);
      if (slice.count < minRows) return [];
      const result = test(slice, [total], [minRows]);
      return result === undefined ? [] : [{ ...slice, ...result, conditions: [condition] }];
    });
  });
}

/** The worst single conditions, each combined with every condition on another column, every pair once. */
function pairs(search: Search, singles: readonly Tested[], beam: number): Tested[] {
  const { losses, columns, total, minRows } = search;
  const bySingle = new Map(singles.map((single) => [single.conditions[0], single]));
  const done = new Set<Condition>();
  return [...singles]
    .sort((a, b) => b.t - a.t)
    .slice(0, beam)
    .flatMap((parent) => {
      const [first] = parent.conditions;
      done.add(first);
      const rows = rowsOf(columns[first.column], first);
      return columns.flatMap((column, c) => {
        if (c === first.column) return [];
        const sums = sumsByCode(column, losses, rows);
        return column.conditions.flatMap((second) => {
          const other = bySingle.get(second);
          if (other === undefined || done.has(second)) return [];
          const slice = within(second, sums);
          if (slice.count < minRows) return [];
          const result = test(slice, [total, parent, other], [minRows, 2, 2]);
          return result === undefined ? [] : [{ ...slice, ...result, conditions: [first, second] }];
        });
      });
    });
}

function rowsOf({ codes }: CodedColumn, { from, to }: Condition): Uint32Array {
  const rows = new Uint32Array(codes.length);
  let count = 0;
  for (let row = 0; row < codes.length; row++) if (codes[row] >= from && codes[row] < to) rows[count++] = row;
  return rows.subarray(0, count);
}

function found(
  slice: Tested,
  { total }: Search,
  { mean, spread, pValue }: { readonly mean: number; readonly spread: number; readonly pValue: number },
): FoundSlice {
  const rest = less(total, slice);
  const [own, other] = [slice.sum / slice.count, rest.sum / rest.count];
  const conditions = [...slice.conditions].sort((a, b) => a.column - b.column).map(({ text }) => text);
  return {
    name: conditions.join(" and "),
    conditions,
    rows: slice.count,
    meanLoss: mean + own,
    otherLoss: mean + other,
    effect: spread === 0 ? 0 : (own - other) / spread,
    pValue,
  };
}
