import { stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DuckDBInstance } from "@duckdb/node-api";

const flights = fileURLToPath(
  new URL("../../node_modules/vega-datasets/data/flights-3m.parquet", import.meta.url),
);
const flightCount = 3_000_000;
/** Hours of the running windows. */
const windows = [1, 2, 3, 6, 12, 24, 48, 72, 168];

const number = (name, type) => ({ name, type });

/** What each flight event holds: its own two values, and a mean and a count over each window up to and with it. */
export const flightFeatures = [
  number("delay", "float64"),
  number("distance", "float64"),
  ...windows.flatMap((hours) => [number(`mean_${hours}h`, "float64"), number(`count_${hours}h`, "int64")]),
];

/** The features of a generated table: floats and integers in turn. */
export const generatedFeatures = (count) =>
  Array.from({ length: count }, (_, index) => number(`f${index}`, index % 2 === 0 ? "float64" : "int64"));

/** `view:feature` of every feature of a view. */
export const referencesOf = (view) => view.features.map(({ name }) => `${view.name}:${name}`);

/** Opens an in-memory DuckDB that reads and writes Parquet files. */
export async function openFiles() {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  await connection.run("SET TimeZone = 'UTC'");
  return {
    run: (sql) => connection.run(sql),
    rows: async (sql) => (await connection.runAndReadAll(sql)).getRowObjectsJson(),
    close: () => {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

const quoted = (text) => `'${text.replaceAll("'", "''")}'`;

/** One row per entity, keys 0, 1, …; the values follow from entity, feature and seed alone. */
export async function writeGenerated(files, { folder, name, entities, features, seed = 1 }) {
  const path = join(folder, `${name}.parquet`);
  const columns = generatedFeatures(features).map((feature, index) => {
    const mixed = `((key * 7919 + ${index} * 104729 + ${seed}) * 48271) % 1000003`;
    return `${feature.type === "int64" ? mixed : `(${mixed}) / 1000.0::DOUBLE`} AS ${feature.name}`;
  });
  await files.run(`COPY (
    SELECT key AS ${name}_id, TIMESTAMP '2026-01-01' AS event_timestamp, TIMESTAMP '2026-01-01' AS created, ${columns}
    FROM range(${entities}) entities(key)
  ) TO ${quoted(path)} (FORMAT parquet)`);
  return { path, key: `${name}_id` };
}

/**
 * Feast joins values that are already there: it cannot compute a window at the time of a spine row. What it can
 * express is "the latest event before the spine row, with the windows as they were at that event", so that is what
 * is written: one row per flight with its running windows, and a spine of the same keys and times. Which of the
 * flights of one minute is the latest is settled by `created`.
 *
 * Every `3,000,000 / rows`-th flight is taken, so that all sizes span the same half year. `by` is `origin` (229 keys,
 * a few of them with very many flights) or `route` (3,399 keys).
 */
export async function writeFlights(files, { folder, rows, by = "origin" }) {
  const events = join(folder, `flights-${by}-${rows}.parquet`);
  const spine = join(folder, `spine-${by}-${rows}.parquet`);
  const latest = join(folder, `latest-${by}-${rows}.parquet`);
  const key = by === "origin" ? "origin" : "origin || '-' || destination";
  const running = windows.flatMap((hours) => {
    const over = `OVER (PARTITION BY key ORDER BY date RANGE BETWEEN INTERVAL ${hours} HOUR PRECEDING AND CURRENT ROW)`;
    return [`avg(delay) ${over} AS mean_${hours}h`, `count(*) ${over} AS count_${hours}h`];
  });
  await files.run(`COPY (
    WITH numbered AS (
      SELECT *, ${key} AS key, row_number() OVER (ORDER BY date, origin, destination, delay, distance) AS number
      FROM ${quoted(flights)}
    )
    SELECT key, date AS event_timestamp, date + to_microseconds(number) AS created,
      delay::DOUBLE AS delay, distance::DOUBLE AS distance, ${running}
    FROM numbered WHERE number % ${Math.floor(flightCount / rows)} = 0
    ORDER BY number LIMIT ${rows}
  ) TO ${quoted(events)} (FORMAT parquet)`);
  await files.run(`COPY (
    SELECT row_number() OVER (ORDER BY key, event_timestamp) AS row, key, event_timestamp
    FROM (SELECT DISTINCT key, event_timestamp FROM ${quoted(events)}) ORDER BY row
  ) TO ${quoted(spine)} (FORMAT parquet)`);
  await files.run(`COPY (
    FROM ${quoted(events)} QUALIFY row_number() OVER (PARTITION BY key ORDER BY created DESC) = 1 ORDER BY key
  ) TO ${quoted(latest)} (FORMAT parquet)`);
  const bytes = (await stat(events)).size;
  return { events, spine, latest, bytes, key: "key" };
}

/** How many rows of a joined file differ from DuckDB's own as-of join, missing and doubled rows among them. */
export async function countMismatches(files, { events, spine, joined, ttlSeconds }) {
  const names = flightFeatures.map(({ name }) => name);
  const same = names.map((name) => `joined.${name} IS NOT DISTINCT FROM expected.${name}`).join(" AND ");
  const young = `events.event_timestamp >= spine.event_timestamp - INTERVAL ${ttlSeconds} SECOND`;
  const [{ mismatches }] = await files.rows(`
    WITH distinct_events AS (
      FROM ${quoted(events)} QUALIFY row_number() OVER (PARTITION BY key, event_timestamp ORDER BY created DESC) = 1
    ), expected AS (
      SELECT spine.row, ${names.map((name) => `CASE WHEN ${young} THEN events.${name} END AS ${name}`)}
      FROM ${quoted(spine)} spine ASOF LEFT JOIN distinct_events events
        ON spine.key = events.key AND spine.event_timestamp >= events.event_timestamp
    ), compared AS (
      SELECT expected.row AS row, count(joined.row) AS found, count(*) FILTER (${same}) AS equal
      FROM expected LEFT JOIN ${quoted(joined)} joined ON joined.row = expected.row GROUP BY expected.row
    )
    SELECT count(*) FILTER (found <> 1 OR equal <> 1)::INTEGER AS mismatches FROM compared`);
  return mismatches;
}
