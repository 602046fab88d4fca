// npm run bench:learning -- [--json] [--rounds 3] [--rows 2000000] [--trees 200] [--only flights,tables,tuning]
//
// The trees of Millwright beside LightGBM and scikit-learn's HistGradientBoosting, with the same data, trees, leaves,
// learning rate, bins and least rows of a leaf, in turn. The flights (two million, fifteen features) for time and
// memory, public tables for accuracy. Everything comes from npm and PyPI packages. What the figures mean is in
// docs/benchmarks.md.
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { median } from "./flights.mjs";
import { learningEnvironment } from "./learning/environment.mjs";
import { writeFlightsTable } from "./learning/flights-table.mjs";
import { judge } from "./learning/judge.mjs";
import { compareSearches } from "./learning/tuning.mjs";

const { values: options } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    rounds: { type: "string", default: "3" },
    rows: { type: "string", default: "2000000" },
    trees: { type: "string", default: "200" },
    only: { type: "string", default: "flights,tables,tuning" },
  },
});
const tables = "breast_cancer,digits,wine,diabetes,doctor_visits,health_insurance,diamonds,nyc_flights".split(
  ",",
);
const systems = ["millwright", "lightgbm", "sklearn"];
const wanted = new Set(options.only.split(","));
const say = (text) => process.stderr.write(`${text}\n`);
const run = promisify(execFile);
const script = (name) => fileURLToPath(new URL(`learning/${name}`, import.meta.url));
const common = { leaves: 31, learningRate: 0.1, bins: 255, minLeafRows: 20 };

/** One training of one system in a process of its own, judged. */
async function train(python, system, { folder, out, ...given }) {
  const command =
    system === "millwright"
      ? [process.execPath, [script("own.mjs"), system, folder]]
      : [python, ["-W", "ignore", script("peer.py"), system, folder]];
  const settings = JSON.stringify({ ...common, ...given, out });
  const { stdout } = await run(command[0], [...command[1], settings], { maxBuffer: 1 << 26 });
  return { ...JSON.parse(stdout.trim().split("\n").at(-1)), ...judge(folder, out, given.test) };
}

const least = (of, system) => Math.min(...systems.filter((name) => name !== system).map(of));

/** How Millwright stands to the better of the others. */
function verdict(results) {
  const { loss, auc } = results.millwright;
  const bestLoss = least((system) => results[system].loss, "millwright");
  const lossRatio = loss / bestLoss;
  const aucBehind =
    auc === undefined ? undefined : -least((system) => -results[system].auc, "millwright") - auc;
  const near = lossRatio <= 1.005 || (aucBehind ?? Infinity) <= 0.002;
  return { lossRatio, ...(aucBehind === undefined ? {} : { aucBehind }), near };
}

async function onTables(python, folder) {
  await run(python, [script("tables.py"), join(folder, "tables"), tables.join(",")]);
  const results = {};
  for (const table of tables) {
    const of = {};
    for (const system of systems) {
      say(`${table}: ${system}`);
      const given = { trees: 100, threads: 1, test: "folds", out: join(folder, "out.bin") };
      of[system] = await train(python, system, { folder: join(folder, "tables", table), ...given });
      delete of[system].hashes;
    }
    results[table] = { ...of, ...verdict(of) };
  }
  return results;
}

async function onFlights(python, folder) {
  say("the flights' table");
  const flights = join(folder, "flights");
  await writeFlightsTable(flights, { rows: Number(options.rows), threads: availableParallelism() });
  const given = { folder: flights, trees: Number(options.trees), test: "last", out: join(folder, "out.bin") };
  const results = {};
  const hashes = new Set();
  for (const threads of [2, 1]) {
    const measured = Object.fromEntries(systems.map((system) => [system, []]));
    for (let round = 0; round < Number(options.rounds); round++) {
      for (const system of systems) {
        say(`flights, ${threads} threads, round ${round + 1}: ${system}`);
        measured[system].push(await train(python, system, { ...given, threads }));
      }
    }
    for (const { hashes: of } of measured.millwright) of.forEach((hash) => hashes.add(hash));
    const of = Object.fromEntries(systems.map((system) => [system, summary(measured[system])]));
    results[`${threads} threads`] = { ...of, ...verdict(of), ...ratios(measured) };
  }
  say("flights, 4 threads: millwright");
  const four = await train(python, "millwright", { ...given, threads: 4 });
  four.hashes.forEach((hash) => hashes.add(hash));
  return { ...results, sameModelOn124Threads: hashes.size === 1 };
}

function summary(measured) {
  const of = (name) => median(measured.map((one) => one[name]));
  const { loss, auc, rowsApart, largestApart } = measured[0];
  const figures = { seconds: of("seconds"), cpuSeconds: of("cpuSeconds"), peakRssBytes: of("peakRssBytes") };
  return { ...figures, loss, auc, ...(rowsApart === undefined ? {} : { rowsApart, largestApart }) };
}

/** Medians of the rounds' ratios, so that what else the machine does falls on both sides alike. */
function ratios(measured) {
  const against = (system, name) =>
    median(measured.millwright.map((own, round) => own[name] / measured[system][round][name]));
  return Object.fromEntries(
    ["lightgbm", "sklearn"].map((system) => [
      `against ${system}`,
      {
        seconds: against(system, "seconds"),
        cpuSeconds: against(system, "cpuSeconds"),
        peakRss: against(system, "peakRssBytes"),
      },
    ]),
  );
}

const python = await learningEnvironment(say);
const folder = await mkdtemp(join(tmpdir(), "millwright-bench-"));
try {
  const [{ model: cpu }] = cpus();
  const results = {
    machine: { cpu, cores: availableParallelism(), node: process.versions.node, loadBefore: loadavg()[0] },
    ...(wanted.has("flights") ? { flights: await onFlights(python, folder) } : {}),
    ...(wanted.has("tables") ? { tables: await onTables(python, folder) } : {}),
    ...(wanted.has("tuning") ? { tuning: await compareSearches({ trials: 60, seeds: 25 }) } : {}),
    loadAfter: loadavg()[0],
  };
  process.stdout.write(`${JSON.stringify(results, null, options.json ? 0 : 2)}\n`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
