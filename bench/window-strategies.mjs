// node bench/window-strategies.mjs [--millions 10] [--rounds 3] [--json]
//
// The ways to compute windowed features of a few questions over many events: the fold, and three in SQL. From canonical
// Parquet to columns in memory, in turn, medians; beside them what the planner would choose.
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { duckdbEngine, duckdbWindows } from "../dist/adapters/duckdb/index.js";
import { buildFeatures, eventTable, featureSet, visibleByTime } from "../dist/features/index.js";
import * as millwright from "../dist/index.js";
import { flights, median, writeFlights } from "./flights.mjs";

const { count, events, max, mean, parquet, rate, view } = millwright;
const threads = availableParallelism();

const atOnce = events("flights", {
  from: parquet("flights.parquet"),
  schema: flights.schema,
  eventTime: "date",
});

/** What is asked: how many questions, of how many airports or of routes, over which windows. */
const cases = [
  { questions: 2_000, windows: ["3h"] },
  { questions: 20_000, windows: ["3h"] },
  { questions: 20_000, windows: ["24h"] },
  { questions: 20_000, windows: ["24h", "7d"] },
  { questions: 20_000, windows: ["24h"], source: atOnce, extremes: true },
  { questions: 20_000, windows: ["30d"] },
  { questions: 20_000, windows: ["30d"], airports: 5 },
  { questions: 100_000, windows: ["24h"] },
  { questions: 100_000, windows: ["24h", "7d"], by: "route" },
  { questions: 100_000, windows: ["30d"] },
];

const strategies = ["fold", "range", "prefix", "frame"];

/** What is estimated to take longer is left out: frames are two orders of magnitude behind. */
const patienceSeconds = 60;

function viewOf({ windows, source = flights, by = "airport", extremes = false }) {
  return view("asked", {
    source,
    entity: by === "route" ? { route: ["origin", "destination"] } : { airport: "origin" },
    features: (f) =>
      Object.fromEntries(
        windows.flatMap((window) => [
          [`flights_${window}`, count().over(window)],
          [`mean_${window}`, mean(f.delay).over(window)],
          [`late_${window}`, rate(f.delay.gt(15)).over(window)],
          ...(extremes ? [[`max_${window}`, max(f.delay).over(window)]] : []),
        ]),
      ),
  });
}

/** Every n-th flight asks; if airports are few, in the name of one of them. */
function spineOf(table, { questions, airports }) {
  const step = Math.floor(table.rowCount / questions);
  const rows = Uint32Array.from({ length: questions }, (_, i) => i * step);
  const take = ({ codes, dictionary }) => ({
    kind: "text",
    codes: Int32Array.from(rows, (row) => (airports ? codes[row] % airports : codes[row])),
    dictionary,
  });
  const timeMs = Float64Array.from(rows, (row) => table.columns.date.values[row]);
  const columns = { origin: take(table.columns.origin), destination: take(table.columns.destination) };
  return { table: { rowCount: questions, columns }, timeMs, askedAt: timeMs };
}

async function run({ engine, windows, file, rowCount, spine }, asked, strategy) {
  const one = viewOf(asked);
  const set = featureSet({ views: { origin: one }, request: {} });
  const choices = [];
  const load = async () =>
    visibleByTime(eventTable(one.source, await engine.readTable(file, one.source.schema)));
  const started = performance.now();
  const cpu = process.cpuUsage();
  const { features } = await buildFeatures(
    set,
    { spine, events: new Map([["flights", { file: { path: file, rowCount }, load }]]) },
    {
      threads,
      engine: windows,
      ...(strategy === undefined ? {} : { strategy }),
      onChoice: (_, choice) => choices.push(choice),
    },
  );
  const { user, system } = process.cpuUsage(cpu);
  return {
    seconds: (performance.now() - started) / 1e3,
    cpuSeconds: (user + system) / 1e6,
    features,
    choice: choices[0],
  };
}

function sameBits(a, b) {
  return a.every(({ values }, f) => values.every((value, row) => Object.is(value, b[f].values[row])));
}

async function measureCase(opened, asked, rounds) {
  const spine = spineOf(opened.table, asked);
  const measured = {};
  const { choice } = await run({ ...opened, spine }, asked);
  let folded;
  for (let round = 0; round < rounds; round++) {
    for (const strategy of strategies) {
      if (!(choice.seconds[strategy] <= patienceSeconds)) continue;
      const result = await run({ ...opened, spine }, asked, strategy);
      if (result.choice.strategy !== strategy) continue;
      folded ??= result.features;
      if (!sameBits(folded, result.features)) throw new Error(`${strategy} differs from the fold`);
      measured[strategy] ??= { seconds: [], cpuSeconds: [] };
      measured[strategy].seconds.push(result.seconds);
      measured[strategy].cpuSeconds.push(result.cpuSeconds);
    }
  }
  const medians = Object.entries(measured).map(([name, { seconds, cpuSeconds }]) => [
    name,
    { seconds: median(seconds), cpuSeconds: median(cpuSeconds), estimate: choice.seconds[name] },
  ]);
  const { questions, windows, by = "airport", airports, source } = asked;
  return {
    questions,
    windows,
    by,
    airports,
    late: source === undefined,
    ...Object.fromEntries(medians),
    chosen: choice.strategy,
  };
}

async function main() {
  const { values } = parseArgs({
    options: {
      millions: { type: "string", default: "10" },
      rounds: { type: "string", default: "3" },
      json: { type: "boolean", default: false },
    },
  });
  const folder = await mkdtemp(join(tmpdir(), "millwright-bench-"));
  const engine = await duckdbEngine({ scratchFolder: join(folder, "tables"), threads });
  const windows = await duckdbWindows({
    scratchFolder: join(folder, "windows"),
    threads,
    memoryLimit: "3GB",
  });
  try {
    const rowCount = Number(values.millions) * 1_000_000;
    const file = join(folder, "flights.parquet");
    await writeFlights(file, rowCount);
    const table = await engine.readTable(file, flights.schema);
    const results = [];
    for (const asked of cases) {
      results.push(
        await measureCase({ engine, windows, file, rowCount, table }, asked, Number(values.rounds)),
      );
      process.stderr.write(`${JSON.stringify(results.at(-1))}\n`);
    }
    process.stdout.write(
      `${JSON.stringify({ events: rowCount, threads, cases: results }, null, values.json ? 0 : 2)}\n`,
    );
  } finally {
    await windows.close();
    await engine.close();
    await rm(folder, { recursive: true, force: true });
  }
}

await main();
