import { rm } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { defaultTrips, edited, tripsConfig, type Trip } from "../../../test/support/trips.js";
import { t, valueAt, type Schema, type Value } from "../../kernel/index.js";
import { buildTrainingSet, type TrainingSet } from "./build-training-set.js";
import { openLiveProject } from "../live/open-live-project.js";
import type { Project } from "../project.js";
import { trainedProject, type TrainedProject } from "./trained-project.testing.js";

let trained: TrainedProject;
beforeAll(async () => {
  trained = await trainedProject();
});
afterAll(() => trained.close());

const [hourMs, dayMs] = [3_600_000, 86_400_000];
const model = "late-trip";

/** By hand from the configuration. */
const atMs = ({ at }: Trip) => Date.parse(at);
const knownMs = (trip: Trip) => atMs(trip) + hourMs + Math.max(0, trip.delay) * 60_000;

const columns = [
  "spine_row",
  "spine_time",
  "label",
  "city_mean_delay_6h",
  "city_late_rate_24h",
  "city_trips_24h",
];
const schema: Schema = {
  ...{
    spine_row: t.int(),
    spine_time: t.timestamp(),
    label: t.int(),
    city_mean_delay_6h: t.float().optional(),
  },
  ...{
    city_late_rate_24h: t.float().optional(),
    city_trips_24h: t.float().optional(),
    distance: t.float().optional(),
  },
  ...{ rain: t.float().optional(), hour: t.float().optional(), vehicle: t.string().optional() },
};

async function rowsOf(project: Project, { blob }: TrainingSet): Promise<Record<string, Value>[]> {
  const table = await project.engine.readTable(await project.blobs.localPath(blob), schema);
  return Array.from({ length: table.rowCount }, (_, row) =>
    Object.fromEntries(Object.entries(table.columns).map(([name, column]) => [name, valueAt(column, row)])),
  );
}

/** The trips of a city that count for a question in a window, in the words of the definition. */
const counted = (
  trips: readonly Trip[],
  { city, timeMs, hours }: { city: string; timeMs: number; hours: number },
) => {
  const hopMs = hours < 12 ? 5 * 60_000 : hourMs;
  const lowMs = Math.floor((timeMs - hours * hourMs) / hopMs) * hopMs;
  return trips.filter((trip) => trip.city === city && knownMs(trip) < timeMs && atMs(trip) >= lowMs);
};

function expectRow(row: Record<string, Value>, trip: Trip, trips: readonly Trip[]): void {
  const day = counted(trips, { city: trip.city, timeMs: atMs(trip), hours: 24 });
  const delays = counted(trips, { city: trip.city, timeMs: atMs(trip), hours: 6 }).map(({ delay }) => delay);
  const share = (n: number, of: number) => (of === 0 ? null : Math.fround(n / of));
  expect(row).toEqual({
    spine_row: row.spine_row,
    spine_time: atMs(trip),
    label: trip.delay > 5 ? 1 : 0,
    city_mean_delay_6h: share(
      delays.reduce((sum, delay) => sum + delay, 0),
      delays.length,
    ),
    city_late_rate_24h: share(day.filter(({ delay }) => delay > 5).length, day.length),
    city_trips_24h: day.length,
    distance: trip.distance,
    rain: trip.rain === null ? null : Math.fround(trip.rain),
    hour: new Date(atMs(trip)).getUTCHours(),
    vehicle: trip.vehicle,
  });
}

describe("a training set", () => {
  test("has one row for every row of the spine whose label is final", async () => {
    const { project } = trained;
    const { set, reused } = await buildTrainingSet(project, { model });
    const watermarkMs = Math.max(...defaultTrips.map(knownMs));
    const final = defaultTrips.filter((trip) => atMs(trip) + dayMs <= watermarkMs);
    expect(set).toMatchObject({
      model,
      ...{ live: null, asOfMs: null, watermarkMs, rows: final.length },
      refused: { immature: defaultTrips.length - final.length, unlabelled: 0 },
      parity: { rows: 2_000, mismatches: 0 },
    });
    expect(reused).toBe(false);
    expect(set.columns.map(({ name }) => name)).toEqual([...columns, "distance", "rain", "hour", "vehicle"]);
    const rows = await rowsOf(project, set);
    expect(rows.map(({ spine_row }) => spine_row)).toEqual(final.map((_, row) => row));
    for (let row = 0; row < rows.length; row += 17) expectRow(rows[row], final[row], defaultTrips);
  });

  test("is the one that a training run names, and is found again", async () => {
    const first = await buildTrainingSet(trained.project, { model });
    expect(first.set.id).toMatch(/^ts_[0-9a-f]{24}$/);
    expect(first.set.id).toBe(trained.result.trainingSet);
    const again = await buildTrainingSet(trained.project, { model });
    expect(again).toEqual({ ...first, reused: true });
  });

  test("is the same elsewhere: equal inputs give one id and equal content", async () => {
    const elsewhere = await trained.copyWith(tripsConfig);
    const here = await buildTrainingSet(trained.project, { model });
    const there = await buildTrainingSet(elsewhere, { model });
    expect(there.reused).toBe(false);
    expect(there.set.id).toBe(here.set.id);
    expect(there.set.content).toBe(here.set.content);
  });

  test("is built again when its file is gone", async () => {
    const project = await trained.copyWith(tripsConfig);
    const first = await buildTrainingSet(project, { model });
    await rm(await project.blobs.localPath(first.set.blob), { force: true });
    const again = await buildTrainingSet(project, { model });
    expect(again.reused).toBe(false);
    expect(again.set.content).toBe(first.set.content);
    expect(await project.blobs.has(again.set.blob)).toBe(true);
  });

  test("is another one after any change of definition, label, maturity or moment", async () => {
    const { set } = await buildTrainingSet(trained.project, { model });
    const changes = [
      ['mean(f.delay).over("6h")', 'mean(f.delay).over("5h")'],
      ["label: (f) => f.delay.gt(5)", "label: (f) => f.delay.gt(6)"],
      ['matureAfter: "1d"', 'matureAfter: "2d"'],
    ] as const;
    const ids = [set.id];
    for (const [from, to] of changes) {
      const other = await trained.copyWith(edited(tripsConfig, from, to));
      ids.push((await buildTrainingSet(other, { model })).set.id);
    }
    const asOfMs = Date.parse("2024-01-20T00:00Z");
    const past = await buildTrainingSet(trained.project, { model, asOfMs });
    ids.push(past.set.id);
    expect(new Set(ids).size).toBe(5);
    // Trips of the 18th and before are mature on the 20th; none of them was known later than that.
    expect(past.set).toMatchObject({ asOfMs, watermarkMs: asOfMs, rows: 18 * 96 + 1 });
    // What does not decide on rows, labels and features makes no other set.
    const trees = await trained.copyWith(edited(tripsConfig, "trees: 12", "trees: 13"));
    expect((await buildTrainingSet(trees, { model })).set.id).toBe(set.id);
  });
});

test("one delay that changes makes another training set", async () => {
  const before = await buildTrainingSet(trained.project, { model });
  const trips = defaultTrips.map((trip, row) => (row === 1_000 ? { ...trip, delay: trip.delay + 1 } : trip));
  const after = await buildTrainingSet(await trained.copyWith(tripsConfig, trips), { model });
  expect(after.set.id).not.toBe(before.set.id);
  expect(after.set.content).not.toBe(before.set.content);
});

describe("a training set with the events of a live state", () => {
  const fromMs = Date.parse("2024-01-20T00:00Z");
  const later = defaultTrips.filter((trip) => knownMs(trip) >= fromMs);

  async function tell(project: Project, live: string, trips: readonly Trip[]): Promise<void> {
    const opened = await openLiveProject(project, { live, asOfMs: fromMs });
    const told = trips.map(({ at, ...trip }) => ({ ...trip, at: Date.parse(at) }));
    if (told.length > 0) expect((await opened.ingest("trips", told)).accepted).toBe(told.length);
    await opened.close();
  }

  test("has its history and its log, and equals the set of a file with all of them", async () => {
    const project = await trained.copyWith(tripsConfig);
    await tell(project, "replayed", later);
    const live = await buildTrainingSet(project, { model, live: "replayed" });
    const file = await buildTrainingSet(project, { model });
    expect(live.set.id).not.toBe(file.set.id);
    expect(live.set).toMatchObject({
      rows: file.set.rows,
      watermarkMs: file.set.watermarkMs,
      live: { trips: { beforeMs: fromMs, end: { live: "replayed", sequence: later.length + 1 } } },
      parity: { mismatches: 0 },
    });
    const byTime = (rows: Record<string, Value>[]) =>
      rows.map(({ spine_row: _, ...row }) => row).sort((a, b) => Number(a.spine_time) - Number(b.spine_time));
    const rows = await rowsOf(project, live.set);
    expect(byTime(rows)).toEqual(byTime(await rowsOf(project, file.set)));
    // Rows of the log come behind those of the dataset version.
    const [first] = rows.filter(({ spine_row }) => Number(spine_row) >= defaultTrips.length);
    expect(first).toMatchObject({ spine_row: 2880, spine_time: atMs(later[0]) });
  });

  test("is another one with every event more", async () => {
    const project = await trained.copyWith(tripsConfig);
    await tell(project, "growing", []);
    const begun = await buildTrainingSet(project, { model, live: "growing" });
    const watermarkMs = Math.max(...defaultTrips.map(knownMs).filter((known) => known < fromMs));
    const final = defaultTrips.filter((trip) => atMs(trip) + dayMs <= watermarkMs);
    expect(begun.set).toMatchObject({ watermarkMs, rows: final.length });
    await tell(project, "growing", later.slice(0, 1));
    const more = await buildTrainingSet(project, { model, live: "growing" });
    expect(more.set.id).not.toBe(begun.set.id);
    expect(await buildTrainingSet(project, { model, live: "growing" })).toMatchObject({
      reused: true,
      manifest: more.manifest,
    });
    await expect(buildTrainingSet(project, { model, live: "growin" })).rejects.toMatchObject({
      code: "MW1125",
    });
  });
});

describe("no training set", () => {
  test("without a final label: the rows are counted by what they lack", async () => {
    const early = buildTrainingSet(trained.project, { model, asOfMs: atMs(defaultTrips[0]) + dayMs - 1 });
    await expect(early).rejects.toMatchObject({
      code: "MW1123",
      details: { immature: defaultTrips.length, unlabelled: 0 },
    });
  });

  test("of an unknown model, or with a feature that has a column's name", async () => {
    const unknown = buildTrainingSet(trained.project, { model: "late-trp" });
    await expect(unknown).rejects.toMatchObject({ code: "MW1101" });
    for (const name of ["label", "Spine_Row", "Distance"]) {
      const project = await trained.copyWith(edited(tripsConfig, "({ hour:", `({ "${name}":`));
      await expect(buildTrainingSet(project, { model })).rejects.toMatchObject({
        code: "MW1124",
        details: { feature: name },
      });
    }
  });
});
