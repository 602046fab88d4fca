import { join } from "node:path";
import { duckdbEngine } from "../dist/adapters/duckdb/index.js";
import { buildFeatures, eventTable, featureSet, visibleByTime } from "../dist/features/index.js";
import * as millwright from "../dist/index.js";
import { flightFeatures, referencesOf, writeFlights } from "./feast/workloads.mjs";
import { median } from "./online-reads.mjs";

const { events, last, parquet, t, view } = millwright;
const ttlSeconds = 86_400;

const valueColumns = Object.fromEntries(flightFeatures.map(({ name }) => [name, t.float()]));

/** The latest event of a key before a moment, at most a day old: what Feast's join can express. */
function latestOfKey(name, path) {
  const source = events(name, {
    from: parquet(path),
    schema: { event_timestamp: t.timestamp(), key: t.string(), ...valueColumns },
    eventTime: "event_timestamp",
  });
  return view(`${name}_latest`, {
    source,
    entity: { place: "key" },
    features: (f) =>
      Object.fromEntries(flightFeatures.map((feature) => [feature.name, last(f[feature.name]).over("24h")])),
  });
}

/**
 * Feast's bound is closed (`event <= spine`), Millwright's open (`event < spine`), in milliseconds: the spine
 * is asked one millisecond later. Of the events of one key and moment Feast takes the one that was created
 * last; `withoutTies` does so here, as a part of the time that is measured.
 */
async function joinHere({ files, engine, threads }, flights) {
  const started = performance.now();
  const found = latestOfKey("joined", flights.events);
  const { schema } = found.source;
  const columns = ["key", "event_timestamp"];
  // The values are read from the beginning, while keys and times are looked at.
  const values = engine.streamNumbers(flights.events, schema, Object.keys(valueColumns));
  const [table, spine] = await Promise.all([
    engine.readTable(flights.events, schema, { columns }),
    engine.readTable(flights.spine, { row: t.int(), key: t.string(), event_timestamp: t.timestamp() }),
  ]);
  const timeMs = spine.columns.event_timestamp.values.map((at) => at + 1);
  const set = featureSet({ views: { key: found }, request: {} });
  const joined = {
    file: { path: flights.events, rowCount: table.rowCount },
    load: () => withoutTies(files, flights.events, eventTable(found.source, table)),
    stream: () => values,
  };
  const { features } = await buildFeatures(
    set,
    { spine: { table: spine, timeMs, askedAt: timeMs }, events: new Map([["joined", joined]]) },
    { threads },
  );
  return { seconds: (performance.now() - started) / 1000, spine, features };
}

/** Of the events of one key and moment, all but the one that was created last are never seen. */
async function withoutTies(files, path, table) {
  const events = visibleByTime(table);
  const { order, eventMs } = events;
  const { codes, dictionary } = events.table.columns.key;
  const latest = new Int32Array(dictionary.length).fill(-1);
  const pairs = [];
  for (let i = 0; i < order.length; i++) {
    const row = order[i];
    const before = latest[codes[row]];
    if (before >= 0 && eventMs[before] === eventMs[row]) pairs.push([before, row]);
    latest[codes[row]] = row;
  }
  if (pairs.length === 0) return events;
  const created = await createdOf(files, path, new Set(pairs.flat()));
  const availableMs = events.availableMs.slice();
  const keptOf = new Map();
  for (const [before, row] of pairs) {
    const other = keptOf.get(before) ?? before;
    const [kept, dropped] = created.get(row) > created.get(other) ? [row, other] : [other, row];
    keptOf.set(row, kept);
    availableMs[dropped] = NaN;
  }
  return visibleByTime({ ...table, availableMs });
}

/** When some rows were created, in microseconds, which a table's timestamps do not have. */
async function createdOf(files, path, rows) {
  const found = await files.rows(`
    SELECT file_row_number::INTEGER AS row, epoch_us(created)::DOUBLE AS created
    FROM read_parquet('${path}', file_row_number = true) WHERE file_row_number IN (${[...rows]})`);
  return new Map(found.map(({ row, created }) => [row, created]));
}

/** Both joins of the same rows in turn, and how many values differ. */
export async function measureJoin({ feast, files, folder, rounds, threads }, { rows, by }) {
  const flights = await writeFlights(files, { folder, rows, by });
  const engine = await duckdbEngine({ scratchFolder: join(folder, "scratch"), threads });
  const name = `join_${by}_${rows}`;
  const peerView = { name, entity: "place", source: flights.events, ttlSeconds, features: flightFeatures };
  await feast.setup({
    name,
    offline: "duckdb",
    entities: [{ name: "place", key: "key", type: "string" }],
    views: [peerView],
  });
  const output = join(folder, `${name}.parquet`);
  const here = [];
  const peer = [];
  let mismatches;
  let spineRows = 0;
  try {
    for (let round = 0; round < rounds; round++) {
      const joined = await joinHere({ files, engine, threads }, flights);
      here.push(joined.seconds);
      const read = { references: referencesOf(peerView) };
      peer.push((await feast.offline({ store: name, read, spine: flights.spine, output })).seconds);
      mismatches ??= await differing({ engine, output }, joined);
      spineRows = joined.spine.rowCount;
    }
  } finally {
    await engine.close();
  }
  const seconds = { millwright: median(here), feast: median(peer) };
  return {
    by,
    rows,
    spineRows,
    features: flightFeatures.length,
    seconds,
    times: seconds.feast / seconds.millwright,
    mismatches,
  };
}

/** Values of the two joins that differ in 32 bits. */
async function differing({ engine, output }, { spine, features }) {
  const theirs = await engine.readTable(output, { row: t.int(), ...optional(valueColumns) });
  const rowOf = new Map();
  theirs.columns.row.values.forEach((id, row) => rowOf.set(id, row));
  let mismatches = 0;
  for (const { name, values } of features) {
    const other = theirs.columns[name.slice("key_".length)].values;
    spine.columns.row.values.forEach((id, row) => {
      if (!Object.is(values[row], Math.fround(other[rowOf.get(id)] ?? NaN))) mismatches++;
    });
  }
  return mismatches;
}

const optional = (schema) =>
  Object.fromEntries(Object.entries(schema).map(([name, field]) => [name, field.optional()]));
