// npm run bench:features -- [--json] [--rounds 3] [--only online,offline,training,ingest,scaling]
//
// The feature engine beside Feast on the same data and the same Redis, in turn, medians of the rounds; then what
// Feast has no counterpart for. The results and what they mean are in docs/benchmarks.md.
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, cpus, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { feastEnvironment } from "./feast/environment.mjs";
import { startFeast } from "./feast/peer.mjs";
import { openFiles } from "./feast/workloads.mjs";
import { measureOnline } from "./online-reads.mjs";
import { measureJoin } from "./point-in-time.mjs";
import { startRedis } from "./redis-server.mjs";

const { values: options } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    rounds: { type: "string", default: "3" },
    only: { type: "string", default: "online,offline,training,ingest,scaling" },
  },
});
const rounds = Number(options.rounds);
const wanted = new Set(options.only.split(","));
const threads = availableParallelism();
const say = (text) => process.stderr.write(`${text}\n`);

/** Runs another measurement in a process of its own, so that its memory is its own. */
async function child(script, ...args) {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [path, "--json", ...args], {
    maxBuffer: 1 << 26,
  });
  return JSON.parse(stdout.trim().split("\n").at(-1));
}

async function besideFeast(folder) {
  const results = {};
  const python = await feastEnvironment({ report: say });
  const redis = await startRedis();
  const files = await openFiles();
  const feast = await startFeast({ python, redisPort: redis.port, folder });
  try {
    results.versions = { ...feast.versions, redisServer: redis.version };
    if (wanted.has("online")) {
      say("online reads");
      results.online = await measureOnline({ feast, files, redis, folder, rounds });
    }
    if (wanted.has("offline")) {
      say("point-in-time joins");
      // By airport Feast's join of a million rows takes more memory than there is; by route it takes all of them.
      results.offline = [];
      for (const size of [
        { rows: 300_000, by: "origin" },
        { rows: 1_000_000, by: "route" },
        { rows: 3_000_000, by: "route" },
      ])
        results.offline.push(await measureJoin({ feast, files, folder, rounds, threads }, size));
    }
  } finally {
    await feast.close();
    files.close();
    await redis.close();
  }
  return results;
}

async function measure(folder) {
  const results = {
    machine: { cpu: cpus()[0].model, cores: threads, memoryBytes: totalmem(), node: process.versions.node },
    rounds,
  };
  if (wanted.has("online") || wanted.has("offline")) Object.assign(results, await besideFeast(folder));
  if (wanted.has("training")) {
    say("training set");
    results.training = await child("training-set.mjs", "--rounds", options.rounds);
  }
  if (wanted.has("ingest")) {
    say("ingest");
    results.ingest = await child("ingest.mjs");
  }
  if (wanted.has("scaling")) {
    say("scaling with events");
    results.scaling = await child("fold-scaling.mjs", "--rounds", options.rounds);
  }
  return results;
}

const folder = await mkdtemp(join(tmpdir(), "millwright-bench-"));
try {
  const results = await measure(folder);
  process.stdout.write(`${JSON.stringify(results, null, options.json ? 0 : 2)}\n`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
