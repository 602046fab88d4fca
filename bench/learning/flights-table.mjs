// The flights of examples/flights as a table to learn from: fifteen features, whether a flight is late.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { duckdbEngine } from "../../dist/adapters/duckdb/index.js";
import { buildFeatures, eventTable, featureSet, visibleByTime } from "../../dist/features/index.js";
import { flights, flightViews, writeFlights } from "../flights.mjs";

/** Windows of both airports and the route that the table has, beside time, distance and the airports. */
const windows = [
  ...[
    "origin_out_mean_delay_3h",
    "origin_out_late_rate_6h",
    "origin_out_late_rate_24h",
    "origin_out_flights_24h",
  ],
  ...["destination_in_mean_delay_3h", "destination_in_late_rate_6h", "destination_in_late_rate_24h"],
  ...["route_mean_delay_24h", "route_late_rate_7d"],
];

/** Writes the table in the form of tables.py. */
export async function writeFlightsTable(folder, { rows, threads }) {
  const scratch = await mkdtemp(join(tmpdir(), "millwright-bench-"));
  const parquet = join(scratch, "flights.parquet");
  await writeFlights(parquet, rows);
  const engine = await duckdbEngine({ scratchFolder: scratch, threads });
  const table = await engine.readTable(parquet, flights.schema);
  await engine.close();
  await rm(scratch, { recursive: true, force: true });
  const columns = await tableColumns(table, { rows, threads });
  await mkdir(folder, { recursive: true });
  const features = [];
  for (const [i, { name, values, dictionary }] of columns.entries()) {
    const file = `feature${i}.bin`;
    await writeFile(join(folder, file), bytesOf(values));
    features.push({ name, file, ...(dictionary ? { kind: "text", dictionary } : { kind: "number" }) });
  }
  const late = Float64Array.from(table.columns.delay.values, (delay) => (delay > 15 ? 1 : 0));
  await writeFile(join(folder, "target.bin"), bytesOf(late));
  const about = { name: "flights", rows, features, task: "binary", loss: "logistic", classes: [] };
  await writeFile(join(folder, "table.json"), JSON.stringify(about));
}

const bytesOf = (values) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

async function tableColumns(table, { rows, threads }) {
  const times = table.columns.date.values;
  const events = new Map([["flights", visibleByTime(eventTable(flights, table))]]);
  const set = featureSet({ views: flightViews, request: {} });
  const spine = { table, timeMs: times, askedAt: times };
  const { features } = await buildFeatures(set, { spine, events }, { threads });
  const byName = new Map(features.map((feature) => [feature.name, feature.values]));
  const day = 86_400_000;
  const derived = {
    minute_of_day: Float32Array.from(times, (time) => Math.floor((time % day) / 60_000)),
    weekday: Float32Array.from(times, (time) => Math.floor(time / day) % 7),
    day: Float32Array.from(times, (time) => Math.floor(time / day) % 365),
    distance: Float32Array.from(table.columns.distance.values),
  };
  return [
    ...windows.map((name) => ({ name, values: byName.get(name).slice(0, rows) })),
    ...Object.entries(derived).map(([name, values]) => ({ name, values })),
    ...["origin", "destination"].map((name) => {
      const { codes, dictionary } = table.columns[name];
      return { name, values: Int32Array.from(codes), dictionary: [...dictionary] };
    }),
  ];
}
