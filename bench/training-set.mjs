// node bench/training-set.mjs [--rows 3000000] [--threads 2] [--rounds 3] [--json]
//
// A training set of three million spine rows and twenty windowed features of examples/flights, every flight asking at
// its departure: from canonical Parquet to columns in memory. Each round in a process of its own; medians.
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { duckdbEngine } from "../dist/adapters/duckdb/index.js";
import { buildFeatures, eventTable, featureSet, visibleByTime } from "../dist/features/index.js";
import { flights, flightViews, median, writeFlights } from "./flights.mjs";

/** Builds the features of every flight of a file, and says what that took. */
async function build({ file, threads }) {
  const scratchFolder = await mkdtemp(join(tmpdir(), "millwright-bench-"));
  const engine = await duckdbEngine({ scratchFolder, threads });
  const started = performance.now();
  const table = await engine.readTable(file, flights.schema);
  await engine.close();
  await rm(scratchFolder, { recursive: true, force: true });
  const read = performance.now();
  const events = new Map([["flights", visibleByTime(eventTable(flights, table))]]);
  const prepared = performance.now();
  const set = featureSet({ views: flightViews, request: {} });
  const timeMs = table.columns.date.values;
  const { rowCount, features } = await buildFeatures(
    set,
    { spine: { table, timeMs, askedAt: timeMs }, events },
    { threads },
  );
  const done = performance.now();
  const { user, system } = process.cpuUsage();
  return {
    rows: rowCount,
    features: features.length,
    seconds: (done - started) / 1e3,
    readSeconds: (read - started) / 1e3,
    prepareSeconds: (prepared - read) / 1e3,
    foldSeconds: (done - prepared) / 1e3,
    cpuSeconds: (user + system) / 1e6,
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
  };
}

/** Rounds of a build, each in a process of its own; the medians of its figures. */
export async function measureBuild({ rows, threads, rounds }) {
  const folder = await mkdtemp(join(tmpdir(), "millwright-bench-"));
  try {
    const file = join(folder, "flights.parquet");
    await writeFlights(file, rows);
    const measured = [];
    for (let round = 0; round < rounds; round++) {
      const args = [fileURLToPath(import.meta.url), "--build", file, "--threads", String(threads)];
      const { stdout } = await promisify(execFile)(process.execPath, args);
      measured.push(JSON.parse(stdout));
    }
    const names = Object.keys(measured[0]);
    return Object.fromEntries(names.map((name) => [name, median(measured.map((one) => one[name]))]));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function main() {
  const { values } = parseArgs({
    options: {
      rows: { type: "string", default: "3000000" },
      threads: { type: "string", default: String(availableParallelism()) },
      rounds: { type: "string", default: "3" },
      json: { type: "boolean", default: false },
      build: { type: "string" },
    },
  });
  const [rows, threads, rounds] = [values.rows, values.threads, values.rounds].map(Number);
  const result =
    values.build === undefined
      ? { threads, rounds, ...(await measureBuild({ rows, threads, rounds })) }
      : await build({ file: values.build, threads });
  process.stdout.write(`${JSON.stringify(result, null, values.json || values.build ? 0 : 2)}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
