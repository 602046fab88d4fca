import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { t } from "../../src/kernel/index.js";
import { duckdbEngine } from "../../src/adapters/duckdb/index.js";
import { environments, python3, pythonProject, runs, type PythonProject } from "../support/python.js";

let project: PythonProject;
beforeAll(async () => {
  project = await pythonProject();
});
afterAll(() => project.close());

const script = (pids: string) => `
import os, time

def train(job):
    if os.fork() > 0:
        os.wait()
    with open(${JSON.stringify(pids)}, "w") as file:
        file.write(f"{os.getpid()} {os.getppid()}")
    os.rename(${JSON.stringify(pids)}, ${JSON.stringify(`${pids}.whole`)})
    time.sleep(1000)
`;

const train = join(import.meta.dirname, "../../src/adapters/python/training-child.testing.ts");

test.skipIf(python3 === undefined)(
  "when Millwright is killed, its trainer and the trainer's child end, and the next job removes the files",
  { timeout: 300_000 },
  async () => {
    const engine = await duckdbEngine({ scratchFolder: join(project.folder, "rows") });
    const numbers = { kind: "number", values: Float64Array.of(1, 2) } as const;
    const parquet = await engine.writeTable(
      { rowCount: 2, columns: { size: numbers, __target__: numbers } },
      { size: t.float(), __target__: t.float() },
    );
    const pids = join(project.folder, "pids");
    writeFileSync(join(project.folder, "script.py"), script(pids));
    const start = () =>
      spawn(process.execPath, ["--import", "jiti/register", train, project.folder, environments, parquet], {
        stdio: "ignore",
      });
    const millwright = start();
    const gone = once(millwright, "exit");
    while (!existsSync(`${pids}.whole`)) await new Promise(setImmediate);
    const trainers = readFileSync(`${pids}.whole`, "utf8").split(" ").map(Number);
    expect(trainers.map(runs)).toEqual([true, true]);
    millwright.kill("SIGKILL");
    await gone;
    while (trainers.some(runs)) await new Promise(setImmediate);
    const scratch = join(project.folder, "scratch");
    expect(readdirSync(scratch)).toHaveLength(1);

    writeFileSync(join(project.folder, "script.py"), "def train(job): return None\n");
    await once(start(), "exit");
    expect(readdirSync(scratch)).toEqual([]);
    await engine.close();
  },
);
