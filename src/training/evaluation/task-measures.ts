import {
  binaryMeasure,
  intervalMeasure,
  multiclassMeasure,
  pinballMeasure,
  rankingMeasure,
  rankScores,
  regressionMeasure,
  topMeasure,
  type Measure,
  type SampleUnits,
} from "../../stats/index.js";
import { meanMeasure } from "./mean-measure.js";
import { metricsOf } from "./metric-table.js";
import {
  byTask,
  labelCountOf,
  ranked,
  type AnomalyScored,
  type BinaryScored,
  type MulticlassScored,
  type RankingScored,
  type RegressionScored,
  type Scored,
} from "./scored.js";

/** What a model is measured by. */
export interface TaskMeasures {
  readonly measures: readonly Measure[];
  /** By metric: why it is not measured, or why it may turn out to be undefined. */
  readonly reasons: Readonly<Record<string, string>>;
}

export const defaultThreshold = 0.5;
export const defaultDepth = 10;
export const defaultTop = 100;

/** The measures of a model's task over units of its rows. Throws MW0502 for binary rows that cannot be ranked. */
export const measuresOf = (scored: Scored, units: SampleUnits): TaskMeasures =>
  byTask(
    {
      binary: binaryMeasures,
      multiclass: multiclassMeasures,
      regression: regressionMeasures,
      ranking: rankingMeasures,
      anomaly: anomalyMeasures,
    },
    scored,
    units,
  );

/** The weights as an option that may be absent. */
function weightsOf({ weights }: Scored): { readonly weights?: Float32Array } {
  return weights === undefined ? {} : { weights };
}

function binaryMeasures(scored: BinaryScored, units: SampleUnits): TaskMeasures {
  const { threshold = defaultThreshold } = scored;
  return {
    measures: [
      binaryMeasure(ranked(scored), units, { threshold, ...weightsOf(scored) }),
      ...setMeasures(scored, units),
    ],
    reasons: { ...withoutSets, precision: `no row is predicted positive at ${threshold}` },
  };
}

function multiclassMeasures(scored: MulticlassScored, units: SampleUnits): TaskMeasures {
  const { scores, labels, classes } = scored;
  const given = { scores, labels, classes: classes.length, ...weightsOf(scored) };
  const each = classes.flatMap((name, c) => [
    [`precision:${c}`, `"${name}" is never predicted`],
    [`recall:${c}`, `"${name}" does not occur`],
  ]);
  return {
    measures: [multiclassMeasure(given, units), ...setMeasures(scored, units)],
    reasons: {
      ...withoutSets,
      macroAuc: "only one class occurs",
      ...(Object.fromEntries(each) as Record<string, string>),
    },
  };
}

const withoutSets = { coverage: "there are no sets", setSize: "there are no sets" };

/** How many sets hold the row's label, and how many labels a set holds. */
function setMeasures(scored: BinaryScored | MulticlassScored, units: SampleUnits): readonly Measure[] {
  const { sets, labels, times } = scored;
  if (sets === undefined) return [];
  const width = labelCountOf(scored);
  const sizes = Uint16Array.from(labels, (_, row) =>
    sets.subarray(row * width, (row + 1) * width).reduce((size, member) => size + member, 0),
  );
  const columns = {
    coverage: (row: number) => sets[row * width + labels[row]],
    setSize: (row: number) => sizes[row],
  };
  return [meanMeasure(columns, { rows: times.length, ...weightsOf(scored) }, units)];
}

/** The column of the quantile 0.5, or the only column; undefined where there is none. */
export function pointPrediction({ scores, quantiles, values }: RegressionScored): Float32Array | undefined {
  if (quantiles === undefined) return scores;
  const column = quantiles.indexOf(0.5);
  return column < 0 ? undefined : columnOf(scores, column, values.length);
}

function columnOf(scores: Float32Array, column: number, rows: number): Float32Array {
  const width = scores.length / rows;
  return Float32Array.from({ length: rows }, (_, row) => scores[row * width + column]);
}

function regressionMeasures(scored: RegressionScored, units: SampleUnits): TaskMeasures {
  const { values, scores, quantiles = [] } = scored;
  const predicted = pointPrediction(scored);
  const intervals = intervalsOf(scored);
  const weights = weightsOf(scored);
  const measures = [
    ...(predicted === undefined ? [] : [regressionMeasure({ predicted, values, ...weights }, units)]),
    ...(quantiles.length === 0
      ? []
      : [pinballMeasure({ scores, levels: quantiles, values, ...weights }, units)]),
    ...(quantiles.length === 1
      ? [
          meanMeasure(
            { quantileCoverage: (row) => Number(values[row] <= scores[row]) },
            { rows: values.length, ...weights },
            units,
          ),
        ]
      : []),
    ...(intervals === undefined ? [] : [intervalMeasure({ ...intervals, values, ...weights }, units)]),
  ];
  const none = "there is no prediction of the quantile 0.5";
  const reasons =
    predicted === undefined
      ? Object.fromEntries(metricsOf("regression").map((name) => [name, none]))
      : {
          r2: "all values are equal",
          mape: "all values are 0",
          poissonDeviance: "a value is below 0 or a prediction not above 0",
        };
  const intervalReason = "there are no intervals";
  return {
    measures,
    reasons: {
      ...reasons,
      pinball: "there are no quantiles",
      quantileCoverage: "there is not one quantile",
      coverage: intervalReason,
      intervalWidth: intervalReason,
    },
  };
}

/** The given intervals, or those between the outermost of at least two quantiles. */
function intervalsOf({ intervals, quantiles = [], scores, values }: RegressionScored) {
  if (intervals !== undefined || quantiles.length < 2) return intervals;
  return {
    low: columnOf(scores, 0, values.length),
    high: columnOf(scores, quantiles.length - 1, values.length),
  };
}

function rankingMeasures(scored: RankingScored, units: SampleUnits): TaskMeasures {
  const { scores, relevance, k = defaultDepth } = scored;
  const reason = "no list has a relevant item";
  return {
    measures: [rankingMeasure({ scores, relevance, k, ...weightsOf(scored) }, units)],
    reasons: Object.fromEntries(metricsOf("ranking").map((name) => [name, reason])),
  };
}

function anomalyMeasures(scored: AnomalyScored, units: SampleUnits): TaskMeasures {
  const { scores, labels, k = defaultTop } = scored;
  const without = (reason: string): TaskMeasures => ({
    measures: [],
    reasons: Object.fromEntries(metricsOf("anomaly").map((name) => [name, reason])),
  });
  if (labels === undefined) return without("no labels");
  const result = rankScores(scores, labels);
  if (!result.ok) return without(result.detail);
  return {
    measures: [topMeasure(result.ranked, units, { k, ...weightsOf(scored) })],
    reasons: { precisionAtK: `the rows count for less than ${k}` },
  };
}
