import type { WindowRequest } from "../../features/index.js";
import { isPlain, slotColumn } from "./window-slots.js";

/*
 * The three ways to add up windows, over the tables `ev` (k, av, x, v…) and `asked` (row, k, t, lo0, lo1, …).
 * Each select gives `row` and then, window by window, the outputs of its slots.
 */

type Operation = WindowRequest["view"]["plan"]["slots"][number]["operation"];
type Windows = WindowRequest["windows"];

/** How many outputs a slot has: a sum of squares is two, high · 2^50 + low. */
export const outputCount = (operation: Operation): number => (operation === "squares" ? 2 : 1);

/** Sums above 2^53 are null for `fold` too; they cross as NaN. */
function outputs(operation: Operation, total: string): string[] {
  switch (operation) {
    case "sum":
      return [`CASE WHEN abs(${total}) <= 9007199254740991 THEN (${total})::DOUBLE ELSE 'NaN'::DOUBLE END`];
    case "squares":
      return [`((${total}) // 1125899906842624)::DOUBLE`, `((${total}) % 1125899906842624)::DOUBLE`];
    default:
      return [`(${total})::DOUBLE`];
  }
}

/** The aggregate of a slot; sums are whole numbers of 128 bits. */
function aggregate(operation: Operation, value: string): string {
  switch (operation) {
    case "count":
      return `count(${value})`;
    case "sum":
      return `sum(${value}::BIGINT)`;
    case "squares":
      return `sum(${value}::HUGEINT * ${value}::HUGEINT)`;
    default:
      return `${operation}(${value})`;
  }
}

const orZero = (operation: Operation, sum: string) =>
  operation === "min" || operation === "max" ? sum : `coalesce(${sum}, 0)`;

function operationsOf({ view }: WindowRequest): readonly Operation[] {
  return view.plan.slots.map(({ operation }) => operation);
}

/** Length of the bins of a range join: no window is longer, so a question reaches into two of them. */
export const binMsOf = ({ windows }: WindowRequest): number =>
  Math.max(...windows.map(({ windowMs, hopMs }) => windowMs + hopMs));

const binsAsked = (binMs: number) => `unnest([floor(t / ${binMs}::DOUBLE), floor(t / ${binMs}::DOUBLE) - 1])`;

/** The bins that some question reaches into: `k`, `bin`. */
export const binsSql = (request: WindowRequest): string =>
  `SELECT DISTINCT k, ${binsAsked(binMsOf(request))} AS bin FROM asked`;

/**
 * A: events meet questions. Both are cut into bins as long as the longest window, so that a question meets
 * the events of two bins of its key and not all of them.
 */
export function rangeSql(request: WindowRequest): string {
  const operations = operationsOf(request);
  const binMs = binMsOf(request);
  const lows = request.windows.map((_, w) => `q.lo${w}`).join(", ");
  const selects = request.windows.flatMap(({ slots }, w) =>
    slots.flatMap((slot) => {
      const operation = operations[slot];
      const filtered = `${aggregate(operation, `e.${slotColumn(slot)}`)} FILTER (WHERE e.x >= q.lo${w})`;
      return outputs(operation, orZero(operation, filtered));
    }),
  );
  return (
    `SELECT q.row, ${selects.join(", ")} ` +
    `FROM (SELECT *, ${binsAsked(binMs)} AS bin FROM asked) q ` +
    `JOIN (SELECT *, floor(x / ${binMs}::DOUBLE) AS bin FROM ev) e ON q.k = e.k AND q.bin = e.bin ` +
    `WHERE e.av < q.t AND e.x >= least(${lows}) GROUP BY q.row`
  );
}

/**
 * Sums over the events of a key before each of some points in time. An event joins the next point of its
 * key, which are few and each there once, so that nothing is tied; only they are summed up in order.
 */
function prefixes(
  { slots }: Windows[number],
  operations: readonly Operation[],
  { place, point }: { place: string; point: string },
) {
  const sums = slots.map((slot, i) => `${aggregate(operations[slot], `e.${slotColumn(slot)}`)} AS s${i}`);
  const running = slots.map((_, i) => `sum(s${i}) OVER upto AS s${i}`);
  return (
    `SELECT k, till, ${running.join(", ")} FROM (SELECT e.k AS k, p.till AS till, ${sums.join(", ")} ` +
    `FROM seen e ASOF JOIN (SELECT DISTINCT k, ${point} AS till FROM asked) p ` +
    `ON e.k = p.k AND e.${place} < p.till GROUP BY e.k, p.till) ` +
    `WINDOW upto AS (PARTITION BY k ORDER BY till ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)`
  );
}

/**
 * B: what was known before the question, less what lies before its window. An event that is known too late
 * for every window is left out first; of the others, one that is not known at t has x ≥ lo(av) ≥ lo(t), for
 * the bound only grows, and so is never subtracted. An ASOF join takes one equality and one inequality alone.
 */
export function prefixSql(request: WindowRequest): string[] {
  const operations = operationsOf(request);
  return request.windows.map((window, w) => {
    const { windowMs, hopMs, slots } = window;
    const low = `floor((av - ${windowMs}::DOUBLE) / ${hopMs}::DOUBLE) * ${hopMs}::DOUBLE`;
    const seen = isPlain(request.view) ? "SELECT * FROM ev" : `SELECT * FROM ev WHERE x >= ${low}`;
    const totals = slots.flatMap((slot, i) =>
      outputs(operations[slot], `(coalesce(h.s${i}, 0)::HUGEINT - coalesce(l.s${i}, 0)::HUGEINT)`),
    );
    const known = prefixes(window, operations, { place: "av", point: "t" });
    const past = prefixes(window, operations, { place: "x", point: `lo${w}` });
    return (
      `WITH seen AS (${seen}), known AS (${known}), past AS (${past}) ` +
      `SELECT q.row, ${totals.join(", ")} FROM asked q ` +
      `ASOF LEFT JOIN known h ON q.k = h.k AND q.t >= h.till ` +
      `ASOF LEFT JOIN past l ON q.k = l.k AND q.lo${w} >= l.till`
    );
  });
}

/** C: events and questions in one order of time, and a frame from each question's bound. For whole times alone. */
export function frameSql(request: WindowRequest): string {
  const operations = operationsOf(request);
  const values = request.view.plan.slots.map((_, i) => slotColumn(i));
  const lows = request.windows.map((_, w) => `lo${w}`);
  const frames = lows.map(
    (low, w) =>
      `f${w} AS (PARTITION BY k ORDER BY x RANGE BETWEEN (x - coalesce(${low}, x - 1)) PRECEDING AND 1 PRECEDING)`,
  );
  const selects = request.windows.flatMap(({ slots }, w) =>
    slots.flatMap((slot) => {
      const operation = operations[slot];
      const framed = `${aggregate(operation, slotColumn(slot))} OVER f${w}`;
      return outputs(operation, orZero(operation, framed));
    }),
  );
  const named = selects.map((select, i) => `${select} AS o${i}`);
  const nothing = (names: readonly string[]) => names.map((name) => `NULL::DOUBLE AS ${name}`).join(", ");
  return (
    `SELECT row, ${selects.map((_, i) => `o${i}`).join(", ")} FROM (SELECT row, ${named.join(", ")} FROM (` +
    `SELECT k, x, NULL::INTEGER AS row, ${values.join(", ")}, ${nothing(lows)} FROM ev UNION ALL ` +
    `SELECT k, t AS x, row, ${nothing(values)}, ${lows.join(", ")} FROM asked) ` +
    `WINDOW ${frames.join(", ")}) WHERE row IS NOT NULL`
  );
}
