// node bench/feast/check.mjs [--rows 1000] [--requests 100] [--by origin|route] [--stores duckdb,file] [--ttl 86400]
//
// Runs every command of the Feast worker on little data, compares what it answers with DuckDB, prints one JSON.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startRedis } from "../redis-server.mjs";
import { feastEnvironment } from "./environment.mjs";
import { startFeast } from "./peer.mjs";
import * as workloads from "./workloads.mjs";

const { values: options } = parseArgs({
  options: {
    rows: { type: "string", default: "1000" },
    requests: { type: "string", default: "100" },
    by: { type: "string", default: "origin" },
    stores: { type: "string", default: "duckdb,file" },
    ttl: { type: "string", default: "86400" },
    entities: { type: "string", default: "1000" },
  },
});
const requests = Number(options.requests);
const ttlSeconds = Number(options.ttl);

/** What is read online: one generated table per shape, and the windows of the flights. */
async function onlineWorkloads(files, folder) {
  const flights = await workloads.writeFlights(files, { folder, rows: 3_000, by: options.by });
  const generated = (name, features) =>
    workloads.writeGenerated(files, { folder, name, entities: Number(options.entities), features });
  const wide = await generated("wide", 250);
  const batch = await generated("batch", 50);
  const flightKeys = { path: flights.latest, key: flights.key, keyType: "string" };
  return [
    { name: "wide", ...wide, keyType: "int64", batchRows: 1, features: workloads.generatedFeatures(250) },
    { name: "batch", ...batch, keyType: "int64", batchRows: 100, features: workloads.generatedFeatures(50) },
    { name: "flights", ...flightKeys, batchRows: 1, features: workloads.flightFeatures },
    {
      name: "flights100",
      ...flightKeys,
      path: flights.latest,
      batchRows: 100,
      features: workloads.flightFeatures,
    },
  ];
}

const storeOf = ({ name, path, key, keyType, features }) => ({
  name,
  entities: [{ name: `${name}_entity`, key, type: keyType }],
  views: [{ name, entity: `${name}_entity`, source: path, features }],
  services: [
    { name: "plain", views: [name] },
    { name: "vectors", views: [name], precompute: true },
  ],
});

async function measureOnline({ feast, files }, workload) {
  const { name, key, path, batchRows } = workload;
  await feast.setup(storeOf(workload));
  const loaded = await feast.load({ store: name, view: name, source: path, precompute: ["vectors"] });
  const rows = await files.rows(`FROM '${path}' ORDER BY ${key}`);
  const keys = rows.map((row) => (workload.keyType === "int64" ? Number(row[key]) : row[key]));
  const batches = Array.from({ length: requests }, (_, request) =>
    Array.from({ length: batchRows }, (_, index) => keys[(request * 37 + index * 11) % keys.length]),
  );
  const references = workloads.referencesOf(workload);
  const reads = {
    references: { references },
    service: { service: "plain" },
    vectors: { service: "vectors" },
  };
  const measured = {};
  for (const [path, read] of Object.entries(reads)) {
    const { columns } = await feast.values({ store: name, read, key, keys });
    const wrong = workload.features.filter(
      (feature) =>
        !rows.every((row, index) => Number(row[feature.name]) === Number(columns[feature.name][index])),
    ).length;
    measured[path] = { wrong };
    for (const form of ["response", "dict"]) {
      for (const collector of ["frozen", "default"]) {
        const call = { store: name, read, key, form, collector };
        await feast.online({ ...call, requests: batches.slice(0, 20) });
        measured[path][`${form}, ${collector}`] = summary(await feast.online({ ...call, requests: batches }));
      }
    }
  }
  return { rows: batchRows, features: workload.features.length, loaded, ...measured };
}

function summary({ seconds, latencies, missing }) {
  const sorted = latencies.toSorted((a, b) => a - b);
  const quantile = (share) => Number(sorted[Math.ceil(share * sorted.length) - 1].toFixed(3));
  return {
    perSecond: Math.round(latencies.length / seconds),
    p50: quantile(0.5),
    p99: quantile(0.99),
    missing,
  };
}

async function measureOffline({ feast, files, folder }, flights, offline) {
  const name = `flights_${offline}`;
  const view = {
    name,
    entity: "place",
    source: flights.events,
    ttlSeconds,
    features: workloads.flightFeatures,
  };
  await feast.setup({
    name,
    offline,
    entities: [{ name: "place", key: "key", type: "string" }],
    views: [view],
  });
  const joined = join(folder, `${name}.parquet`);
  const read = { references: workloads.referencesOf(view) };
  const result = await feast.offline({ store: name, read, spine: flights.spine, output: joined });
  return {
    ...result,
    mismatches: await workloads.countMismatches(files, { ...flights, joined, ttlSeconds }),
  };
}

/** A join over its limits ends the worker, so each store has one of its own, and the other results stay. */
async function withFeast(context, work) {
  const feast = await startFeast(context);
  try {
    return await work({ ...context, feast });
  } finally {
    await feast.close();
  }
}

async function main(folder, redis) {
  const python = await feastEnvironment({ report: (text) => process.stderr.write(`${text}\n`) });
  const files = await workloads.openFiles();
  const context = { python, folder, redisPort: redis.port, files };
  const online = {};
  const offline = {};
  const versions = await withFeast(context, async (running) => {
    for (const workload of requests > 0 ? await onlineWorkloads(files, folder) : []) {
      online[workload.name] = await measureOnline(running, workload);
    }
    return running.feast.versions;
  });
  const flights = await workloads.writeFlights(files, { folder, rows: Number(options.rows), by: options.by });
  for (const store of options.stores.split(",").filter(Boolean)) {
    offline[store] = await withFeast(context, (running) => measureOffline(running, flights, store)).catch(
      (error) => ({
        error: error.message,
      }),
    );
  }
  files.close();
  return {
    versions: { ...versions, redisServer: redis.version, node: process.versions.node },
    online,
    offline,
  };
}

const folder = await mkdtemp(join(tmpdir(), "millwright-feast-"));
const redis = await startRedis();
const clean = async () => {
  await redis.close();
  await rm(folder, { recursive: true, force: true });
};
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => void clean().finally(() => process.exit(130)));
}
try {
  process.stdout.write(`${JSON.stringify(await main(folder, redis), null, 2)}\n`);
} finally {
  await clean();
}
