import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openProject } from "../../compose/index.js";
import { temporaryFolders } from "../../../test/support/trips.js";
import type { Project } from "../project.js";
import { train, type TrainResult } from "./train.js";

const config = `
import { atLeast, atMost, byGroup, csv, defineProject, gbdt, model, stratified, t, table } from "millwright";
const rows = table("rows", {
  from: csv("rows.csv"),
  schema: { size: t.float(), fixed: t.int(), gap: t.float().optional(), price: t.float().optional(), sort: t.string() },
});
const common = {
  spine: rows.rows(),
  features: { request: { size: t.float(), fixed: t.int(), gap: t.float().optional() } },
  split: stratified({ testShare: 0.4 }),
  trainer: gbdt({ trees: 5, leaves: 4 }),
};
const price = model("price", {
  ...common, task: "regression", label: (f) => f.price, gates: [atMost("rmse", 1e9)],
});
const sort = model("sort", {
  ...common, task: "multiclass", label: (f) => f.sort, classes: ["a", "b", "never"], gates: [atLeast("accuracy", 0)],
});
const grouped = model("grouped", {
  ...common, task: "regression", label: (f) => f.price, gates: [atMost("rmse", 1e9)],
  split: byGroup({ column: "sort", testShare: 0.4 }),
});
const single = model("single", {
  ...common, task: "binary", label: (f) => f.size.ge(0), gates: [atLeast("auc", 0)],
});
export default defineProject({ name: "rows", models: [price, sort, grouped, single] });
`;

const folders = temporaryFolders();
let folder: string;
let project: Project;
beforeAll(async () => {
  folder = await folders.make({ "millwright.config.ts": config });
  project = await openProject(folder);
});
afterAll(async () => {
  await project.close();
  await folders.removeAll();
});

interface Row {
  readonly size: number;
  readonly price: number | null;
  readonly sort?: string;
}

async function trainOn(model: string, rows: readonly Row[]): Promise<TrainResult> {
  const lines = rows.map(({ size, price, sort }, i) =>
    [size, 7, "", price ?? "", sort ?? (i % 2 === 0 ? "a" : "b")].join(","),
  );
  await writeFile(join(folder, "rows.csv"), ["size,fixed,gap,price,sort", ...lines, ""].join("\n"));
  return train(project, model);
}

const plain = Array.from({ length: 200 }, (_, i): Row => ({ size: i, price: 3 * i }));
const changed = (at: number, row: Partial<Row>) =>
  plain.map((each, i) => (i < at ? { ...each, ...row } : each));

test("what teaches nothing is warned of, and the training goes on", async () => {
  const { warnings, version } = await trainOn("sort", plain);
  expect(version).toBe(1);
  expect(warnings).toEqual([
    'feature "fixed" is 7 in all 120 training rows: nothing can be learned from it',
    'feature "gap" is missing in all 120 training rows: nothing can be learned from it',
    'class "never" does not occur in the training rows: it is never learned',
    'class "never" does not occur in the test rows: it is not judged',
  ]);
});

// 3.40282347e38 is the largest finite number of IEEE 754 binary32.
test("features beyond the range of float32 are a warning with their column, how many they are, and the limit", async () => {
  const { warnings } = await trainOn("price", changed(2, { size: 1e300 }));
  expect(warnings[0]).toBe(
    'feature "size" is infinite or beyond the range of float32 (3.40282347e38) in 2 of 200 rows: it counts as missing there',
  );
});

// A line through such labels may lead a hundred million times as far before it leaves the range.
test.each([-1e300, -3e38, 1.1e30])("labels beyond 1e30 are refused: %d", async (price) => {
  await expect(trainOn("price", changed(200, { price }))).rejects.toMatchObject({
    code: "MW0409",
    expected: expect.stringContaining("at most 1e+30") as string,
    found: expect.stringMatching(/^120 of 120 rows/) as string,
  });
});

test("labels and features just below the limits are learned and judged", async () => {
  // The differences of these features lie beyond float32.
  const rows = plain.map((_, i) =>
    i < 150 ? { size: -3.4e38, price: -1e30 } : { size: 3.4e38, price: 1e30 },
  );
  const { report, warnings } = await trainOn("price", rows);
  expect(warnings.filter((warning) => !/"(fixed|gap)"/.test(warning))).toEqual([]);
  // Five rounds at the default rate of 0.1 leave 0.9^5 of the labels' deviation, which is √0.75 · 1e30.
  const { rmse } = report.candidate.metrics;
  expect((rmse?.value ?? NaN) / 1e30).toBeCloseTo(0.9 ** 5 * Math.sqrt(0.75), 1);
  // A line goes through two points.
  const baseline: Readonly<Record<string, number | null>> = report.baseline?.metrics ?? {};
  expect((baseline.rmse ?? NaN) / 1e30).toBeCloseTo(0, 1);
});

test("a label of numbers that never differs is a warning: the model can only say that one", async () => {
  const { warnings, promoted } = await trainOn("price", changed(200, { price: 4 }));
  expect(warnings.slice(-2)).toEqual([
    "the label is 4 in all 120 training rows: there is nothing to learn",
    "the label is 4 in all 80 test rows: it cannot tell a good model from a constant",
  ]);
  expect(promoted).toBe(true);
});

test("rows without a label are no rows to learn from, whatever the split", async () => {
  await expect(trainOn("price", changed(200, { price: null }))).rejects.toMatchObject({
    code: "MW1123",
    found: "none of 200: 0 may still change, 200 without a label",
    remedy: expect.stringMatching(/null/) as string,
  });
});

test("a single class is not blamed on a period where there is none", async () => {
  await expect(trainOn("single", plain)).rejects.toMatchObject({
    code: "MW0403",
    remedy: expect.not.stringMatching(/period/) as string,
  });
});

test("a single group cannot be divided, and that is said", async () => {
  await expect(trainOn("grouped", changed(200, { sort: "a" }))).rejects.toMatchObject({
    code: "MW0209",
    found: 'values of "sort": 1, in 200 rows that can be learned from',
    remedy: expect.stringContaining('more values of "sort"') as string,
  });
});

test("one row of a table is spoken of as a row", async () => {
  await expect(trainOn("price", plain.slice(0, 1))).rejects.toMatchObject({
    code: "MW0209",
    found: "1 row that can be learned from",
    remedy: expect.not.stringContaining("byTime") as string,
  });
});
