import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { defaultTrips, edited, tripsConfig, type Trip } from "../../../test/support/trips.js";
import { t, type FieldSpec } from "../../kernel/index.js";
import type { LiveProject } from "../live/live-project.js";
import { openLiveProject } from "../live/open-live-project.js";
import { jsonLines, predictHere, rowsIn } from "./predict-file.testing.js";
import { trainedProject, type TrainedProject } from "../train/trained-project.testing.js";
import { temporaryFolders } from "../../../test/support/trips.js";

const folders = temporaryFolders();
let trained: TrainedProject;
let folder: string;
beforeAll(async () => {
  folder = await folders.make({});
  trained = await trainedProject();
});
afterAll(async () => {
  await trained.close();
  await folders.removeAll();
});

const requestOf = ({ at, city, vehicle, distance, rain }: Trip) => ({ at, city, vehicle, distance, rain });
const asOfMs = Date.parse("2024-01-20T00:00Z");
const answer: Record<string, FieldSpec> = { probability: t.float() };

/** When a trip's delay is known, as the project has it. */
const availableMs = ({ at, delay }: Trip) => Date.parse(at) + 3_600_000 + Math.max(0, delay) * 60_000;

/** Sends each trip when it is known, and asks for each when it begins, in the order of time. */
async function askLive(live: LiveProject, trips: readonly Trip[]): Promise<number[]> {
  const known = trips.toSorted((a, b) => availableMs(a) - availableMs(b));
  const answers: number[] = [];
  for (const trip of trips) {
    const due = known.findIndex((other) => availableMs(other) > Date.parse(trip.at));
    const now = known.splice(0, due < 0 ? known.length : due);
    if (now.length > 0) expect((await live.ingest("trips", now)).accepted).toBe(now.length);
    answers.push((await live.predict("late-trip", requestOf(trip))).probability as number);
  }
  return answers;
}

describe("a model of features over a file", () => {
  it("answers what the server answers for the same rows and times, live events included", async () => {
    const { project } = trained;
    const trips = defaultTrips.filter(({ at }) => Date.parse(at) >= asOfMs).slice(0, 200);
    const live = await openLiveProject(project, { live: "batch", asOfMs });
    const online = await askLive(live, trips);
    await live.close();
    const files = await jsonLines(folder, "live", trips.map(requestOf));
    const done = await predictHere(project, { model: "late-trip", ...files, live: "batch", chunkRows: 64 });
    expect(done).toMatchObject({ model: "late-trip", version: 1, rows: 200, columns: ["probability"] });
    const file = (await rowsIn(project, files.out, answer)).map((row) => row["probability"]);
    expect(new Set(online).size).toBeGreaterThan(20);
    expect(file).toEqual(online);
  });

  it("answers from the latest dataset version without a live state, whatever the threads and parts", async () => {
    const { project } = trained;
    const rows = defaultTrips.slice(0, 40).map((trip, i) => ({
      ...requestOf(trip),
      at: new Date(Date.UTC(2024, 0, 31, 3, i * 15)).toISOString(),
    }));
    const live = await openLiveProject(project, { live: "whole", asOfMs: Date.UTC(2024, 0, 31, 3) });
    const online: unknown[] = [];
    for (const row of rows) online.push((await live.predict("late-trip", row)).probability);
    await live.close();
    const files = await jsonLines(folder, "whole", rows);
    for (const [threads, chunkRows] of [
      [1, 1000],
      [2, 7],
    ] as const) {
      await predictHere({ ...project, threads }, { model: "late-trip@1", ...files, chunkRows, force: true });
      const file = (await rowsIn(project, files.out, answer)).map((row) => row["probability"]);
      expect(file).toEqual(online);
    }
  }, 60_000);

  it("refuses rows in the words of the server", async () => {
    const { project } = trained;
    const [good] = defaultTrips.map(requestOf);
    const rows = [good, { ...good, distance: 0 }, { ...good, at: "yesterday" }, { ...good, city: null }];
    const files = await jsonLines(folder, "refused", rows);
    const done = await predictHere(project, { model: "late-trip", ...files, onBadRow: "skip" });
    expect(done).toMatchObject({ rows: 4, written: 1, refused: { count: 3 } });
    const live = await openLiveProject(project, { live: "words" });
    for (const { row, reasons } of done.refused.first) {
      const refusal: unknown = await live.predict("late-trip", rows[row]).catch((error: unknown) => error);
      expect(refusal).toMatchObject({ code: "MW1103", found: reasons.join("; ") });
    }
    await live.close();
  });

  it("names the field that a file lacks", async () => {
    const { rain: _, ...row } = requestOf(defaultTrips[0]);
    const files = await jsonLines(folder, "lacks", [row]);
    await expect(predictHere(trained.project, { model: "late-trip", ...files })).rejects.toMatchObject({
      code: "MW1170",
      details: { column: "rain" },
    });
  });

  it("needs the definition that the version was trained with, and a live state that has begun", async () => {
    const files = await jsonLines(folder, "other", [requestOf(defaultTrips[0])]);
    const unknown = predictHere(trained.project, { model: "late-trip", ...files, live: "nobody" });
    await expect(unknown).rejects.toMatchObject({ code: "MW1125" });
    const other = await trained.copyWith(edited(tripsConfig, 'count().over("24h")', 'count().over("12h")'));
    const out = join(folder, "other.parquet");
    await expect(predictHere(other, { model: "late-trip", ...files, out })).rejects.toMatchObject({
      code: "MW1107",
    });
  });
});
