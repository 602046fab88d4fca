import { afterAll, beforeAll, expect, test } from "vitest";
import { openProject } from "../../compose/index.js";
import type { TableEngine } from "../../data/index.js";
import {
  defaultTrips,
  edited,
  temporaryFolders,
  tripsConfig,
  tripsCsv,
} from "../../../test/support/trips.js";
import { findModel, type Project } from "../project.js";
import { snapshotSources } from "./snapshot-data.js";
import { createSteps } from "./steps.js";
import { openTrainingData } from "./training-data.js";

/** The weather of a city, every 40 minutes for each in turn: a source of its own beside the trips. */
const cities = ["Aarhus", "Bergen", "Cádiz", "Delft", "Évora"];
const readings = Array.from({ length: 5_000 }, (_, i) => ({
  ms: Date.UTC(2024, 0, 1) + i * 8 * 60_000,
  city: cities[i % cities.length],
  warmth: (i * 37) % 400,
  gust: i % 9 === 0 ? null : (i * 11) % 90,
}));

const weather = `
const readings = events("readings", {
  from: csv("readings.csv"),
  schema: { at: t.timestamp(), city: t.string(), warmth: t.int(), gust: t.float().optional() },
  eventTime: "at",
});
const weather = view("weather", {
  source: readings,
  entity: { city: "city" },
  features: (f) => ({ warmth: last(f.warmth).over("3h"), gust: last(f.gust).over("30m") }),
});

export const lateTrip = `;

const config = [
  ["  rate, t, view,\n", "  last, rate, t, view,\n"],
  ["\nexport const lateTrip = ", weather],
  ["    city: traffic,\n", "    city: weather,\n"],
].reduce((text, [from, to]) => edited(text, from, to), tripsConfig);

const folders = temporaryFolders();
let project: Project;
beforeAll(async () => {
  const lines = readings.map(({ ms, city, warmth, gust }) =>
    [new Date(ms).toISOString(), city, warmth, gust ?? ""].join(),
  );
  project = await openProject(
    await folders.make({
      "millwright.config.ts": config,
      "trips.csv": tripsCsv(defaultTrips),
      "readings.csv": ["at,city,warmth,gust", ...lines, ""].join("\n"),
    }),
  );
});
afterAll(async () => {
  await project.close();
  await folders.removeAll();
});

/** The definition in words: the latest reading of the city that has a value, before the trip and young enough. */
function latest(trip: (typeof defaultTrips)[number], column: "warmth" | "gust", windowMs: number): number {
  const timeMs = Date.parse(trip.at);
  const seen = readings.filter(
    ({ ms, city, [column]: value }) =>
      city === trip.city && value !== null && ms < timeMs && ms >= timeMs - windowMs,
  );
  return seen.at(-1)?.[column] ?? NaN;
}

/** The training data's features, and what was read of the weather for them. */
async function build(eventsFirst: boolean) {
  const read: string[][] = [];
  const engine = Object.create(project.engine, {
    readTable: {
      value: (...given: Parameters<TableEngine["readTable"]>) => {
        const [, schema, options] = given;
        if (Object.hasOwn(schema, "warmth")) read.push([...(options?.columns ?? ["everything"])]);
        return project.engine.readTable(...given);
      },
    },
  }) as TableEngine;
  const observed = { ...project, engine };
  const model = findModel(project, "late-trip");
  const versions = await snapshotSources(observed, model);
  read.length = 0;
  const data = await openTrainingData(observed, { model, versions, steps: createSteps(project) });
  if (eventsFirst) await data.events();
  const { features } = await data.features();
  const values = (name: string) => {
    const feature = features.find((one) => one.name === name);
    return feature?.kind === "number" ? [...feature.values] : [];
  };
  return { read, warmth: values("city_warmth"), gust: values("city_gust") };
}

test("events of another source are not read as a whole for the latest of them", async () => {
  const built = await build(false);
  expect(built.read).toEqual([["at", "city"]]);
  expect(built.warmth).toEqual(defaultTrips.map((trip) => latest(trip, "warmth", 3 * 3_600_000)));
  expect(built.gust).toEqual(defaultTrips.map((trip) => latest(trip, "gust", 30 * 60_000)));
});

test("events that were asked for before are used as they lie in memory", async () => {
  const built = await build(true);
  expect(built.read).toEqual([["everything"]]);
  expect(built.warmth).toEqual(defaultTrips.map((trip) => latest(trip, "warmth", 3 * 3_600_000)));
});
