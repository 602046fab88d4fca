// npm run bench:serving -- [--json] [--rounds 2] [--seconds 3] [--only millwright,fastapi,fastapi-bare,bentoml,mlserver,litserve,ray,triton]
//   [--scenarios single,ladder,rows,image,overhead,overload,swap,predictions,batch]
//
// Millwright's server beside FastAPI, BentoML, MLServer, LitServe, Ray Serve and Triton: the same machine, the same
// bytes of three models, the same load generators, two workers each, ONNX Runtime with one thread. One server runs at
// a time, in turn in every round; figures are medians of the rounds. What cannot be run is listed with its reason.
// The last is batch prediction beside a bare loop (bench/batch-predict.mjs). `claims` says of each figure that the server
// is held to what is required, what was measured and whether it holds. About half an hour on a machine with nothing else.
// What the figures mean is in docs/benchmarks.md. It needs Python 3.11 and wrk.
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, cpus, loadavg, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { bareSession, timeInPython } from "./serving/bare.mjs";
import { claimsOf } from "./serving/claims.mjs";
import { compare, medians } from "./serving/compare.mjs";
import { servingEnvironment } from "./serving/environments.mjs";
import { ownScenarios } from "./serving/own-scenarios.mjs";
import { inputsOf } from "./serving/requests.mjs";
import { scenarios, warmUp } from "./serving/scenarios.mjs";
import { formOf, startSystem, systems, verify } from "./serving/systems.mjs";
import { wrkVersion } from "./serving/wrk.mjs";

/** Batch prediction has no server, and runs once, behind the others. */
const batch = "batch";
const { values: options } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    rounds: { type: "string", default: "2" },
    seconds: { type: "string", default: "3" },
    only: { type: "string", default: Object.keys(systems).join(",") },
    scenarios: {
      type: "string",
      default: [...Object.keys({ ...scenarios, ...ownScenarios }), batch].join(","),
    },
  },
});
const rounds = Number(options.rounds);
const seconds = Number(options.seconds);
const say = (text) => process.stderr.write(`${text}\n`);
const chosen = (text, known) => {
  const names = text.split(",");
  const strange = names.find((name) => !(name in known));
  if (strange === undefined) return names;
  throw new Error(`expected some of ${Object.keys(known).join(", ")}, found '${strange}'`);
};
const names = chosen(options.only, systems);
const wanted = chosen(options.scenarios, { ...scenarios, ...ownScenarios, [batch]: true });
const bareRuns = { trees: 2_000, network: 2_000, image: 50 };

/** What runs now, so that it is ended however this ends. */
let stopRunning = async () => undefined;

/** The inputs of every model, what a bare session answers to them, and how long it takes for the first. */
async function inputsAndBare({ python, modelsFolder, folder }) {
  const inputs = {
    trees: { single: inputsOf("trees", { rows: 1, count: 64, seed: 1 }) },
    network: { single: inputsOf("network", { rows: 1, count: 64, seed: 2 }) },
    image: { single: inputsOf("image", { rows: 1, count: 4, seed: 3 }) },
  };
  inputs.trees.rows = inputsOf("trees", { rows: 64, count: 16, seed: 4 });
  inputs.network.rows = inputsOf("network", { rows: 64, count: 16, seed: 5 });
  const bare = {};
  const expected = {};
  for (const [model, { single, rows = [] }] of Object.entries(inputs)) {
    const path = join(modelsFolder, `${model}.onnx`);
    const session = await bareSession(path);
    const count = bareRuns[model];
    bare[model] = {
      node: await session.time(single[0], count),
      python: await timeInPython(python, path, { input: single[0], count, folder }),
    };
    const answered = (list) =>
      Promise.all(list.map(async (input) => ({ input, outputs: await session.answer(input) })));
    expected[model] = { single: await answered(single), rows: await answered(rows) };
    await session.release();
  }
  return { inputs, bare, expected };
}

/** Every answer that is timed later is compared first. */
async function verifyAll(running, expected) {
  const { json, binary } = systems[running.name];
  let largest = 0;
  for (const [model, { single, rows }] of Object.entries(expected)) {
    const forms = model === "image" ? [formOf(running.name, model)] : [json, ...(binary ? [binary] : [])];
    for (const form of forms) largest = Math.max(largest, await verify(running, [...single, ...rows], form));
  }
  return largest;
}

/** One system in one round: started, verified, measured, ended. */
async function measure(name, { inputs, bare, expected, folder, modelsFolder }) {
  const probes = Object.values(expected).map(({ single }) => single[0]);
  try {
    const running = await startSystem(name, {
      ...{ folder, modelsFolder, report: say, probes },
      started: (stop) => (stopRunning = stop),
    });
    const result = {
      startSeconds: running.startSeconds,
      largestDifference: await verifyAll(running, expected),
    };
    const context = { ...running, inputs, bare, folder, seconds };
    await warmUp(context);
    for (const scenario of wanted) {
      const run = scenarios[scenario] ?? (name === "millwright" ? ownScenarios[scenario] : undefined);
      if (run === undefined) continue;
      say(`  ${scenario}`);
      // A server that fails in one scenario is still measured in the others, and the failure is told.
      result[scenario] = await run(context).catch((error) => {
        say(`  ${error.message}`);
        return { failed: error.message };
      });
    }
    return result;
  } catch (error) {
    say(`  ${error.message}`);
    return { failed: error.message };
  } finally {
    await stopRunning();
    stopRunning = async () => undefined;
  }
}

async function besideEachOther(given) {
  const measured = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    // Each round begins with another one.
    const order = names.map((_, i) => names[(i + round) % names.length]);
    for (const name of order) {
      say(`round ${round + 1}: ${name}`);
      measured[name].push(await measure(name, given));
    }
  }
  const results = {};
  for (const name of names) {
    const { settings, versions } = systems[name];
    results[name] = { versions: await versions(), settings, ...medians(measured[name]) };
  }
  return results;
}

/** Rows a second of `predictFile` beside a bare loop; undefined where it is not asked for. */
async function batchPrediction() {
  if (!wanted.includes(batch) || !names.includes("millwright")) return undefined;
  say("batch prediction");
  const script = fileURLToPath(new URL("batch-predict.mjs", import.meta.url));
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [script, "--rounds", String(rounds)]);
    return JSON.parse(stdout);
  } catch (error) {
    say(`  ${error.message}`);
    return { failed: error.message };
  }
}

async function main(folder) {
  const wrk = await wrkVersion();
  const loadBefore = loadavg();
  const python = await servingEnvironment("models", say);
  say("models");
  const script = fileURLToPath(new URL("serving/models/make.py", import.meta.url));
  const { stdout } = await promisify(execFile)(python, ["-W", "ignore", script, folder]);
  const { models, ...madeWith } = JSON.parse(stdout);
  const given = {
    ...(await inputsAndBare({ python, modelsFolder: folder, folder })),
    folder,
    modelsFolder: folder,
  };
  const results = await besideEachOther(given);
  const measured = {
    ...{ systems: results, comparison: compare(results), batchPrediction: await batchPrediction() },
  };
  return {
    machine: { cpu: cpus()[0].model, cores: availableParallelism(), memoryBytes: totalmem() },
    ...{ node: process.versions.node, wrk, rounds, seconds, scenarios: wanted },
    ...{ models, madeWith, bare: given.bare },
    ...{ claims: claimsOf(measured), ...measured, loadBefore, loadAfter: loadavg() },
  };
}

const folder = await mkdtemp(join(tmpdir(), "mw-serving-"));
const clean = async () => {
  await stopRunning();
  await rm(folder, { recursive: true, force: true });
};
let ending = false;
for (const [name, code] of Object.entries({ SIGINT: 130, SIGTERM: 143 })) {
  process.on(name, () => {
    // A second one must not leave the server behind that the first is ending.
    if (ending) return;
    ending = true;
    clean().finally(() => process.exit(code));
  });
}
try {
  process.stdout.write(`${JSON.stringify(await main(folder), null, options.json ? 0 : 2)}\n`);
} finally {
  await clean();
}
