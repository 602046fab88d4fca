import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { arch, availableParallelism, cpus, platform, tmpdir, totalmem } from "node:os";
import { join, resolve } from "node:path";
import { duckdbEngine, duckdbRowFiles, duckdbWindows } from "../adapters/duckdb/index.js";
import { fsAppendLog, fsBlobStore, fsCheckpointStore, fsLogReader } from "../adapters/fs/index.js";
import { codeState } from "../adapters/git/index.js";
import { onnxruntimeSessions } from "../adapters/onnxruntime/index.js";
import { pythonRunner } from "../adapters/python/index.js";
import { redisTileStore } from "../adapters/redis/index.js";
import { openSqlite } from "../adapters/sqlite/index.js";
import { silentProgress, storageErrors, systemClock, type Clock, type Progress } from "../kernel/index.js";
import type { Project } from "../lifecycle/index.js";
import type { Machine } from "../training/index.js";
import { sourcesOf, type ProjectDefinition } from "./define-project.js";
import { memoryStore } from "./online-store.js";
import { processWorkers } from "./process-workers.js";
import { servingParts } from "./serving-parts.js";

export interface ConnectOptions {
  /** Where long work tells how far it is. Default: nowhere. */
  readonly progress?: Progress;
  /** Threads for training and queries. Default: the machine's. Results do not depend on it. */
  readonly threads?: number;
  readonly clock?: Clock;
}

/** Puts a project on its adapters: SQLite, DuckDB, files and ONNX Runtime, all in this process. */
export async function connect(
  folder: string,
  definition: ProjectDefinition,
  options: ConnectOptions = {},
): Promise<Project> {
  const { clock = systemClock, progress = silentProgress, threads = availableParallelism() } = options;
  const root = resolve(folder, definition.storage.folder);
  makeFolder(root);
  const stores = openSqlite(join(root, "metadata.db"), { clock });
  const engine = await duckdbEngine({
    scratchFolder: join(root, "scratch"),
    projectFolder: resolve(folder),
    threads,
  });
  let windows: ReturnType<typeof duckdbWindows> | undefined;
  const liveFolder = (live: string, name: string) => join(root, "live", live, name);
  return Object.freeze({
    name: definition.name,
    models: definition.models,
    sources: new Map(
      definition.models.flatMap((model) => [...sourcesOf(model)].map((source) => [source.name, source])),
    ),
    engine,
    blobs: fsBlobStore(join(root, "blobs")),
    ...stores,
    sessions: onnxruntimeSessions,
    checkpoints: fsCheckpointStore((live) => liveFolder(live, "checkpoints")),
    clock,
    progress,
    threads,
    producer: producer(),
    python: pythonRunner({
      projectFolder: folder,
      environments: process.env["MILLWRIGHT_PYTHON_ENVIRONMENTS"] ?? join(root, "python"),
      scratchFolder: join(root, "scratch", "python"),
      tables: engine,
    }),
    openClean: () => connectClean(folder, definition, options),
    workers: processWorkers(),
    machine: machine([onnxruntimeSessions.engine, engine.name]),
    code: () => codeState(resolve(folder)),
    randomBytes,
    newId: (prefix: string) => `${prefix}-${randomBytes(6).toString("hex")}`,
    files: duckdbRowFiles({ threads }),
    openWindows: () => (windows ??= duckdbWindows({ scratchFolder: join(root, "scratch"), threads })),
    ...onlineStore(definition),
    ...servingParts(resolve(folder), definition, clock),
    openLog: (live: string, name: string) => fsAppendLog(liveFolder(live, name)),
    readLog: async (live: string, name: string) => fsLogReader(liveFolder(live, name)),
    async close() {
      await (await windows)?.close();
      await engine.close();
      stores.close();
    },
  });
}

/** Connects to storage in a new temporary folder. */
async function connectClean(
  folder: string,
  definition: ProjectDefinition,
  options: ConnectOptions,
): Promise<Project> {
  const root = mkdtempSync(join(tmpdir(), "millwright-clean-"));
  const storage = { folder: root, online: memoryStore };
  const remove = () => rm(root, { recursive: true, force: true });
  try {
    const project = await connect(folder, { ...definition, storage }, options);
    return Object.freeze({ ...project, close: () => project.close().finally(remove) });
  } catch (error) {
    await remove();
    throw error;
  }
}

function onlineStore({ name, storage: { online } }: ProjectDefinition): Pick<Project, "openTiles"> {
  if (online.kind === "memory") return {};
  const { url, prefix = name, timeoutMs } = online;
  return { openTiles: () => redisTileStore({ url, prefix, timeoutMs }) };
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (cause) {
    throw storageErrors.error("MW1003", {
      expected: `a folder at ${path} for the project's storage`,
      found: cause instanceof Error ? cause.message : String(cause),
      remedy: "Make room for it, or name another folder as storage.folder in the configuration.",
      details: { path },
      cause,
    });
  }
}

function machine(engines: readonly string[]): Machine {
  return Object.freeze({
    node: process.versions.node,
    platform: `${platform()} ${arch()}`,
    cpu: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    engines,
  });
}

function producer(): { readonly name: string; readonly version: string } {
  const { name, version } = JSON.parse(
    readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
  ) as {
    name: string;
    version: string;
  };
  return { name, version };
}
