import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openProject } from "../../compose/index.js";
import { seededRng } from "../../kernel/index.js";
import { temporaryFolders } from "../../../test/support/trips.js";
import { openLiveProject } from "../live/open-live-project.js";
import type { Project } from "../project.js";
import { train, type TrainResult } from "./train.js";

/** A price is ten times the size and an even scatter of ±size; a sort is told by the size alone, but not always. */
function boxesCsv(count: number): string {
  const rng = seededRng(3);
  const lines = Array.from({ length: count }, () => {
    const size = 1 + 3 * rng.next();
    const price = 10 * size + size * (2 * rng.next() - 1);
    const sure = rng.next() < 0.8;
    const sort = sure
      ? size < 2
        ? "small"
        : size < 3
          ? "middle"
          : "large"
      : ["small", "middle", "large"][rng.below(3)];
    return [size.toFixed(4), price.toFixed(4), sort, size > 2.5 === rng.next() < 0.9 ? 1 : 0].join(",");
  });
  return ["size,price,sort,sold", ...lines, ""].join("\n");
}

const config = `
import { atLeast, atMost, beatsBaseline, conformal, csv, defineProject, gbdt, model, notWorseThan, stratified, t, table } from "millwright";

const boxes = table("boxes", {
  from: csv("boxes.csv"),
  schema: { size: t.float(), price: t.float(), sort: t.string(), sold: t.int() },
});
const common = {
  spine: boxes.rows(),
  features: { request: { size: t.float() } },
  split: stratified({ testShare: 0.4 }),
};
const trees = { trees: 60, leaves: 8 };

const high = model("high-price", {
  ...common,
  task: "regression",
  label: (f) => f.price,
  trainer: gbdt({ ...trees, trees: 300, loss: "quantile", quantile: 0.9 }),
  gates: [
    beatsBaseline("pinball"), atMost("pinball", 0.5), atLeast("quantileCoverage", 0.8),
    notWorseThan("champion", "pinball", { margin: 0.01 }),
  ],
});
const price = model("price", {
  ...common,
  task: "regression",
  label: (f) => f.price,
  trainer: gbdt({ ...trees, patience: 10 }),
  intervals: conformal({ coverage: 0.9 }),
  gates: [atLeast("coverage", 0.85), atMost("intervalWidth", 6)],
});
const scattered = model("scattered-price", {
  ...common,
  task: "regression",
  label: (f) => f.price,
  // Quantiles far from the middle are found slowly: rows on the same side of them all pull alike.
  trainer: gbdt({ ...trees, trees: 300 }),
  intervals: conformal({ coverage: 0.9, scores: "quantiles" }),
  gates: [atLeast("coverage", 0.85)],
});
const sort = model("sort", {
  ...common,
  task: "multiclass",
  label: (f) => f.sort,
  classes: ["small", "middle", "large"],
  trainer: gbdt(trees),
  calibration: "temperature",
  sets: conformal({ coverage: 0.9 }),
  gates: [atLeast("coverage", 0.85), atMost("setSize", 2.9)],
});
const sold = model("sold", {
  ...common,
  task: "binary",
  label: (f) => f.sold.eq(1),
  trainer: gbdt(trees),
  sets: conformal({ coverage: 0.95 }),
  gates: [atLeast("coverage", 0.92)],
});
const rare = model("rare", { ...common, task: "binary", label: (f) => f.sold.eq(1), trainer: gbdt(trees), holdout: 0.01, sets: conformal({ coverage: 0.99 }), gates: [atLeast("auc", 0.5)] });

export default defineProject({ name: "boxes", models: [high, price, scattered, sort, sold, rare] });
`;

const folders = temporaryFolders();
let project: Project;
beforeAll(async () => {
  project = await openProject(
    await folders.make({ "millwright.config.ts": config, "boxes.csv": boxesCsv(6_000) }),
  );
});
afterAll(async () => {
  await project.close();
  await folders.removeAll();
});

/** A figure that was measured. */
function figure({ report }: TrainResult, name: string): { value: number; low: number; high: number } {
  const metrics: Readonly<
    Record<string, { value: number | null; interval: { low: number; high: number } | null }>
  > = report.candidate.metrics;
  const { value, interval } = metrics[name];
  if (value === null || interval === null) throw new Error(`${name} was not measured`);
  return { value, low: interval.low, high: interval.high };
}

describe("a model of a quantile", () => {
  test("is judged by its pinball loss and by the share of values below it, against the training quantile", async () => {
    const result = await train(project, "high-price");
    expect(result.gates.map(({ name, passed }) => [name, passed])).toEqual([
      ["pinball beats the baseline", true],
      ["pinball ≤ 0.5", true],
      ["quantileCoverage ≥ 0.8", true],
      ["pinball not worse than the champion", true],
    ]);
    // Values are even in ±size around 10 size: the quantile 0.9 lies at +0.8 size, where the pinball loss of an even
    // scatter of half-width s is s · q(1 − q), here 0.09 size, and sizes are 2.5 on average.
    expect(figure(result, "pinball").value).toBeCloseTo(0.09 * 2.5, 1);
    const share = figure(result, "quantileCoverage");
    expect(share.low).toBeLessThan(0.92);
    expect(share.high).toBeGreaterThan(0.86);
    const { candidate, versusBaseline } = result.report;
    expect(candidate.metrics.rmse).toMatchObject({ value: null });
    // Prices are even between 10 and 40 but for their scatter; a constant at their quantile 0.9, about 37, costs
    // 30 · q(1 − q) / 2 = 1.35, and what scatters beyond 40 a little more.
    expect(versusBaseline?.metrics.pinball?.reference).toBeGreaterThan(1.3);
    expect(versusBaseline?.metrics.pinball?.reference).toBeLessThan(1.5);
    const again = await train(project, "high-price");
    const compared = again.gates.find(({ name }) => name.includes("champion"));
    expect(compared).toMatchObject({ passed: true, detail: expect.stringContaining("champion") as string });
  });
});

describe("intervals", () => {
  test("cover what they promise, are equally wide, and reach the answer", async () => {
    const result = await train(project, "price");
    expect(result.promoted).toBe(true);
    expect(result.conformal).toMatchObject({ kind: "intervals", coverage: 0.9, scores: "absolute" });
    const coverage = figure(result, "coverage");
    expect(coverage.low).toBeLessThan(0.92);
    expect(coverage.high).toBeGreaterThan(0.88);
    // The width is the same everywhere, so its interval has none.
    const width = figure(result, "intervalWidth");
    expect(width.high - width.low).toBeLessThan(1e-5);
    expect(width.value).toBeCloseTo(2 * (result.conformal?.bound ?? NaN), 4);
    const live = await openLiveProject(project, {});
    try {
      const { value = NaN, interval = [NaN, NaN] } = await live.predict("price", { size: 2.5 });
      expect(interval[1] - interval[0]).toBeCloseTo(width.value, 4);
      expect((interval[0] + interval[1]) / 2).toBeCloseTo(value, 4);
    } finally {
      await live.close();
    }
  });

  test("of quantiles are wider where values scatter more", async () => {
    const result = await train(project, "scattered-price");
    const coverage = figure(result, "coverage");
    expect(coverage.high).toBeGreaterThan(0.88);
    const live = await openLiveProject(project, {});
    try {
      const widths: number[] = [];
      for (const size of [1.2, 3.8]) {
        const { interval = [NaN, NaN] } = await live.predict("scattered-price", { size });
        widths.push(interval[1] - interval[0]);
      }
      // An even scatter of ±size: its middle nine tenths are 1.8 size wide.
      expect(widths[0]).toBeGreaterThan(1.5);
      expect(widths[0]).toBeLessThan(3.2);
      expect(widths[1]).toBeGreaterThan(5.6);
      expect(widths[1]).toBeLessThan(8.5);
    } finally {
      await live.close();
    }
  });
});

describe("sets", () => {
  test("of classes cover what they promise, and reach the answer", async () => {
    const result = await train(project, "sort");
    expect(result.gates.every(({ passed }) => passed)).toBe(true);
    const coverage = figure(result, "coverage");
    expect(coverage.high).toBeGreaterThan(0.88);
    const live = await openLiveProject(project, {});
    try {
      const { label, set, probabilities = {} } = await live.predict("sort", { size: 1.2 });
      expect(label).toBe("small");
      expect(set).toContain("small");
      const bound = result.conformal?.bound ?? NaN;
      expect(set).toEqual(Object.keys(probabilities).filter((name) => probabilities[name] >= bound));
    } finally {
      await live.close();
    }
  });

  test("of yes and no", async () => {
    const result = await train(project, "sold");
    const { value } = figure(result, "setSize");
    // One in ten is sold against its size: sets of one label cover nine in ten, so about half of the rows get both.
    expect(value).toBeGreaterThan(1.2);
    expect(value).toBeLessThan(1.95);
    const live = await openLiveProject(project, {});
    try {
      const { set } = await live.predict("sold", { size: 3.9 });
      expect(set).toContain(true);
    } finally {
      await live.close();
    }
  });

  test("from too few rows are refused", async () => {
    await expect(train(project, "rare")).rejects.toMatchObject({ code: "MW0420" });
  });
});
