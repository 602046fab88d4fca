import { describe, expect, test } from "vitest";
import { evaluate } from "./evaluate.js";
import type { Figures } from "./figures.js";
import { anomalyRows, binaryRows, multiclassRows, quantileRows, rankingRows } from "./task-rows.testing.js";

const closeTo = (value: number): unknown => expect.closeTo(value, 12);

/** Single-precision scores that are exact, so figures agree to rounding. */
function expectFigures(metrics: Figures, expected: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(expected)) {
    expect.soft({ [name]: metrics[name as keyof Figures]?.value }).toEqual({ [name]: closeTo(value) });
  }
}

// All figures were computed by scikit-learn 1.9.1 on the same rows: the functions of the metric table, with
// `sample_weight` for the weighted ones.
describe("metrics agree with scikit-learn", () => {
  test("binary", () => {
    expectFigures(evaluate(binaryRows(), 1).metrics, {
      auc: 0.8525083999536553,
      logLoss: 0.4954735896815019,
      brier: 0.166387939453125,
      averagePrecision: 0.7336854705477454,
      bestF1: 0.7194244604316548,
      accuracy: 0.76,
      precision: 0.5824175824175825,
      recall: 0.8412698412698413,
      f1: 0.6883116883116883,
      mcc: 0.5260134424147631,
    });
  });

  test("binary, weighted", () => {
    expectFigures(evaluate(binaryRows({ weighted: true }), 1).metrics, {
      auc: 0.874818281743077,
      logLoss: 0.4723189852431664,
      brier: 0.1567458662014563,
      averagePrecision: 0.7579979837527857,
      bestF1: 0.7413793103448275,
      accuracy: 0.7786407766990291,
      precision: 0.5973451327433629,
      recall: 0.8544303797468354,
      f1: 0.703125,
      mcc: 0.5571463439954404,
    });
  });

  test("multiclass", () => {
    const { metrics, classes, confusion } = evaluate(multiclassRows(), 1);
    expectFigures(metrics, {
      logLoss: 0.8307443529707779,
      accuracy: 0.59,
      balancedAccuracy: 0.43943232465399956,
      macroF1: 0.4410387398893146,
      weightedF1: 0.5564240102171136,
      macroAuc: 0.7321317400578811,
    });
    expect(confusion).toEqual([
      [8, 10, 17],
      [7, 12, 30],
      [8, 10, 98],
    ]);
    // precision_score and recall_score with average=None: 8 / 23, 12 / 32, 98 / 145 and 8 / 35, 12 / 49, 98 / 116.
    expect(classes.map(({ precision }) => precision.value)).toEqual([8 / 23, 12 / 32, 98 / 145]);
    expect(classes.map(({ recall }) => recall.value)).toEqual([8 / 35, 12 / 49, 98 / 116]);
    expect(classes.map(({ name, rows }) => [name, rows])).toEqual([
      ["a", 35],
      ["b", 49],
      ["c", 116],
    ]);
  });

  test("multiclass, weighted", () => {
    expectFigures(evaluate(multiclassRows({ weighted: true }), 1).metrics, {
      logLoss: 0.837046996129542,
      accuracy: 0.5941747572815534,
      balancedAccuracy: 0.44521082562240394,
      macroF1: 0.4484311580798576,
      weightedF1: 0.5556072962408918,
      macroAuc: 0.7298768150094374,
    });
  });

  test("regression", () => {
    const { metrics, zeros } = evaluate(quantileRows(), 1);
    expectFigures(metrics, {
      rmse: 0.46271110047199,
      mae: 0.37625,
      medianAbsoluteError: 0.3125,
      r2: 0.88372892228739,
      mape: 0.2481539134770876,
      smape: 0.3450096685369185,
      poissonDeviance: 0.20299784109420962,
      pinball: 0.14614583333333334,
      coverage: 0.995,
      intervalWidth: 2,
    });
    expect(zeros).toBe(17);
  });

  test("regression, weighted", () => {
    expectFigures(evaluate(quantileRows({ weighted: true }), 1).metrics, {
      rmse: 0.4706978139303761,
      mae: 0.387621359223301,
      medianAbsoluteError: 0.3125,
      r2: 0.8775403589348034,
      mape: 0.26217021953952424,
      smape: 0.34800267210013025,
      poissonDeviance: 0.20329666003592145,
      pinball: 0.1480987055016181,
      coverage: 0.9922330097087378,
    });
  });

  test("ranking, by ndcg_score, which averages over the orders of ties as well", () => {
    expectFigures(evaluate(rankingRows(3), 1).metrics, { ndcg: 0.5118193085509212 });
    expectFigures(evaluate(rankingRows(6), 1).metrics, { ndcg: 0.7633973627018367 });
  });

  test("anomaly: the binary figures, of scores that need be no probabilities", () => {
    expectFigures(evaluate(anomalyRows(), 1).metrics, {
      auc: 0.8525083999536553,
      averagePrecision: 0.7336854705477454,
    });
  });
});
