import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seededRng } from "../../src/kernel/index.js";

/** A made-up trip: how late it was follows the hour, the rain and the mood of its city. */
export interface Trip {
  readonly at: string;
  readonly city: string;
  readonly vehicle: string;
  readonly distance: number;
  readonly rain: number | null;
  readonly delay: number;
}

const cities = ["Aarhus", "Bergen", "Cádiz", "Delft", "Évora"];
const vehicles = ["van", "bike", "truck"];
const startMs = Date.UTC(2024, 0, 1);
const stepMs = 15 * 60_000;

/** So many trips, one every quarter of an hour from 2024-01-01T00:00Z on. */
function makeTrips(count: number, seed = 7): Trip[] {
  const rng = seededRng(seed);
  const moods = cities.map(() => 0);
  return Array.from({ length: count }, (_, i) => {
    const city = rng.below(cities.length);
    moods[city] = 0.97 * moods[city] + 6 * (rng.next() - 0.5);
    const ms = startMs + i * stepMs;
    const rush = new Date(ms).getUTCHours() % 12 > 7 ? 6 : 0;
    const rain = rng.below(10) === 0 ? null : Math.round(rng.next() * 80) / 10;
    const delay = Math.round(2 * moods[city] + rush + (rain ?? 2) + 14 * (rng.next() - 0.5));
    const [vehicle, distance] = [vehicles[rng.below(vehicles.length)], 1 + rng.below(400)];
    return { at: new Date(ms).toISOString(), city: cities[city], vehicle, distance, rain, delay };
  });
}

export function tripsCsv(trips: readonly Trip[]): string {
  const lines = trips.map((t) => [t.at, t.city, t.vehicle, t.distance, t.rain ?? "", t.delay].join(","));
  return ["at,city,vehicle,distance,rain,delay", ...lines, ""].join("\n");
}

/** A project in TypeScript, as a user writes it: one source, one view, one model that trains in a second. */
export const tripsConfig = `
import {
  atLeast, byTime, count, csv, defineProject, events, expectRow, expectRows, gbdt, hourOfDay, mean, model, parquet,
  rate, t, view,
} from "millwright";

const trips = events("trips", {
  from: csv("trips.csv"),
  schema: {
    at: t.timestamp(),
    city: t.string(),
    vehicle: t.string(),
    distance: t.int().between(1, 500),
    rain: t.float().optional(),
    delay: t.int(),
  },
  eventTime: "at",
  availableAt: (f) => f.at.plus("1h").plus(f.delay.atLeast(0).times(60_000)),
  expectations: (f) => [
    expectRow("delay is plausible", f.delay.le(600), "quarantine"),
    expectRows({ atLeast: 100 }, "block"),
  ],
});

const traffic = view("traffic", {
  source: trips,
  entity: { city: "city" },
  features: (f) => ({
    mean_delay_6h: mean(f.delay).over("6h"),
    late_rate_24h: rate(f.delay.gt(5)).over("24h"),
    trips_24h: count().over("24h"),
  }),
});

export const lateTrip = model("late-trip", {
  task: "binary",
  label: (f) => f.delay.gt(5),
  matureAfter: "1d",
  spine: trips.at("at"),
  features: {
    city: traffic,
    request: {
      at: t.timestamp(),
      vehicle: t.string(),
      distance: t.int().between(1, 500),
      rain: t.float().optional(),
    },
    derived: (r) => ({ hour: hourOfDay(r.at) }),
  },
  split: byTime({ trainShare: 0.7 }),
  trainer: gbdt({ trees: 12, leaves: 8 }),
  gates: [atLeast("auc", 0.5)],
  slo: { p95Ms: 1000 },
  monitor: { threshold: 0.1, window: "7d" },
});

export default defineProject({ name: "trips", models: [lateTrip] });
`;

/** Replaces a part of a text that must be there exactly once: a test whose edit does nothing tests nothing. */
export function edited(text: string, from: string, to: string): string {
  if (text.split(from).length !== 2) throw new Error(`not there exactly once: ${from}`);
  return text.replace(from, () => to);
}

export interface ProjectChange {
  /** Default: {@link tripsConfig}. */
  readonly config?: string;
  /** Default: 30 days of trips. */
  readonly trips?: readonly Trip[];
}

/** Folders for one test file; remove them all in the end. */
export interface Folders {
  /** A fresh folder that holds files of these names. */
  make(files: Readonly<Record<string, string | Uint8Array>>): Promise<string>;
  /** A fresh folder with the trips project. */
  project(change?: ProjectChange): Promise<string>;
  removeAll(): Promise<void>;
}

/** 30 days of trips. */
export const defaultTrips = makeTrips(2880);

export function temporaryFolders(): Folders {
  const made: string[] = [];
  async function make(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), "millwright-e2e-"));
    made.push(folder);
    for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
    return folder;
  }
  return Object.freeze({
    make,
    project: (change: ProjectChange = {}) => {
      const { config = tripsConfig, trips = defaultTrips } = change;
      return make({ "millwright.config.ts": config, "trips.csv": tripsCsv(trips) });
    },
    removeAll: async () => {
      for (const folder of made.splice(0)) await rm(folder, { recursive: true, force: true });
    },
  });
}
