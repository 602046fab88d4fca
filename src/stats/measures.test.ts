import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bestThreshold, binaryMeasure } from "./binary-measure.js";
import { bootstrapMeasures, measureSample, percentileInterval, type Measure } from "./measure.js";
import { classRates, multiclassMeasure, predictedClasses } from "./multiclass-measure.js";
import { drawnAuc } from "./drawn-auc.js";
import { rankScores } from "./ranking.js";
import { rankingMeasure } from "./ranking-measure.js";
import { listFigures } from "./ranking-metrics.js";
import { intervalMeasure, pinballMeasure, regressionMeasure } from "./regression-measure.js";
import { groupUnits, rowUnits, type SampleUnits } from "./resampling.js";
import { topMeasure } from "./top-measure.js";

/** Small numbers, so that ties are common. */
interface Row {
  readonly score: number;
  readonly other: number;
  readonly label: number;
  readonly group: number;
  readonly times: number;
}

const someRows = fc.array(
  fc.record({
    score: fc.integer({ min: 0, max: 8 }),
    other: fc.integer({ min: 0, max: 8 }),
    label: fc.integer({ min: 0, max: 2 }),
    group: fc.integer({ min: 0, max: 3 }),
    times: fc.integer({ min: 0, max: 3 }),
  }),
  { minLength: 4, maxLength: 30 },
);

const floats = (rows: readonly Row[], of: (row: Row) => number) => Float32Array.from(rows, of);

function binaryRanking(rows: readonly Row[]) {
  const result = rankScores(
    floats(rows, ({ score }) => score / 8),
    Uint8Array.from(rows, ({ label }) => Number(label === 2)),
  );
  return result.ok ? result.ranked : undefined;
}

/** The measures of rows, by task; undefined where the rows are of one class. */
const measures: Record<string, (rows: readonly Row[], units: SampleUnits) => Measure | undefined> = {
  binary(rows, units) {
    const ranking = binaryRanking(rows);
    // One bin: bins stay those of the sample, which repeated rows would move.
    return ranking && binaryMeasure(ranking, units, { threshold: 0.5, bins: 1 });
  },
  top(rows, units) {
    const ranking = binaryRanking(rows);
    return ranking && topMeasure(ranking, units, { k: 3 });
  },
  regression: (rows, units) =>
    regressionMeasure(
      {
        predicted: floats(rows, ({ score }) => score + 0.5),
        values: Float64Array.from(rows, ({ other }) => other),
      },
      units,
    ),
  pinball: (rows, units) =>
    pinballMeasure(
      {
        scores: Float32Array.from(rows.flatMap(({ score }) => [score - 1, score + 1])),
        levels: [0.25, 0.75],
        values: Float64Array.from(rows, ({ other }) => other),
      },
      units,
    ),
  interval: (rows, units) =>
    intervalMeasure(
      {
        low: floats(rows, ({ score }) => score - 2),
        high: floats(rows, ({ score }) => score + 2),
        values: Float64Array.from(rows, ({ other }) => other),
      },
      units,
    ),
  multiclass: (rows, units) =>
    multiclassMeasure(
      {
        scores: Float32Array.from(
          rows.flatMap(({ score, other }) => [score / 16, other / 16, 1 - (score + other) / 16]),
        ),
        labels: Uint16Array.from(rows, ({ label }) => label),
        classes: 3,
      },
      units,
    ),
};

/** Undefined figures are NaN on both sides. */
function expectClose(found: number, expected: number): void {
  if (Number.isNaN(expected)) expect(found).toBeNaN();
  else expect(found).toBeCloseTo(expected, 9);
}

describe.each(Object.keys(measures))("the %s measure", (task) => {
  const build = measures[task];
  const skipped = (name: string) => task === "multiclass" && name === "ece";

  test("of drawn rows is that of the rows repeated", () => {
    fc.assert(
      fc.property(someRows, (rows) => {
        const repeated = rows.flatMap((row) => new Array<Row>(row.times).fill(row));
        const measure = build(rows, rowUnits(rows.length));
        const again = repeated.length === 0 ? undefined : build(repeated, rowUnits(repeated.length));
        if (measure === undefined || again === undefined) return;
        const drawn = measure.of(Uint16Array.from(rows, ({ times }) => times));
        const expected = measureSample(again, rowUnits(repeated.length));
        measure.figures.forEach(({ name }, f) => {
          if (!skipped(name)) expectClose(drawn?.[f] ?? NaN, expected[f]);
        });
      }),
    );
  });

  test("by groups is that of the groups' rows drawn together, whatever the rows count for", () => {
    fc.assert(
      fc.property(someRows, (rows) => {
        if (new Set(rows.map(({ group }) => group)).size < 2) return;
        const units = groupUnits(Int32Array.from(rows, ({ group }) => group));
        const measure = build(rows, units);
        if (measure === undefined) return;
        const multiplicity = Uint16Array.from({ length: units.count }, (_, unit) => (unit * 7) % 3);
        const byRow = Uint16Array.from(units.ofRow, (unit) => multiplicity[unit]);
        const grouped = measure.of(multiplicity);
        const single = build(rows, rowUnits(rows.length))?.of(byRow);
        expect(grouped === undefined).toBe(single === undefined);
        grouped?.forEach((value, f) => expectClose(value, single?.[f] ?? NaN));
      }),
    );
  });
});

describe("ranked lists with ties", () => {
  /** All orders of the items that keep higher scores first. */
  function orders(items: readonly number[], scores: readonly number[]): number[][] {
    if (items.length === 0) return [[]];
    const top = Math.max(...items.map((i) => scores[i]));
    return items
      .filter((i) => scores[i] === top)
      .flatMap((first) =>
        orders(
          items.filter((i) => i !== first),
          scores,
        ).map((rest) => [first, ...rest]),
      );
  }

  function naive(order: readonly number[], relevance: readonly number[], k: number) {
    const gains = order.map((i) => relevance[i]);
    const dcg = (values: readonly number[]) =>
      values.slice(0, k).reduce((sum, gain, i) => sum + gain / Math.log2(i + 2), 0);
    const hits = gains.flatMap((gain, i) => (gain > 0 ? [i] : []));
    return {
      ndcg: dcg(gains) / dcg([...gains].sort((a, b) => b - a)),
      averagePrecision: hits.reduce((sum, at, found) => sum + (found + 1) / (at + 1), 0) / hits.length,
      reciprocalRank: 1 / (hits[0] + 1),
      recall: hits.filter((at) => at < k).length / hits.length,
    };
  }

  test("have the mean figures over all orders of the ties", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 2 })), {
          minLength: 1,
          maxLength: 6,
        }),
        fc.integer({ min: 1, max: 7 }),
        (items, k) => {
          const scores = items.map(([score]) => score);
          const relevance = items.map(([, gain]) => gain);
          const found = listFigures(scores, relevance, k);
          if (relevance.every((gain) => gain === 0)) {
            expect(Object.values(found)).toEqual([NaN, NaN, NaN, NaN]);
            return;
          }
          const all = orders([...items.keys()], scores).map((order) => naive(order, relevance, k));
          for (const name of ["ndcg", "averagePrecision", "reciprocalRank", "recall"] as const) {
            const mean = all.reduce((sum, figures) => sum + figures[name], 0) / all.length;
            expect(found[name]).toBeCloseTo(mean, 10);
          }
        },
      ),
    );
  });

  test("count by list, whatever their length, and not at all without a relevant item", () => {
    // Reciprocal ranks 1/2 and 1; the third list has nothing relevant. Weights 1 and 3: (1/2 + 3) / 4.
    const lists = {
      scores: Float32Array.of(3, 2, 9, 5, 4),
      relevance: Float64Array.of(0, 1, 2, 0, 0),
      weights: Float32Array.of(1, 1, 3, 8, 8),
      k: 10,
    };
    const units = groupUnits(Int32Array.of(0, 0, 1, 2, 2));
    const measure = rankingMeasure(lists, units);
    const mrr = measure.figures.findIndex(({ name }) => name === "mrr");
    expect(measureSample(measure, units)[mrr]).toBeCloseTo(3.5 / 4, 12);
    // The first list drawn twice, the second not at all.
    expect(measure.of(Uint16Array.of(2, 0, 1))?.[mrr]).toBeCloseTo(0.5, 12);
  });
});

describe("classes", () => {
  test("of equal probabilities go to the first", () => {
    const scores = Float32Array.of(0.5, 0.5, 0, 0.25, 0.25, 0.5);
    expect(predictedClasses({ scores, classes: 3 })).toEqual(Uint16Array.of(0, 2));
  });

  test("that are neither label nor prediction are in no average, by hand", () => {
    // Labels 0, 0, 1; predictions 0, 1, 1; class 2 never: recalls 1/2 and 1, F1 2/3 and 2/3.
    const rates = classRates(Float64Array.of(1, 1, 0, 0, 1, 0, 0, 0, 0), 3);
    expect(rates.balancedAccuracy).toBe(0.75);
    expect(rates.macroF1).toBeCloseTo(2 / 3, 12);
    expect(rates.weightedF1).toBeCloseTo(2 / 3, 12);
    expect([rates.precision[2], rates.recall[2]]).toEqual([NaN, NaN]);
  });

  test("have a calibration error of their top label, by hand", () => {
    // Confidences 0.75 (right), 0.75 (wrong) and 0.5 (right): two bins, |1.5 − 1| and |0.5 − 1|; by three rows.
    const given = {
      scores: Float32Array.of(0.75, 0.25, 0.75, 0.25, 0.5, 0.5),
      labels: Uint16Array.of(0, 1, 0),
      classes: 2,
    };
    const measure = multiclassMeasure(given, rowUnits(3));
    const ece = measure.figures.findIndex(({ name }) => name === "ece");
    expect(measureSample(measure, rowUnits(3))[ece]).toBeCloseTo(1 / 3, 12);
  });
});

describe("the AUC of drawn units", () => {
  test("by pairs of few units is that by rows of many", () => {
    fc.assert(
      fc.property(someRows, (rows) => {
        const ranking = binaryRanking(rows);
        if (ranking === undefined) return;
        // Units that are never drawn make many of few.
        const few = rowUnits(rows.length);
        const many = { ...few, count: 1000 };
        const drawn = Uint16Array.from({ length: 1000 }, (_, unit) => rows[unit]?.times ?? 0);
        const base = floats(rows, ({ other }) => 1 + other / 4);
        expectClose(drawnAuc(ranking, few, base)(drawn), drawnAuc(ranking, many, base)(drawn));
      }),
    );
  });
});

describe("the best threshold", () => {
  test("is that of the highest F1 over all distinct scores", () => {
    fc.assert(
      fc.property(someRows, (rows) => {
        const ranking = binaryRanking(rows);
        if (ranking === undefined) return;
        const f1At = (threshold: number) => {
          const predicted = rows.filter(({ score }) => score / 8 >= threshold);
          const tp = predicted.filter(({ label }) => label === 2).length;
          return (2 * tp) / (predicted.length + ranking.positives);
        };
        const { threshold, f1 } = bestThreshold(ranking);
        const best = Math.max(...rows.map(({ score }) => f1At(score / 8)));
        expect(f1).toBeCloseTo(best, 12);
        expect(f1At(threshold)).toBeCloseTo(best, 12);
      }),
    );
  });
});

describe("bootstrapping measures", () => {
  const measure = (values: readonly number[]): Measure => ({
    figures: [{ name: "sum" }],
    of: (multiplicity) =>
      Float64Array.of(values.reduce((sum, value, unit) => sum + value * multiplicity[unit], 0)),
  });

  test("draws alike for all, so that differences are paired", () => {
    const units = rowUnits(50);
    const values = Array.from({ length: 50 }, (_, i) => i);
    const shifted = values.map((value) => value * 2);
    const [a, b] = bootstrapMeasures([measure(values), measure(shifted)], units, { seed: 4 });
    expect(Array.from(b.draws[0])).toEqual(Array.from(a.draws[0], (value) => value * 2));
    const [alone] = bootstrapMeasures([measure(shifted)], units, { seed: 4 });
    expect(alone.draws).toEqual(b.draws);
  });

  test("gives up on a sample that hardly ever has a usable replicate: MW1401", () => {
    const never: Measure = {
      figures: [{ name: "x" }],
      of: (m) => (m[0] === 1 && m[1] === 1 ? Float64Array.of(1) : undefined),
    };
    const units = rowUnits(100);
    expect(() => bootstrapMeasures([{ ...never, of: () => undefined }], units, { seed: 1 })).toThrow(
      /MW1401/,
    );
    const rare: Measure = {
      ...never,
      of: (m) => (m.every((count) => count === 1) ? Float64Array.of(1) : undefined),
    };
    expect(() => bootstrapMeasures([rare], units, { seed: 1, replicates: 2 })).toThrow(/MW1401/);
  });

  test("has no interval of what is undefined in more than a tenth of the replicates", () => {
    const draws = (undefinedOnes: number) =>
      Float64Array.from({ length: 100 }, (_, i) => (i < undefinedOnes ? NaN : i));
    expect(percentileInterval(draws(11), 0.95)).toBeUndefined();
    expect(percentileInterval(draws(10), 0.95)?.high).toBeGreaterThan(90);
  });

  test("refuses one group: MW1401", () => {
    expect(() => groupUnits(Int32Array.of(3, 3))).toThrow(/MW1401/);
  });
});
