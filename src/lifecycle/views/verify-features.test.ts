import { afterAll, beforeAll, expect, test } from "vitest";
import { defaultTrips, edited, tripsConfig } from "../../../test/support/trips.js";
import { readPrediction, writePrediction, type PredictionRecord } from "../live/live-records.js";
import { readPredictions } from "../live/live-predictions.js";
import { openLiveProject } from "../live/open-live-project.js";
import type { Project } from "../project.js";
import { trainedProject, type TrainedProject } from "../train/trained-project.testing.js";
import { latestVerification, verifyFeatures } from "./verify-features.js";

let trained: TrainedProject;
beforeAll(async () => {
  trained = await trainedProject();
  await serve(trained.project, "served");
});
afterAll(() => trained.close());

const model = "late-trip";
const fromMs = Date.parse("2024-01-20T00:00Z");
const hourMs = 3_600_000;
const trip = { city: "Delft", vehicle: "van", distance: 10, rain: null };

/** Ten questions, one an hour, and before each an event that is told an hour after it was known. */
async function serve(project: Project, live: string): Promise<void> {
  const opened = await openLiveProject(project, { live, asOfMs: fromMs });
  for (let hour = 0; hour < 10; hour++) {
    const at = fromMs + hour * hourMs;
    await opened.ingest("trips", [{ ...trip, at: at - 2 * hourMs, delay: hour }]);
    await opened.predict(model, { ...trip, at, city: hour === 9 ? "Nowhere" : "Delft" });
  }
  await opened.close();
}

/** Copies the logs of a live state, some of their records rewritten: what a damaged or altered log says. */
async function alteredCopy(
  project: Project,
  live: string,
  rewrite: (log: string, record: string, sequence: number) => string,
): Promise<string> {
  const copy = `${live}-${project.newId("copy")}`;
  for (const name of ["events-trips", "predictions"]) {
    const log = await project.openLog(copy, name);
    for await (const { first, records } of (await project.readLog(live, name)).read(1)) {
      await log.append(records.map((record, i) => rewrite(name, record, first + i)));
    }
    await log.close();
  }
  return copy;
}

const features = ["city_mean_delay_6h", "city_late_rate_24h", "city_trips_24h"];

test("what was served is computed again without a difference, and the check is kept", async () => {
  const { project } = trained;
  const result = await verifyFeatures(project, { model, live: "served" });
  expect(result).toMatchObject({
    ...{ model, predictions: 10, skipped: 0, mismatches: 0, byFeature: {}, examples: [] },
  });
  expect(await latestVerification(project, { model, live: "served" })).toMatchObject(result);
  expect(await latestVerification(project, { model, live: "other" })).toBeUndefined();
});

test("an event that was altered in the log is noticed in the features that it enters", async () => {
  const { project } = trained;
  // The fourth event: a trip of 1:00 with a delay of 3 minutes, known at 2:03, asked at 3:00 and after.
  const altered = await alteredCopy(project, "served", (log, record, sequence) =>
    log === "events-trips" && sequence === 5 ? edited(record, ",3]", ",33]") : record,
  );
  const result = await verifyFeatures(project, { model, live: altered });
  // Known at 2:33 now. Questions of 3:00 to 7:00 have it in 6 hours, those of 3:00 to 8:00 in 24; the last is of elsewhere.
  expect(result).toMatchObject({
    mismatches: 6,
    byFeature: { city_mean_delay_6h: 5, city_late_rate_24h: 6 },
  });
  expect(result.examples).toHaveLength(5);
  const [{ id, feature, logged, recomputed }] = result.examples;
  const record = (await readPredictions(project, model, altered)).find(
    (one) => one.id === id,
  ) as PredictionRecord;
  expect(record.atMs).toBe(fromMs + 3 * hourMs);
  expect(features).toContain(feature);
  expect(logged).toBe(record.numbers[features.indexOf(feature)]);
  expect(recomputed).not.toBe(logged);
});

test("an event that is gone from the log, or came by itself, is noticed", async () => {
  const { project } = trained;
  const elsewhere = await alteredCopy(project, "served", (log, record, sequence) =>
    log === "events-trips" && sequence === 2 ? edited(record, '"Delft"', '"Bergen"') : record,
  );
  const result = await verifyFeatures(project, { model, live: elsewhere });
  expect(result).toMatchObject({ mismatches: 9, byFeature: { city_trips_24h: 9 } });
});

test("a feature that was altered in the log is named: by one bit, by null, by another text", async () => {
  const { project } = trained;
  const change =
    (at: number, feature: (record: PredictionRecord) => void) => (log: string, line: string, n: number) => {
      if (log !== "predictions" || n !== at) return line;
      const record = readPrediction(line);
      feature(record);
      return writePrediction(record);
    };
  const bit = await alteredCopy(
    project,
    "served",
    change(5, ({ numbers }) => {
      new Uint32Array(numbers.buffer)[0] ^= 1;
    }),
  );
  expect(await verifyFeatures(project, { model, live: bit })).toMatchObject({
    ...{ mismatches: 1, byFeature: { city_mean_delay_6h: 1 } },
  });
  const missing = await alteredCopy(
    project,
    "served",
    change(5, ({ numbers }) => {
      numbers[2] = NaN;
    }),
  );
  expect(await verifyFeatures(project, { model, live: missing })).toMatchObject({
    mismatches: 1,
    examples: [{ feature: "city_trips_24h", logged: null, recomputed: expect.any(Number) as number }],
  });
  const text = await alteredCopy(
    project,
    "served",
    change(7, ({ texts }) => {
      (texts as string[])[0] = "truck";
    }),
  );
  expect(await verifyFeatures(project, { model, live: text })).toMatchObject({
    mismatches: 1,
    examples: [{ feature: "vehicle", logged: "truck", recomputed: "van" }],
  });
});

test("a range and a sample are as they are asked for, and a sample is the same every time", async () => {
  const { project } = trained;
  const verify = (request: object) => verifyFeatures(project, { model, live: "served", ...request });
  expect(await verify({ fromMs: fromMs + hourMs, toMs: fromMs + 3 * hourMs })).toMatchObject({
    predictions: 2,
  });
  expect(await verify({ fromMs: fromMs + 9 * hourMs })).toMatchObject({ predictions: 1 });
  expect(await verify({ sample: 4 })).toMatchObject({ predictions: 4, mismatches: 0 });
  expect(await verify({ sample: 4 })).toEqual(await verify({ sample: 4 }));
  expect(await verify({ sample: 99 })).toMatchObject({ predictions: 10 });
  for (const nothing of [{ fromMs: fromMs + 10 * hourMs }, { toMs: fromMs }]) {
    await expect(verify(nothing)).rejects.toMatchObject({ code: "MW1111" });
  }
  await expect(verify({ live: "other" })).rejects.toMatchObject({ code: "MW1125" });
});

test("tells how old the windows were, and how late events came", async () => {
  const { ages } = await verifyFeatures(trained.project, {
    ...{ model, live: "served", fromMs: fromMs + 2 * hourMs, toMs: fromMs + 9 * hourMs },
  });
  // By hand: the event told before the question of hour h was of h − 2 and known an hour and h minutes later.
  // At 2:00 that of 0:00 is known since 1:02. What the dataset has of Delft until the beginning is older.
  const stateAges = [2, 3, 4, 5, 6, 7, 8].map((hour) => (60 - hour) * 60_000);
  expect(ages).toEqual([
    {
      ...{ group: "city", view: "traffic", features },
      stateAgeMs: { median: stateAges[3], p95: stateAges[0], max: stateAges[0] },
      latenessMs: expect.any(Object) as object,
    },
  ]);
  const lateness = [
    ...defaultTrips
      .filter(
        ({ at, city, delay }) =>
          city === "Delft" && Date.parse(at) + (60 + Math.max(0, delay)) * 60_000 < fromMs,
      )
      .map(({ delay }) => (60 + Math.max(0, delay)) * 60_000),
    ...[0, 1, 2, 3, 4, 5, 6, 7, 8].map((minutes) => (60 + minutes) * 60_000),
  ].sort((a, b) => a - b);
  expect(ages[0].latenessMs).toMatchObject({
    median: lateness[Math.floor(lateness.length / 2)],
    max: lateness[lateness.length - 1],
  });
});

test("predictions of another definition cannot be computed again", async () => {
  const project = await trained.copyWith(
    edited(tripsConfig, 'mean(f.delay).over("6h")', 'mean(f.delay).over("5h")'),
  );
  for (const name of ["events-trips", "predictions"]) {
    const log = await project.openLog("served", name);
    for await (const { records } of (await trained.project.readLog("served", name)).read(1))
      await log.append(records);
    await log.close();
  }
  await expect(verifyFeatures(project, { model, live: "served" })).rejects.toMatchObject({ code: "MW1107" });
  await expect(openLiveProject(project, { live: "served" })).rejects.toMatchObject({ code: "MW1107" });
});
