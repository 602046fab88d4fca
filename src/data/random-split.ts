import { checkNumber, seededRng, type Canonical } from "../kernel/index.js";
import { rejectUnknownKeys } from "./options.js";
import {
  badSplit,
  checkHeld,
  checkParts,
  foundRows,
  checkShare,
  splitPart,
  type Split,
  type SplitRows,
} from "./split.js";

export interface GroupSplit {
  /** The column of the spine whose values are the groups; rows without a value are in no part. */
  readonly column: string;
  /** The share of groups, above 0 and below 1, that tests. */
  readonly testShare: number;
  /** Default 0. */
  readonly seed?: number;
}

/** Splits whole groups at random: no group is in both parts, so that what was learned of one cannot help in the test. */
export function byGroup(options: GroupSplit): Split {
  rejectUnknownKeys(options, ["column", "testShare", "seed"], "options of byGroup()");
  const { column, testShare, seed = 0 } = options;
  checkShare(testShare, "testShare");
  checkSeed(seed);
  if (typeof column !== "string" || column === "") {
    throw badSplit(
      "the name of a column of the spine",
      JSON.stringify(column) ?? "nothing",
      'Name one, e.g. byGroup({ column: "user", testShare: 0.3 }).',
    );
  }
  const strata = ({ times, groups }: SplitRows) => {
    if (groups === undefined) throw new TypeError("a split by group was given no groups");
    return { stratum: () => 0, unit: (row: number) => (Number.isNaN(times[row]) ? -1 : groups[row]) };
  };
  const definition = { by: "group", column, testShare, seed };
  return randomSplit({ kind: "group", definition, testShare, seed, strata, column });
}

export interface StratifiedSplit {
  /** The share of rows, above 0 and below 1, that tests. */
  readonly testShare: number;
  /** Default 0. */
  readonly seed?: number;
}

/** Values are stratified by so many intervals of equal numbers of rows. */
const valueStrata = 10;

/**
 * Splits rows at random, each class, or each tenth of the values, in the same proportion. It forgets time: use
 * it only for rows that do not depend on one another and whose features hold nothing of the past.
 */
export function stratified(options: StratifiedSplit): Split {
  rejectUnknownKeys(options, ["testShare", "seed"], "options of stratified()");
  const { testShare, seed = 0 } = options;
  checkShare(testShare, "testShare");
  checkSeed(seed);
  const strata = ({ times, outcome, classes }: SplitRows) => {
    const bounds = classes ? undefined : quantiles(outcome);
    return {
      stratum: (row: number) =>
        bounds === undefined ? outcome[row] : bounds.filter((bound) => bound <= outcome[row]).length,
      unit: (row: number) => (Number.isNaN(times[row]) ? -1 : row),
    };
  };
  const definition = { by: "stratum", testShare, seed };
  return randomSplit({ kind: "stratified", definition, testShare, seed, strata });
}

/** Which rows belong together: equal units of one stratum. A unit of −1 is in no part. */
interface Strata {
  stratum(row: number): number;
  unit(row: number): number;
}

interface RandomSplit {
  readonly kind: "group" | "stratified";
  readonly definition: Canonical;
  readonly testShare: number;
  readonly seed: number;
  readonly strata: (rows: SplitRows) => Strata;
  readonly column?: string;
}

function randomSplit({ kind, definition, testShare, seed, strata, column }: RandomSplit): Split {
  return Object.freeze({
    kind,
    definition,
    ...(column === undefined ? {} : { column }),
    assign(rows: SplitRows) {
      const by = strata(rows);
      const all = Uint32Array.from(rows.times.keys());
      const chosen = drawUnits(all, by, { share: testShare, seed });
      const parts = Uint8Array.from(all, (row) => {
        const unit = by.unit(row);
        if (unit < 0) return splitPart.none;
        return chosen.has(unit) ? splitPart.test : splitPart.train;
      });
      return checkParts(parts, () => foundUnits(rows, by, column), remedyOf(column));
    },
    hold(rows: SplitRows, train: Uint32Array, share: number) {
      const by = strata(rows);
      const chosen = drawUnits(train, by, { share, seed: seed + 1 });
      return checkHeld({
        fit: train.filter((row) => !chosen.has(by.unit(row))),
        held: train.filter((row) => chosen.has(by.unit(row))),
      });
    },
  } satisfies Split);
}

/** How many rows there are to divide, and how many groups they make where groups are what is divided. */
function foundUnits({ times }: SplitRows, by: Strata, column?: string): string {
  if (column === undefined) return foundRows(times);
  const groups = new Set(Array.from(times.keys(), (row) => by.unit(row)));
  groups.delete(-1);
  return `values of "${column}": ${groups.size}, in ${foundRows(times)}`;
}

const remedyOf = (column?: string) =>
  column === undefined
    ? "Give it more rows, or another testShare."
    : `A group is in one part only: give it more values of "${column}", another testShare, or another split.`;

/** A share of each stratum's units, drawn without replacement (Fisher and Yates), strata in ascending order. */
function drawUnits(
  rows: Uint32Array,
  by: Strata,
  { share, seed }: { readonly share: number; readonly seed: number },
): Set<number> {
  const units = new Map<number, Set<number>>();
  for (const row of rows) {
    const unit = by.unit(row);
    if (unit < 0) continue;
    const stratum = by.stratum(row);
    const known = units.get(stratum);
    if (known === undefined) units.set(stratum, new Set([unit]));
    else known.add(unit);
  }
  const rng = seededRng(seed);
  const chosen = new Set<number>();
  for (const [, members] of [...units].sort(([a], [b]) => a - b)) {
    const order = [...members].sort((a, b) => a - b);
    const count = Math.round(order.length * share);
    for (let i = 0; i < count; i++) {
      const other = i + rng.below(order.length - i);
      [order[i], order[other]] = [order[other], order[i]];
      chosen.add(order[i]);
    }
  }
  return chosen;
}

/** The inner bounds of intervals with about equal numbers of values. */
function quantiles(values: Float64Array): number[] {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  return Array.from(
    { length: valueStrata - 1 },
    (_, i) => sorted[Math.floor((sorted.length * (i + 1)) / valueStrata)],
  );
}

const checkSeed = (seed: number) =>
  checkNumber(seed, "the seed of a split", { min: 0, max: 2 ** 32 - 2, whole: true });
