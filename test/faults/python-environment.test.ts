import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { python3, pythonProject, type PythonProject } from "../support/python.js";

const locks = fileURLToPath(new URL("../../python/locks/lightgbm.txt", import.meta.url));
const maker = fileURLToPath(new URL("../../python/millwright_trainer/make_environment.py", import.meta.url));

/** One small package of a lock that ships. */
const small = /^typing-extensions==(.*\\\n)+.*\n/m.exec(readFileSync(locks, "utf8"))?.[0] ?? "";
const environment = { lock: { file: "small.txt" }, byVersion: [] };

let root: string;
const projects: PythonProject[] = [];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "millwright-environments-"));
});
afterEach(async () => {
  for (const project of projects.splice(0)) await project.close();
  await rm(root, { recursive: true, force: true });
});

async function project(lock = small): Promise<PythonProject> {
  const made = await pythonProject({ environments: root });
  projects.push(made);
  made.write("small.txt", lock);
  return made;
}

/** Folders that look like an environment. */
const environments = () => readdirSync(root).filter((name) => !/\.(lock|making)$/.test(name));
const inTheMaking = () => readdirSync(root).some((name) => name.endsWith(".making"));

/** Gives way until a condition holds. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(setImmediate);
}

describe.skipIf(python3 === undefined)("an environment", { timeout: 300_000 }, () => {
  test("is made once when two ask at once, and kept", async () => {
    const lines: string[] = [];
    const onLog = (line: string) => lines.push(line);
    const [one, other] = [await project(), await project()];
    await Promise.all([one, other].map(({ runner }) => runner.prepare(environment, { onLog })));
    expect(lines.filter((line) => line.startsWith("Successfully installed"))).toHaveLength(1);
    expect(environments()).toHaveLength(1);
    lines.length = 0;
    await one.runner.prepare(environment, { onLog });
    expect(lines).toEqual([]);
  });

  test("that is killed in the making is not there, and the next one makes it whole", async () => {
    const asked = await project();
    const lock = join(root, "small.txt");
    writeFileSync(lock, small);
    const killed = spawn(python3 as string, ["-B", maker, root, lock], {
      stdio: ["pipe", "ignore", "ignore"],
    });
    const gone = new Promise((resolve) => killed.once("exit", resolve));
    await until(inTheMaking);
    killed.kill("SIGKILL");
    await gone;
    await rm(lock);
    expect(environments()).toEqual([]);
    await asked.runner.prepare(environment);
    expect(environments()).toHaveLength(1);
    expect(existsSync(join(root, environments()[0], "bin", "python"))).toBe(true);
    expect(inTheMaking()).toBe(false);
  });

  test("that is cancelled leaves nothing", async () => {
    const controller = new AbortController();
    const { runner } = await project();
    const made = runner.prepare(environment, { signal: controller.signal });
    await until(inTheMaking);
    controller.abort();
    await expect(made).rejects.toMatchObject({ code: "MW0105" });
    expect(environments()).toEqual([]);
  });

  test("whose files are not the ones of the lock is not made", async () => {
    const forged = small.replace(/sha256:[0-9a-f]{64}/g, `sha256:${"0".repeat(64)}`);
    const { runner } = await project(forged);
    await expect(runner.prepare(environment)).rejects.toMatchObject({
      code: "MW1503",
      details: { lines: expect.any(Array) as unknown },
    });
    expect(environments()).toEqual([]);
    expect(inTheMaking()).toBe(false);
  });
});

describe("a lock file", () => {
  const hash = `--hash=sha256:${"a".repeat(64)}`;
  test.each([
    "",
    "# nothing\n",
    "numpy\n",
    "numpy>=2\n",
    "numpy==2.*\n",
    "numpy==2.0.0\n",
    `numpy==2.0.0 ${hash.slice(0, -1)}\n`,
    `numpy==2.0.0 ${hash}\n-r other.txt\n`,
    `--index-url https://localhost/\nnumpy==2.0.0 ${hash}\n`,
    `numpy @ file:///numpy.whl ${hash}\n`,
  ])("%j is refused", async (text) => {
    const { runner } = await project(text);
    await expect(runner.prepare(environment)).rejects.toMatchObject({ code: "MW1502" });
  });
});
