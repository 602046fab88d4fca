import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { duckdbEngine } from "../../src/adapters/duckdb/index.js";
import { pythonRunner, type PythonRunnerOptions } from "../../src/adapters/python/index.js";
import type { TableEngine } from "../../src/data/index.js";
import { seededRng } from "../../src/kernel/index.js";
import type { Examples, Target } from "../../src/learning/index.js";
import type { PythonRunner } from "../../src/training/index.js";
import { requireProgram } from "../require-program.js";

/** The interpreter that environments are made with; undefined where there is none. */
export const python3 = requireProgram("python3", "apt-get install python3 python3-venv");

/** Environments of tests stay: making one takes a minute. */
export const environments = join(tmpdir(), "millwright-test-python");

/** A folder with scripts, and a runner in it. */
export interface PythonProject {
  readonly folder: string;
  readonly runner: PythonRunner;
  write(name: string, text: string): void;
  /** What lies in the scratch folders of the runner and of the table engine. */
  leftovers(): readonly string[];
  close(): Promise<void>;
}

export async function pythonProject(options: Partial<PythonRunnerOptions> = {}): Promise<PythonProject> {
  const folder = await mkdtemp(join(tmpdir(), "millwright-python-"));
  const tableFolder = join(folder, "tables");
  const scratchFolder = join(folder, "scratch");
  mkdirSync(scratchFolder);
  const tables: TableEngine = await duckdbEngine({ scratchFolder: tableFolder });
  const runner = pythonRunner({
    projectFolder: folder,
    environments,
    scratchFolder,
    tables,
    graceMs: 200,
    ...options,
  });
  return {
    folder,
    runner,
    write: (name, text) => writeFileSync(join(folder, name), text),
    leftovers: () => [
      ...readdirSync(scratchFolder),
      ...readdirSync(tableFolder, { recursive: true })
        .map(String)
        .filter((name) => name.endsWith(".parquet")),
    ],
    async close() {
      await tables.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Whether a process runs; one that is dead and only waits to be counted does not. */
export function runs(pid: number): boolean {
  if (!existsSync(`/proc/${pid}`)) return false;
  try {
    const status = readFileSync(`/proc/${pid}/stat`, "utf8");
    return !["Z", "X"].includes(status.slice(status.lastIndexOf(")") + 2)[0]);
  } catch {
    return false;
  }
}

/** Whether a process is a dead child of this one that nobody has waited for. */
export function isZombieOfOurs(pid: number): boolean {
  try {
    const [state, parent] = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    return state === "Z" && Number(parent) === process.pid;
  } catch {
    return false;
  }
}

type Task = Target["kind"];

/**
 * Rows with a number, a number that is missing now and then, and a text that is too; what is to be learned
 * depends on all three. Groups of a ranking have 10 rows.
 */
export function pythonExamples(task: Task, rowCount = 600, seed = 1): Examples {
  const rng = seededRng(seed);
  const colours = ["red", "green", "blue"];
  const size = new Float32Array(rowCount);
  const age = new Float32Array(rowCount);
  const codes = new Int32Array(rowCount);
  const score = new Float64Array(rowCount);
  for (let row = 0; row < rowCount; row++) {
    size[row] = rng.next() * 4 - 2;
    age[row] = rng.next() < 0.1 ? NaN : rng.next() * 10;
    codes[row] = rng.next() < 0.05 ? -1 : Math.floor(rng.next() * 3);
    score[row] = size[row] + (Number.isNaN(age[row]) ? 1.5 : 0.3 * age[row]) + (codes[row] === 0 ? 1.5 : 0);
    score[row] += rng.next() * 0.6;
  }
  return {
    rowCount,
    features: [
      { kind: "number", name: "size", values: size },
      { kind: "text", name: "colour", codes, dictionary: colours },
      { kind: "number", name: "age", values: age },
    ],
    target: targetFor(task, score),
  };
}

function targetFor(task: Task, score: Float64Array): Target {
  switch (task) {
    case "binary":
      return { kind: "binary", labels: Uint8Array.from(score, (value) => (value > 2 ? 1 : 0)) };
    case "multiclass": {
      const labels = Uint16Array.from(score, (value) => (value < 1 ? 0 : value < 3 ? 1 : 2));
      return { kind: "multiclass", labels, classes: ["low", "middle", "high"] };
    }
    case "regression":
      return { kind: "regression", values: score.map((value) => 1000 * value + 50_000) };
    case "ranking":
      return {
        kind: "ranking",
        relevance: score.map((value) => Math.min(4, Math.max(0, Math.round(value)))),
        groups: Int32Array.from(score, (_, row) => Math.floor(row / 10)),
      };
    case "anomaly":
      return { kind: "anomaly" };
  }
}

export const graphInfo = {
  producer: "millwright",
  producerVersion: "0.0.0",
  graphName: "test",
  doc: "a test",
} as const;
