// The flights of examples/flights, as many as wanted: the three million of vega-datasets again and again, each time
// moved on by half a year; and twenty windowed features over three views of them.
import { fileURLToPath } from "node:url";
import { DuckDBInstance } from "@duckdb/node-api";
import * as millwright from "../dist/index.js";

const { count, events, max, mean, parquet, rate, std, t, view } = millwright;

const original = fileURLToPath(
  new URL("../node_modules/vega-datasets/data/flights-3m.parquet", import.meta.url),
);

/** Days that the original covers. */
const coveredDays = 182;

/** Writes so many flights as canonical Parquet, in the order of their time; those of one minute as the original has them. */
export async function writeFlights(path, rows) {
  const instance = await DuckDBInstance.create(":memory:", {
    preserve_insertion_order: "true",
    threads: "2",
  });
  const connection = await instance.connect();
  const turns = Math.ceil(rows / 3_000_000);
  await connection.run(`COPY (
    SELECT (date + to_days((turn * ${coveredDays})::INTEGER))::TIMESTAMP_MS AS date, delay::BIGINT AS delay,
      distance::BIGINT AS distance, origin, destination
    FROM read_parquet('${original}', file_row_number = true), range(${turns}) turns(turn)
    ORDER BY turn, date, file_row_number LIMIT ${rows}
  ) TO '${path}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)`);
  connection.closeSync();
  instance.closeSync();
}

export const flights = events("flights", {
  from: parquet("flights.parquet"),
  schema: {
    date: t.timestamp(),
    delay: t.int(),
    distance: t.int(),
    origin: t.string(),
    destination: t.string(),
  },
  eventTime: "date",
  // As in examples/flights: known after the flight, half an hour and the delay.
  availableAt: (f) => f.date.plus(f.distance.times(8_000)).plus("30m").plus(f.delay.atLeast(0).times(60_000)),
});

const departures = view("departures", {
  source: flights,
  entity: { airport: "origin" },
  features: (f) => ({
    out_mean_delay_3h: mean(f.delay).over("3h"),
    out_late_rate_6h: rate(f.delay.gt(15)).over("6h"),
    out_late_rate_24h: rate(f.delay.gt(15)).over("24h"),
    out_flights_24h: count().over("24h"),
    out_max_delay_24h: max(f.delay).over("24h"),
    out_mean_delay_7d: mean(f.delay).over("7d"),
  }),
});

const arrivals = view("arrivals", {
  source: flights,
  entity: { airport: "destination" },
  features: (f) => ({
    in_mean_delay_3h: mean(f.delay).over("3h"),
    in_late_rate_6h: rate(f.delay.gt(15)).over("6h"),
    in_late_rate_24h: rate(f.delay.gt(15)).over("24h"),
    in_flights_24h: count().over("24h"),
  }),
});

const routes = view("routes", {
  source: flights,
  entity: { route: ["origin", "destination"] },
  features: (f) => ({
    flights_24h: count().over("24h"),
    mean_delay_24h: mean(f.delay).over("24h"),
    mean_delay_7d: mean(f.delay).over("7d"),
    late_rate_7d: rate(f.delay.gt(15)).over("7d"),
    max_delay_7d: max(f.delay).over("7d"),
    std_delay_28d: std(f.delay).over("28d"),
  }),
});

/** Twenty features: six of departures, four of arrivals at each end, six of the route. */
export const flightViews = { origin: [departures, arrivals], destination: arrivals, route: routes };

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
