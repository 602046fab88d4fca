import { afterAll, beforeAll, expect, test } from "vitest";
import type { FeatureColumns } from "../../features/index.js";
import { findModel } from "../project.js";
import { proveFeatures, type Proved } from "./prove-features.js";
import { createSteps } from "../train/steps.js";
import { snapshotSources } from "../train/snapshot-data.js";
import { openTrainingData } from "../train/training-data.js";
import { trainedProject, type TrainedProject } from "../train/trained-project.testing.js";

let trained: TrainedProject;
let proved: Proved;
beforeAll(async () => {
  trained = await trainedProject();
  const { project } = trained;
  const model = findModel(project, "late-trip");
  const versions = await snapshotSources(project, model);
  const data = await openTrainingData(project, { model, versions, steps: createSteps(project) });
  const { features } = await data.features();
  const { table, times } = data;
  proved = { set: model.features, table, times, events: await data.events(), features };
});
afterAll(() => trained.close());

type Feature = FeatureColumns["features"][number];

/** The features with one value of one of them replaced. */
function withValue(name: string, row: number, value: number | string): Proved {
  const features = proved.features.map((feature): Feature => {
    if (feature.name !== name) return feature;
    if (feature.kind === "number") {
      const values = feature.values.slice();
      values[row] = value as number;
      return { ...feature, values };
    }
    const codes = feature.codes.slice();
    codes[row] = feature.dictionary.indexOf(value as string);
    return { ...feature, codes };
  });
  return { ...proved, features };
}

const lastRow = () => proved.table.rowCount - 1;
const valueOf = (name: string, row: number): number => {
  const feature = proved.features.find((one) => one.name === name);
  return feature?.kind === "number" ? feature.values[row] : NaN;
};

test("the online path gives every feature of the latest 2,000 rows", async () => {
  expect(await proveFeatures(proved)).toEqual({
    kind: "feature-parity",
    passed: true,
    rows: 2_000,
    mismatches: 0,
    // 3 windows, vehicle, distance, rain and hour.
    detail: "0 of 14,000 feature values differ between serving and training",
  });
});

test("one value that differs, by its last bit, by null or by its text, is found", async () => {
  const mean = valueOf("city_mean_delay_6h", lastRow());
  const bits = new Uint32Array(Float32Array.of(mean).buffer);
  bits[0]++;
  const [next] = new Float32Array(bits.buffer);
  for (const wrong of [
    withValue("city_mean_delay_6h", lastRow(), next),
    withValue("city_trips_24h", lastRow() - 1_999, NaN),
    withValue("hour", lastRow() - 7, -1),
    withValue("vehicle", lastRow(), "none of them"),
  ]) {
    expect(await proveFeatures(wrong)).toMatchObject({ passed: false, mismatches: 1, rows: 2_000 });
  }
  // Only the latest rows are asked.
  expect(await proveFeatures(withValue("hour", 0, -1))).toMatchObject({ passed: true });
});

test("an event too many or too few is found", async () => {
  const events = new Map(proved.events);
  const trips = events.get("trips");
  if (trips === undefined) throw new TypeError("no events");
  const availableMs = trips.availableMs.slice();
  // One of the day before the last row becomes unknown to the server.
  availableMs[lastRow() - 40] = NaN;
  events.set("trips", { ...trips, availableMs });
  expect(await proveFeatures({ ...proved, events })).toMatchObject({ passed: false });
});

test("rows without a time are not asked, and without any row nothing is proved", async () => {
  const times = proved.times.map((time, row) => (row < 10 ? time : NaN));
  expect(await proveFeatures({ ...proved, times })).toMatchObject({ passed: true, rows: 10 });
  expect(await proveFeatures({ ...proved, times: times.fill(NaN) })).toMatchObject({ rows: 0 });
});

test("a signal that fires meanwhile is heard, and how far it is can be seen", async () => {
  const controller = new AbortController();
  setImmediate(() => controller.abort());
  await expect(proveFeatures(proved, controller.signal)).rejects.toMatchObject({ code: "MW0105" });
  const shown: number[] = [];
  const start = (_: string, total = 0) => ({
    update: (done: number) => shown.push(done / total),
    finish: () => undefined,
  });
  await proveFeatures(proved, undefined, { start });
  expect(shown.length).toBeGreaterThan(50);
  expect(shown).toEqual([...shown].sort((a, b) => a - b));
  expect(shown.at(-1)).toBe(1);
});
