import { checkNumber, rejectUnknownKeys } from "../../kernel/index.js";
import type { TargetKind } from "../../learning/index.js";
import { bootstrapMeasures } from "../../stats/index.js";
import { trainingErrors } from "../errors.js";
import { smallestSliceRows, type SliceRows } from "./evaluate-slices.js";
import { binaryGroups, regressionGroups, type GroupedRows } from "./fairness-measure.js";
import { figureOf, unmeasured, type Figure, type Unmeasured } from "./figures.js";
import {
  checkScored,
  takeRows,
  unitsOf,
  type BinaryScored,
  type RegressionScored,
  type Resampling,
  type Scored,
} from "./scored.js";

interface GapFacts {
  readonly task: TargetKind;
  readonly better: "higher" | "lower";
  readonly source: string;
}

/** Gaps between groups: the greatest less the least of a group figure, or their ratio. */
export const fairnessTable = Object.freeze({
  demographicParityDifference: { task: "binary", better: "lower", source: "fairlearn: selection rates" },
  demographicParityRatio: {
    task: "binary",
    better: "higher",
    source: "fairlearn: least by greatest selection rate",
  },
  equalOpportunityDifference: { task: "binary", better: "lower", source: "Hardt 2016: true positive rates" },
  equalisedOddsDifference: {
    task: "binary",
    better: "lower",
    source: "fairlearn equalized_odds_difference: the greater gap of true and false positive rates",
  },
  calibrationDifference: { task: "binary", better: "lower", source: "mean probability less observed rate" },
  meanPredictionDifference: { task: "regression", better: "lower", source: "mean predictions" },
  meanErrorDifference: { task: "regression", better: "lower", source: "mean of prediction less value" },
  maeDifference: { task: "regression", better: "lower", source: "mean absolute errors" },
} satisfies Record<string, GapFacts>);

export type FairnessGap = keyof typeof fairnessTable;

/** One group of rows. A group that is too small has no figures and is in no gap. */
export type FairnessGroup =
  | {
      readonly state: "measured";
      readonly value: string;
      readonly rows: number;
      /** Binary: selectionRate, truePositiveRate, falsePositiveRate, accuracy, calibration; regression: meanPrediction,
       * meanError, mae. */
      readonly figures: Readonly<Record<string, Figure>>;
    }
  | {
      readonly state: "insufficient";
      readonly value: string;
      readonly rows: number;
      readonly reason: string;
    };

/** How a model treats the groups of an attribute. Plain JSON. */
export interface FairnessReport {
  readonly attribute: string;
  readonly task: "binary" | "regression";
  readonly groups: readonly FairnessGroup[];
  readonly gaps: Readonly<Partial<Record<FairnessGap, Figure>>>;
  readonly resampling: Resampling & { readonly replicates: number };
}

export interface FairnessOptions {
  readonly seed: number;
  /** Groups with fewer rows are insufficient. Default 500. */
  readonly minRows?: number;
  /** Default 200. */
  readonly replicates?: number;
}

/**
 * Compares the groups of an attribute. Noise can only widen a gap, and more so between many small groups: intervals lie
 * high, and a gate on their upper end is strict. Rows of no group count for nothing.
 * @param rows the groups: positions in the scored rows
 * @throws MW0504 for another task than binary and regression, MW0502 for rows that cannot be evaluated
 */
export function measureFairness(
  scored: Scored,
  { dimension, groups }: SliceRows,
  options: FairnessOptions,
): FairnessReport {
  rejectUnknownKeys(options, ["seed", "minRows", "replicates"], "measureFairness()");
  const { seed, replicates = 200 } = options;
  const minRows = checkNumber(options.minRows ?? smallestSliceRows, "minRows", {
    min: 2,
    max: 1e12,
    whole: true,
  });
  checkScored(scored);
  const fair = requireFair(scored);
  const { task } = fair;
  const states = [...groups].map(([value, positions]) => ({
    value,
    positions,
    problem: insufficiency(scored, positions, minRows),
  }));
  const enough = states.filter(({ problem }) => problem === undefined);
  const { figures, resampling } = groupFigures(
    fair,
    enough.map(({ positions }) => positions),
    { seed, replicates },
  );
  return Object.freeze({
    attribute: dimension,
    task,
    groups: states.map(({ value, positions, problem }) => {
      const common = { value, rows: positions.length };
      if (problem !== undefined) return { state: "insufficient" as const, ...common, reason: problem };
      const number = enough.findIndex((state) => state.value === value);
      return { state: "measured" as const, ...common, figures: ofGroup(figures, number) };
    }),
    gaps: gapsOf(task, enough.length, figures),
    resampling: { ...resampling, replicates },
  });
}

function gapsOf(
  task: FairnessReport["task"],
  groups: number,
  figures: ReadonlyMap<string, Figure>,
): FairnessReport["gaps"] {
  const names = (Object.keys(fairnessTable) as FairnessGap[]).filter(
    (gap) => fairnessTable[gap].task === task,
  );
  const tooFew = unmeasured("fewer than two groups have enough rows");
  return Object.fromEntries(names.map((gap) => [gap, groups < 2 ? tooFew : (figures.get(gap) as Figure)]));
}

function requireFair(scored: Scored): BinaryScored | RegressionScored {
  if (scored.task === "binary" || scored.task === "regression") return scored;
  throw trainingErrors.error("MW0504", {
    expected: "a binary or a regression model",
    found: `a ${scored.task} model`,
    remedy: "Evaluate its slices instead.",
  });
}

function insufficiency(scored: Scored, rows: Uint32Array, minRows: number): string | undefined {
  if (rows.length < minRows) return `fewer than ${minRows} rows`;
  if (scored.task !== "binary") return undefined;
  const positives = rows.reduce((sum, row) => sum + scored.labels[row], 0);
  return positives === 0 || positives === rows.length ? "one class" : undefined;
}

/** The rows of some groups one after another, and the group of each. */
function grouped<S extends Scored>(scored: S, groups: readonly Uint32Array[]): GroupedRows<S> {
  const count = groups.reduce((sum, rows) => sum + rows.length, 0);
  const rows = new Uint32Array(count);
  const groupOf = new Uint16Array(count);
  let next = 0;
  groups.forEach((positions, g) => {
    rows.set(positions, next);
    groupOf.fill(g, next, (next += positions.length));
  });
  return { scored: takeRows(scored, rows), groupOf, groups: groups.length };
}

/** All figures of the groups and their gaps, by name. */
function groupFigures(
  scored: BinaryScored | RegressionScored,
  groups: readonly Uint32Array[],
  options: { readonly seed: number; readonly replicates: number },
): { readonly figures: ReadonlyMap<string, Figure>; readonly resampling: Resampling } {
  const { units, resampling } = unitsOf(grouped(scored, groups).scored);
  if (groups.length === 0) return { figures: new Map(), resampling };
  const measure =
    scored.task === "binary"
      ? binaryGroups(grouped(scored, groups), units)
      : regressionGroups(grouped(scored, groups), units);
  const [{ figures, values, draws }] = bootstrapMeasures([measure], units, options);
  const reason = "a group has no row to divide by";
  return {
    figures: new Map(figures.map(({ name }, f) => [name, figureOf(values[f], draws[f], reason)])),
    resampling,
  };
}

function ofGroup(
  figures: ReadonlyMap<string, Figure>,
  group: number,
): Readonly<Record<string, Figure | Unmeasured>> {
  const prefix = `${group}:`;
  const own = [...figures].filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(own.map(([name, found]) => [name.slice(prefix.length), found]));
}
