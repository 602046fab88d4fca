import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { FeatureTable } from "../../learning/index.js";
import { describePerturbation, perturb } from "./perturb.js";
import { assessRobustness, judgeBehaviour, type ScoreTable } from "./robustness.js";
import { compileRobustness, type ModelFeatures, type RobustnessOptions } from "./robustness-options.js";
import type { RegressionScored } from "./scored.js";

const codeOf = (code: string, facts: object = {}) => expect.objectContaining({ code, ...facts }) as Error;

const features: ModelFeatures = {
  model: "fare",
  task: "regression",
  columns: [
    { name: "distance", kind: "number" },
    { name: "hour", kind: "number" },
    { name: "origin", kind: "text" },
  ],
};
const rows = 60;
const table: FeatureTable = {
  rowCount: rows,
  features: [
    { kind: "number", name: "distance", values: Float32Array.from({ length: rows }, (_, row) => row) },
    { kind: "number", name: "hour", values: Float32Array.from({ length: rows }, (_, row) => (row * 7) % 24) },
    {
      kind: "text",
      name: "origin",
      codes: Int32Array.from({ length: rows }, (_, row) => row % 3),
      dictionary: ["a", "b", "c"],
    },
  ],
};

/** 2·distance − hour; what is missing counts 0, and an origin makes no difference but when it is unknown. */
const score: ScoreTable = ({ features: [distance, hour, origin], rowCount }) => {
  if (distance.kind !== "number" || hour.kind !== "number" || origin.kind !== "text")
    throw new TypeError("kinds");
  const known = (value: number) => (Number.isNaN(value) ? 0 : value);
  return Promise.resolve(
    Float32Array.from({ length: rowCount }, (_, row) => {
      const surprise = origin.dictionary[origin.codes[row]].length > 1 ? 100 : 0;
      return 2 * known(distance.values[row]) - known(hour.values[row]) + surprise;
    }),
  );
};

async function assess(
  options: RobustnessOptions,
  given: Partial<Parameters<typeof assessRobustness>[0]> = {},
) {
  const scores = await score(table);
  const scored: RegressionScored = {
    task: "regression",
    scores,
    values: Float64Array.from(scores),
    times: new Float64Array(rows),
  };
  return assessRobustness({
    robustness: compileRobustness(options, features),
    scored,
    table,
    score,
    seed: 3,
    ...given,
  });
}

describe("perturbations", () => {
  test("cost what the model relied on, by hand", async () => {
    const { perturbations } = await assess({
      missing: ["hour"],
      shifted: { distance: 1 },
      unknown: ["origin"],
      noise: { hour: 0 },
    });
    const falls = perturbations.map(({ name, falls: { mae } }) => [name, mae?.value ?? NaN] as const);
    // Without the hour the error is its mean; a standard deviation of 0 … 59 is √((60² − 1) / 12), and it counts twice.
    const meanHour =
      Array.from({ length: rows }, (_, row) => (row * 7) % 24).reduce((sum, hour) => sum + hour, 0) / rows;
    expect(falls.map(([name]) => name)).toEqual([
      "hour missing",
      "distance shifted by 1 deviations",
      "hour with noise of 0 deviations",
      "origin unknown",
    ]);
    expect(falls[0][1]).toBeCloseTo(meanHour, 4);
    expect(falls[1][1]).toBeCloseTo(2 * Math.sqrt((60 ** 2 - 1) / 12), 3);
    expect(falls[2][1]).toBe(0);
    expect(falls[3][1]).toBe(100);
  });

  test("have paired intervals, whatever the metric's direction", async () => {
    const { perturbations } = await assess({ shifted: { distance: 1 }, missing: ["hour"] });
    // The same error in every row has no width; r² falls, although more of it is better.
    const [missing, shifted] = perturbations.map(({ falls }) => falls);
    expect(shifted.mae?.interval?.low).toBeCloseTo(shifted.mae?.interval?.high ?? NaN, 4);
    expect(missing.mae?.interval?.low).toBeLessThan(missing.mae?.value ?? NaN);
    expect(missing.r2?.value).toBeGreaterThan(0);
    expect(missing.pinball).toMatchObject({ value: null });
  });

  test("change one column and share the others", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("missing", "shuffled", "outOfRange", "unknown"),
        fc.integer(),
        (kind, seed) => {
          const column = kind === "unknown" ? "origin" : "distance";
          const changed = perturb(table, { kind, column }, seed);
          expect(changed.rowCount).toBe(rows);
          table.features.forEach((feature, i) => {
            if (feature.name !== column) expect(changed.features[i]).toBe(feature);
          });
        },
      ),
    );
  });

  test("are what their names say", () => {
    const number = (kind: "missing" | "outOfRange" | "shuffled") => {
      const [feature] = perturb(table, { kind, column: "distance" }, 1).features;
      return feature.kind === "number" ? Array.from(feature.values) : [];
    };
    expect(number("missing").every(Number.isNaN)).toBe(true);
    expect(new Set(number("outOfRange"))).toEqual(new Set([59 + 59]));
    expect(number("shuffled")).not.toEqual(Array.from({ length: rows }, (_, row) => row));
    expect(number("shuffled").sort((a, b) => a - b)).toEqual(Array.from({ length: rows }, (_, row) => row));
    const [, , origin] = perturb(table, { kind: "missing", column: "origin" }, 1).features;
    expect(origin.kind === "text" && new Set(origin.codes)).toEqual(new Set([-1]));
    const [, , texts] = perturb(table, { kind: "shuffled", column: "origin" }, 1).features;
    expect(texts.kind === "text" && Array.from(texts.codes).filter((code) => code === 0)).toHaveLength(20);
    expect(describePerturbation({ kind: "outOfRange", column: "hour" })).toBe("hour out of range");
  });

  test("by noise have about its size, and leave what is missing", () => {
    const values = Float32Array.from({ length: 20_000 }, (_, row) => (row === 7 ? NaN : row % 2));
    const wide: FeatureTable = { rowCount: 20_000, features: [{ kind: "number", name: "x", values }] };
    const [feature] = perturb(wide, { kind: "noise", column: "x", deviations: 2 }, 5).features;
    if (feature.kind !== "number") throw new TypeError("kinds");
    expect(feature.values[7]).toBeNaN();
    const added = Array.from(feature.values, (value, row) => value - values[row]).filter(
      (value) => !Number.isNaN(value),
    );
    const mean = added.reduce((sum, value) => sum + value, 0) / added.length;
    const deviation = Math.sqrt(added.reduce((sum, value) => sum + (value - mean) ** 2, 0) / added.length);
    // Zeros and ones in equal number have deviation ½, so noise of two has 1; the error of 20,000 is about 0.005.
    expect(deviation).toBeCloseTo(1, 1);
    expect(Math.abs(mean)).toBeLessThan(0.03);
  });
});

describe("behavioural tests", () => {
  test("hold where the model is as declared", async () => {
    const { tests } = await assess({
      invariant: [{ column: "origin" }],
      increasing: [{ column: "distance" }],
      decreasing: [{ column: "hour", deviations: 0.5 }],
    });
    expect(tests.map(({ name, passed, violations }) => [name, passed, violations])).toEqual([
      ["changing origin does not change the prediction", true, 0],
      ["raising distance does not lower the prediction", true, 0],
      ["raising hour does not raise the prediction", true, 0],
    ]);
  });

  test("fail where it is not, and count the rows", async () => {
    const { tests } = await assess({
      invariant: [{ column: "distance", within: 0.5 }],
      increasing: [{ column: "hour" }],
      decreasing: [{ column: "distance", within: 1000 }],
    });
    expect(tests.map(({ passed }) => passed)).toEqual([false, false, true]);
    expect(tests[1]).toMatchObject({ violations: rows, rows });
    expect(tests[2].worst).toBeGreaterThan(30);
  });

  test("take a change of `within` and the share of rows as declared, at their bounds", () => {
    const before = Float32Array.of(0, 0, 0, 0);
    const judge = (kind: "invariant" | "increasing" | "decreasing", within: number, share = 0) =>
      judgeBehaviour(
        { name: kind, kind, perturbation: { kind: "shuffled", column: "x" }, within, share },
        { before, after: Float32Array.of(0, 0.5, -0.25, 0), width: 1 },
      );
    expect(judge("invariant", 0.5)).toMatchObject({ passed: true, violations: 0, worst: 0.5 });
    expect(judge("invariant", 0.25)).toMatchObject({ passed: false, violations: 1 });
    expect(judge("invariant", 0.25, 0.25)).toMatchObject({ passed: true, violations: 1 });
    expect(judge("increasing", 0)).toMatchObject({ passed: false, violations: 1, worst: 0.25 });
    expect(judge("decreasing", 0)).toMatchObject({ passed: false, violations: 1, worst: 0.5 });
  });

  test("of several scores a row look at each, and nothing at all is no pass", () => {
    const test = {
      name: "",
      kind: "invariant" as const,
      perturbation: { kind: "shuffled" as const, column: "x" },
      within: 0,
      share: 0,
    };
    const before = Float32Array.of(0.5, 0.5, 0.25, 0.75);
    const after = Float32Array.of(0.5, 0.5, 0.25, 0.5);
    expect(judgeBehaviour(test, { before, after, width: 2 })).toMatchObject({ rows: 2, violations: 1 });
    const none = new Float32Array();
    expect(judgeBehaviour(test, { before: none, after: none, width: 1 }).passed).toBe(false);
  });
});

describe("what is declared", () => {
  test("names the nearest feature of the right kind: MW0501", () => {
    const bad = (options: RobustnessOptions) => () => compileRobustness(options, features);
    expect(bad({ missing: ["distanc"] })).toThrow(codeOf("MW0501", { remedy: 'Did you mean "distance"?' }));
    expect(bad({ noise: { origin: 1 } })).toThrow(codeOf("MW0501", { found: 'the text feature "origin"' }));
    expect(bad({ unknown: ["hour"] })).toThrow(codeOf("MW0501", { remedy: "Valid names: origin." }));
    expect(bad({ increasing: [{ column: "origin" }] })).toThrow(codeOf("MW0501"));
    expect(() =>
      compileRobustness({ increasing: [{ column: "hour" }] }, { ...features, task: "multiclass" }),
    ).toThrow(codeOf("MW0501", { found: "one per class" }));
  });

  test("has known keys and numbers within bounds: MW0103, MW0104", () => {
    const bad = (options: object) => () => compileRobustness(options, features);
    expect(bad({ missin: [] })).toThrow(codeOf("MW0103"));
    expect(bad({ invariant: [{ column: "hour", eps: 1 }] })).toThrow(codeOf("MW0103"));
    expect(bad({ noise: { hour: -1 } })).toThrow(codeOf("MW0104"));
    expect(bad({ invariant: [{ column: "hour", share: 2 }] })).toThrow(codeOf("MW0104"));
    expect(bad({ increasing: [{ column: "hour", deviations: 0 }] })).toThrow(codeOf("MW0104"));
  });

  test("is plain data", () => {
    const { definition } = compileRobustness(
      { missing: ["hour"], invariant: [{ column: "origin" }] },
      features,
    );
    expect(definition).toEqual({
      perturbations: [{ kind: "missing", column: "hour" }],
      tests: [
        {
          name: "changing origin does not change the prediction",
          kind: "invariant",
          perturbation: { kind: "shuffled", column: "origin" },
          within: 0,
          share: 0,
        },
      ],
    });
  });
});

describe("an assessment", () => {
  test("needs a table of the scored rows, and all of their scores: MW0505", async () => {
    const options = { missing: ["hour"] };
    await expect(assess(options, { table: { ...table, rowCount: 3 } })).rejects.toThrow(codeOf("MW0505"));
    const short: ScoreTable = () => Promise.resolve(new Float32Array(3));
    await expect(assess(options, { score: short })).rejects.toThrow(codeOf("MW0505"));
  });

  test("can be cancelled: MW0105", async () => {
    await expect(assess({ missing: ["hour"] }, { signal: AbortSignal.abort() })).rejects.toThrow(
      codeOf("MW0105"),
    );
  });

  test("is plain JSON, and the same for the same seed", async () => {
    const options = { noise: { distance: 1 }, invariant: [{ column: "hour" }] };
    const first = await assess(options);
    expect(JSON.parse(JSON.stringify(first))).toEqual(first);
    expect(await assess(options)).toEqual(first);
    expect(await assess(options, { seed: 4 })).not.toEqual(first);
  });
});
