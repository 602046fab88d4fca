// npm run bench:parity                    10,000,000 random window reads, half in memory and half in Redis, each
//                                         compared bit by bit with a fold, and a slice of them with the oracle
// npm run bench:parity -- --reads N       fewer reads
// npm run bench:parity -- --seed N        other worlds
// npm run bench:parity -- --store memory  one store alone
// npm run bench:parity -- --json          the result as JSON
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism, cpus } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { startRedis } from "./redis-server.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const compiled = join(root, "node_modules/.cache/millwright-bench");
/** The worlds of the stores differ. */
const seeds = { memory: 1, redis: 10_000_001 };

function options() {
  const { values } = parseArgs({
    options: {
      reads: { type: "string", default: "10000000" },
      seed: { type: "string", default: "0" },
      store: { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
  const [reads, seed] = [Number(values.reads), Number(values.seed)];
  const stores = Object.keys(seeds).filter((name) => values.store === undefined || values.store === name);
  if (!Number.isInteger(reads) || reads < 1)
    throw new Error(`expected --reads as a whole number of 1 or more`);
  if (!Number.isInteger(seed) || seed < 0) throw new Error(`expected --seed as a whole number of 0 or more`);
  if (stores.length === 0) throw new Error(`expected --store memory or --store redis`);
  return { reads, seed, stores, json: values.json };
}

/** The sources with their oracle, as JavaScript; only what changed is compiled. */
function compile() {
  mkdirSync(compiled, { recursive: true });
  writeFileSync(join(compiled, "package.json"), '{ "type": "module" }\n');
  const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
  const { status } = spawnSync(process.execPath, [tsc, "-p", "bench/parity/tsconfig.json"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
  });
  if (status !== 0) throw new Error("the sources do not compile");
}

/** Runs one store on a thread of its own; says on standard error how far it is. */
function runStore(name, task) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(join(compiled, "bench/parity/worker.js"), { workerData: task });
    let told = 0;
    worker.on("error", reject);
    worker.on("exit", (code) => reject(new Error(`the thread of ${name} ended with code ${code}`)));
    worker.on("message", ({ done, result }) => {
      if (result !== undefined) return resolve(result);
      const tenths = Math.floor((10 * done) / task.reads);
      if (tenths <= told) return undefined;
      told = tenths;
      return process.stderr.write(`${name}: ${done.toLocaleString("en")} reads\n`);
    });
  });
}

async function run({ reads, seed, stores }) {
  const redis = stores.includes("redis") ? await startRedis() : undefined;
  try {
    const startMs = performance.now();
    const results = await Promise.all(
      stores.map((name) =>
        runStore(name, {
          reads: Math.ceil(reads / stores.length),
          seed: seeds[name] + seed * 100_000,
          ...(name === "redis" && { redisUrl: redis.url }),
        }),
      ),
    );
    const seconds = (performance.now() - startMs) / 1000;
    return { ...summary(results), seconds, stores: results, ...machine(redis?.version) };
  } finally {
    await redis?.close();
  }
}

const total = (results, name) => results.reduce((sum, result) => sum + result[name], 0);

const summary = (results) => ({
  reads: total(results, "reads"),
  present: total(results, "present"),
  mismatches: total(results, "mismatches"),
  oracleReads: total(results, "oracleReads"),
});

const machine = (redis) => ({
  versions: { node: process.versions.node, ...(redis && { redis }) },
  machine: { cpu: cpus()[0]?.model ?? "unknown", cores: availableParallelism() },
});

function print({ reads, present, mismatches, oracleReads, seconds, stores }) {
  for (const { store, aggregations, examples, ...of } of stores) {
    console.log(`${store}: ${of.reads} reads of ${of.worlds} worlds in ${of.seconds.toFixed(1)} s`);
    for (const [kind, tally] of Object.entries(aggregations)) {
      console.log(
        `  ${kind.padEnd(10)}${String(tally.reads).padStart(10)} reads${String(tally.present).padStart(10)} not null or 0${String(tally.mismatches).padStart(6)} mismatches`,
      );
    }
    examples.forEach((example) => console.log(`  ${example}`));
  }
  console.log(`reads ${reads} (${present} neither null nor 0, ${oracleReads} also compared with the oracle)`);
  console.log(`mismatches ${mismatches}`);
  console.log(`seconds ${seconds.toFixed(1)}`);
}

try {
  const given = options();
  compile();
  const result = await run(given);
  if (given.json) console.log(JSON.stringify(result, null, 2));
  else print(result);
  process.exitCode = result.mismatches === 0 ? 0 : 1;
} catch (error) {
  console.error(error.message);
  process.exitCode = 3;
}
