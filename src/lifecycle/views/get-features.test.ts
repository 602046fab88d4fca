import { afterAll, beforeAll, expect, test } from "vitest";
import { defaultTrips, tripsConfig } from "../../../test/support/trips.js";
import { getFeatures } from "./get-features.js";
import { readPredictions } from "../live/live-predictions.js";
import { openLiveProject } from "../live/open-live-project.js";
import { findModel, type Project } from "../project.js";
import { trainedProject, type TrainedProject } from "../train/trained-project.testing.js";

let trained: TrainedProject;
beforeAll(async () => {
  trained = await trainedProject();
});
afterAll(() => trained.close());

const model = "late-trip";
const fromMs = Date.parse("2024-01-20T00:00Z");
const hourMs = 3_600_000;
const trip = { city: "Delft", vehicle: "van", distance: 10, rain: null };
const told = (at: number, delay: number) => ({ ...trip, at, delay });

/** Serves under a name: events and questions in turn. */
async function serve(project: Project, live: string): Promise<void> {
  const opened = await openLiveProject(project, { live, asOfMs: fromMs });
  await opened.predict(model, { ...trip, at: fromMs });
  await opened.ingest("trips", [told(fromMs - 2 * hourMs, 40), told(fromMs, 90)]);
  await opened.predict(model, { ...trip, at: fromMs + hourMs });
  await opened.predict(model, { ...trip, city: "Nowhere", at: fromMs + 2 * hourMs });
  await opened.ingest("trips", [told(fromMs + hourMs, 0)]);
  await opened.predict(model, { ...trip, at: fromMs + 5 * hourMs });
  await opened.close();
}

test("gives the features that a request was served with, value for value", async () => {
  const { project } = trained;
  await serve(project, "served");
  const { columns, request } = findModel(project, model).features;
  const [, ...records] = await readPredictions(project, model, "served");
  expect(records).toHaveLength(3);
  for (const record of records) {
    const given = Object.fromEntries(Object.keys(request).map((name, i) => [name, record.request[i]]));
    const { features, atMs } = await getFeatures(project, { model, request: given, live: "served" });
    expect(atMs).toBe(record.asOfMs);
    expect(features.map(({ name }) => name)).toEqual(columns.map(({ name }) => name));
    const numbers = Float32Array.from(features.slice(0, record.numbers.length), ({ value }) =>
      value === null ? NaN : Number(value),
    );
    expect(new Uint8Array(numbers.buffer)).toEqual(
      new Uint8Array(record.numbers.buffer, record.numbers.byteOffset, record.numbers.byteLength),
    );
    expect(features.slice(record.numbers.length).map(({ value }) => value ?? "")).toEqual(record.texts);
  }
});

test("tells how many events of an entity are known, and how old the latest is", async () => {
  const { project } = trained;
  await serve(project, "counted");
  const knownMs = defaultTrips
    .filter(({ city }) => city === "Delft")
    .map(({ at, delay }) => Date.parse(at) + hourMs + Math.max(0, delay) * 60_000)
    .filter((known) => known < fromMs);
  const asked = (atMs: number, city = "Delft") =>
    getFeatures(project, { model, request: { ...trip, city }, live: "counted", atMs });
  // The event of two hours before the beginning was known 40 minutes before it.
  expect((await asked(fromMs + 1)).lookups).toEqual([
    {
      ...{ group: "city", view: "traffic", key: ["Delft"], events: knownMs.length + 1 },
      ...{ latestMs: Math.max(...knownMs, fromMs - 20 * 60_000), ageMs: expect.any(Number) as number },
    },
  ]);
  // That of an hour after it, known at 2:00, has come; that with a delay of 90 minutes, known at 2:30, has not.
  expect((await asked(fromMs + 2 * hourMs + 1)).lookups).toMatchObject([
    { events: knownMs.length + 2, latestMs: fromMs + 2 * hourMs, ageMs: 1 },
  ]);
  expect(await asked(fromMs, "Nowhere")).toMatchObject({
    lookups: [{ key: ["Nowhere"], events: 0, latestMs: null, ageMs: null }],
    features: [{ value: null }, { value: null }, { value: 0 }, {}, {}, {}, {}],
  });
});

test("without a live state the latest dataset version is all that is known", async () => {
  const project = await trained.copyWith(tripsConfig);
  const last = defaultTrips[defaultTrips.length - 1];
  const atMs = Date.parse(last.at) + 30 * hourMs;
  const { lookups } = await getFeatures(project, { model, request: { ...trip, city: last.city }, atMs });
  expect(lookups).toMatchObject([{ events: defaultTrips.filter(({ city }) => city === last.city).length }]);
});

test("a question in the middle of the history sees what was known then, as training does", async () => {
  const project = await trained.copyWith(tripsConfig);
  const known = ({ at, delay }: (typeof defaultTrips)[number]) =>
    Date.parse(at) + hourMs + Math.max(0, delay) * 60_000;
  for (const row of [0, 5, 400, 1_500, 2_879]) {
    const { delay: _, ...request } = defaultTrips[row];
    const atMs = Date.parse(request.at);
    const seen = defaultTrips.filter((other) => other.city === request.city && known(other) < atMs);
    const day = seen.filter(({ at }) => Date.parse(at) >= Math.floor((atMs - 24 * hourMs) / hourMs) * hourMs);
    const late = day.filter(({ delay }) => delay > 5).length;
    const { features, lookups } = await getFeatures(project, { model, request });
    expect(lookups).toMatchObject([
      { events: seen.length, latestMs: seen.length === 0 ? null : Math.max(...seen.map(known)) },
    ]);
    expect(Object.fromEntries(features.map(({ name, value }) => [name, value]))).toMatchObject({
      city_trips_24h: day.length,
      city_late_rate_24h: day.length === 0 ? null : Math.fround(late / day.length),
    });
  }
});

test("refuses what a prediction would refuse, and names that are not there", async () => {
  const { project } = trained;
  const at = fromMs;
  const request = { ...trip, at };
  const refused = (bad: Partial<Parameters<typeof getFeatures>[1]>, code: string) =>
    expect(getFeatures(project, { model, request, ...bad })).rejects.toMatchObject({ code });
  await refused({ model: "late-tripp" }, "MW1101");
  await refused({ live: "nowhere" }, "MW1125");
  for (const bad of [
    trip,
    { ...request, city: 7 },
    { ...request, cty: "Delft" },
    { ...request, distance: 501 },
    { ...request, at: "yesterday" },
    [request],
    null,
    "city",
  ]) {
    await refused({ request: bad }, "MW1103");
  }
  await refused({ request: [], atMs: at }, "MW1103");
});
