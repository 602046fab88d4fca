import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { totalmem } from "node:os";
import { join, resolve } from "node:path";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { canonicalHash, sha256, throwIfCancelled, type Canonical } from "../../kernel/index.js";
import type {
  PythonEnvironment,
  PythonFiles,
  PythonJob,
  PythonOutcome,
  PythonRunner,
  PythonTable,
  PythonWatch,
} from "../../training/index.js";
import { makeEnvironment } from "./environment.js";
import { runJob } from "./job-run.js";
import { readLock, readProjectFile } from "./lock-file.js";
import type { PythonPlaces, PythonRunnerOptions } from "./places.js";
import { encodeJob, pythonFolder } from "./protocol.js";

/** Runs trainings as subprocesses in virtual environments on this machine. */
export function pythonRunner(options: PythonRunnerOptions): PythonRunner {
  const places: PythonPlaces = {
    ...options,
    projectFolder: resolve(options.projectFolder),
    environments: resolve(options.environments),
    scratchFolder: resolve(options.scratchFolder),
    python: options.python ?? process.env["MILLWRIGHT_PYTHON"] ?? "python3",
    graceMs: options.graceMs ?? 2_000,
  };
  return Object.freeze({
    prepare: async (environment: PythonEnvironment, watch: PythonWatch = {}) => {
      throwIfCancelled(watch.signal);
      await makeEnvironment(places, environment, watch);
    },
    run: (job: PythonJob, watch: PythonWatch = {}) => run(places, job, watch),
    fingerprint: (files: PythonFiles) => fingerprint(places, files),
  });
}

async function run(places: PythonPlaces, job: PythonJob, watch: PythonWatch): Promise<PythonOutcome> {
  throwIfCancelled(watch.signal);
  const script = job.script === undefined ? null : resolve(places.projectFolder, job.script);
  if (script !== null) await readProjectFile(script);
  const environment = await makeEnvironment(places, job.environment, watch);
  const folder = await openScratch(places.scratchFolder);
  const memoryBytes = Math.floor((job.limits.memoryMb ?? (0.75 * totalmem()) / 2 ** 20) * 2 ** 20);
  const tables: string[] = [];
  const write = async ({ table, schema }: PythonTable) => {
    const path = await places.tables.writeTable(table, schema);
    tables.push(path);
    return path;
  };
  try {
    const train = await write(job.train);
    const validation = job.validation === undefined ? null : await write(job.validation);
    const { trainer, task, classes, features, seed, threads, options } = job;
    const { producer, producerVersion, graphName: name, doc } = job.graph;
    const graph = { producer, producerVersion, name, doc };
    const what = { trainer, task, classes, features, seed, threads, script, options, train, validation };
    await writeFile(join(folder, "job.json"), encodeJob({ protocol: 1, ...what, graph, memoryBytes }));
    throwIfCancelled(watch.signal);
    return await runJob({ job, folder, environment, memoryBytes, graceMs: places.graceMs }, watch);
  } finally {
    for (const path of tables) await places.tables.discard(path);
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** A new folder, named by this process. Those of processes that died are removed. */
async function openScratch(root: string): Promise<string> {
  await mkdir(root, { recursive: true });
  for (const name of await readdir(root)) {
    const pid = /^python-(\d+)-/.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid)))
      await rm(join(root, name), { recursive: true, force: true });
  }
  return mkdtemp(join(root, `python-${process.pid}-`));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, but belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

async function fingerprint(places: PythonPlaces, { environment, files }: PythonFiles): Promise<Canonical> {
  const lock = await readLock(places.projectFolder, environment);
  const scripts: Record<string, string> = {};
  for (const file of files)
    scripts[file] = sha256(await readProjectFile(resolve(places.projectFolder, file)));
  return { lock: lock.sha256, byVersion: [...environment.byVersion], scripts, worker: workerHash() };
}

/** Content of the Python side: an update that trains otherwise is another function. */
function workerHash(): string {
  const folder = fileURLToPath(new URL("millwright_trainer/", pythonFolder));
  const names = readdirSync(folder, { recursive: true }).map(String);
  const sources = names.filter((name) => name.endsWith(".py")).sort();
  return canonicalHash(sources.map((name) => [name, sha256(readFileSync(join(folder, name)))]));
}
