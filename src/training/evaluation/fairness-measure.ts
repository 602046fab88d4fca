import { rowWeights, sumByCell, type Measure, type SampleUnits } from "../../stats/index.js";
import type { BinaryScored, RegressionScored, Scored } from "./scored.js";
import { defaultThreshold, pointPrediction } from "./task-measures.js";

/** Rows with the number of their group. */
export interface GroupedRows<S extends Scored = Scored> {
  readonly scored: S;
  readonly groupOf: Uint16Array;
  readonly groups: number;
}

type GroupFigures<Name extends string> = Readonly<Record<Name, Float64Array>>;

const range = (values: Float64Array) => Math.max(...values) - Math.min(...values);

/** Figures per group, named `number:figure`, then the gaps. */
function groupMeasure<Name extends string>(
  { scored, groups }: GroupedRows,
  units: SampleUnits,
  spec: {
    readonly names: readonly Name[];
    readonly gaps: Readonly<Record<string, (figures: GroupFigures<Name>) => number>>;
    readonly of: (weights: Float64Array) => GroupFigures<Name>;
  },
): Measure {
  const { names, gaps, of } = spec;
  const fill = rowWeights(units, scored.weights === undefined ? {} : { base: scored.weights });
  const weights = new Float64Array(scored.times.length);
  const each = Array.from({ length: groups }, (_, g) => g);
  return Object.freeze({
    figures: [...each.flatMap((g) => names.map((name) => `${g}:${name}`)), ...Object.keys(gaps)].map(
      (name) => ({
        name,
      }),
    ),
    of(multiplicity: Uint16Array) {
      fill(multiplicity, weights);
      const figures = of(weights);
      return Float64Array.of(
        ...each.flatMap((g) => names.map((name) => figures[name][g])),
        ...Object.values(gaps).map((gap) => gap(figures)),
      );
    },
  });
}

type Confusion = Readonly<Record<"tn" | "fp" | "fn" | "tp" | "all", number>>;

const binaryNames = [
  "selectionRate",
  "truePositiveRate",
  "falsePositiveRate",
  "accuracy",
  "calibration",
] as const;
type BinaryName = (typeof binaryNames)[number];

const binaryGaps = {
  demographicParityDifference: ({ selectionRate }) => range(selectionRate),
  demographicParityRatio: ({ selectionRate }) => Math.min(...selectionRate) / Math.max(...selectionRate),
  equalOpportunityDifference: ({ truePositiveRate }) => range(truePositiveRate),
  equalisedOddsDifference: ({ truePositiveRate, falsePositiveRate }) =>
    Math.max(range(truePositiveRate), range(falsePositiveRate)),
  calibrationDifference: ({ calibration }) => range(calibration),
} satisfies Record<string, (figures: GroupFigures<BinaryName>) => number>;

/** Rates of groups at the threshold, and how far mean probability lies above the observed rate. */
export function binaryGroups(rows: GroupedRows<BinaryScored>, units: SampleUnits): Measure {
  const { scored, groupOf, groups } = rows;
  const { scores, labels, threshold = defaultThreshold } = scored;
  const cells = Uint32Array.from(
    groupOf,
    (group, row) => group * 4 + labels[row] * 2 + Number(scores[row] >= threshold),
  );
  return groupMeasure(rows, units, {
    names: binaryNames,
    gaps: binaryGaps,
    of(weights) {
      const table = sumByCell(weights, cells, groups * 4);
      const predicted = new Float64Array(groups);
      for (let row = 0; row < groupOf.length; row++) predicted[groupOf[row]] += weights[row] * scores[row];
      const per = (rate: (counts: Confusion, group: number) => number) =>
        Float64Array.from({ length: groups }, (_, g) => {
          const [tn, fp, fn, tp] = table.subarray(g * 4, g * 4 + 4);
          return rate({ tn, fp, fn, tp, all: tn + fp + fn + tp }, g);
        });
      return {
        selectionRate: per(({ fp, tp, all }) => (fp + tp) / all),
        truePositiveRate: per(({ fn, tp }) => tp / (fn + tp)),
        falsePositiveRate: per(({ tn, fp }) => fp / (tn + fp)),
        accuracy: per(({ tn, tp, all }) => (tn + tp) / all),
        calibration: per(({ fn, tp, all }, g) => (predicted[g] - fn - tp) / all),
      };
    },
  });
}

const regressionNames = ["meanPrediction", "meanError", "mae"] as const;
type RegressionName = (typeof regressionNames)[number];

const regressionGaps = {
  meanPredictionDifference: ({ meanPrediction }) => range(meanPrediction),
  meanErrorDifference: ({ meanError }) => range(meanError),
  maeDifference: ({ mae }) => range(mae),
} satisfies Record<string, (figures: GroupFigures<RegressionName>) => number>;

/** Mean prediction and errors of groups; undefined without a point prediction. */
export function regressionGroups(rows: GroupedRows<RegressionScored>, units: SampleUnits): Measure {
  const { scored, groupOf, groups } = rows;
  const { values } = scored;
  const predicted = pointPrediction(scored) ?? new Float32Array(values.length).fill(NaN);
  return groupMeasure(rows, units, {
    names: regressionNames,
    gaps: regressionGaps,
    of(weights) {
      const mass = sumByCell(weights, groupOf, groups);
      const mean = (of: (row: number) => number) => {
        const sums = new Float64Array(groups);
        for (let row = 0; row < groupOf.length; row++) sums[groupOf[row]] += weights[row] * of(row);
        return sums.map((sum, g) => sum / mass[g]);
      };
      return {
        meanPrediction: mean((row) => predicted[row]),
        meanError: mean((row) => predicted[row] - values[row]),
        mae: mean((row) => Math.abs(predicted[row] - values[row])),
      };
    },
  });
}
