import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { lookupGraph, scalingGraph } from "../../src/inference/tensor-graphs.testing.js";
import { failure, runJson, startCommand, type Running } from "../support/command.js";
import { ask, floatsBody, numbersOf, until, type Answer } from "../support/inference-server.js";
import { runs } from "../support/python.js";
import { temporaryFolders } from "../support/trips.js";

/**
 * Several processes that serve on one port. Versions 1 and 2 of `scale` multiply by 2 and 3; version 3 is another graph,
 * which the second worker alone cannot serve: it has an answer declared that does not fit.
 */

const folders = temporaryFolders();
const started: Running[] = [];
let folder = "";

const config = `
import { defineProject } from "millwright";
const tensor = (shape: number[]) => ({ dtype: "float32" as const, shape, data: new Float32Array(2) });
const models = { scale: { fallback: [{ default: { y: tensor([1, 2]), sum: { ...tensor([]), data: new Float32Array(1) } } }] } };
export default defineProject({
  name: "tensors",
  models: [],
  serving: process.env.MILLWRIGHT_WORKER === "2" ? { models } : {},
});
`;

beforeAll(async () => {
  folder = await folders.make({ "millwright.config.ts": config });
  for (const graph of [scalingGraph(2), scalingGraph(3), lookupGraph([1])]) {
    writeFileSync(join(folder, "scale.onnx"), graph);
    await runJson(folder, ["models", "import", "scale.onnx"]);
  }
});
afterAll(async () => {
  for (const { child } of started) child.kill("SIGKILL");
  await folders.removeAll();
});

interface Crew {
  readonly url: string;
  readonly running: Running;
  /** Process ids of the workers. */
  workers(): readonly number[];
}

/** The children of a process, from the system. */
function childrenOf(pid: number): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return text === "" ? [] : text.split(" ").map(Number);
}

async function startCrew(live: string, ...args: readonly string[]): Promise<Crew> {
  const common = [
    "--port",
    "0",
    "--grpc-port",
    "0",
    "--live",
    live,
    "--model",
    "scale@1",
    "--json",
    "--quiet",
  ];
  const running = startCommand(folder, "serve", "--workers", "2", ...common, ...args);
  started.push(running);
  const { url } = JSON.parse(await running.firstLine) as { readonly url: string };
  return { url, running, workers: () => childrenOf(running.child.pid ?? 0) };
}

/** One request on a connection of its own, so that it may reach either worker. */
const infer = (url: string): Promise<Answer> =>
  ask(`${url}/v2/models/scale/infer`, floatsBody("x", [1, 2], [3, 4]), {
    headers: { connection: "close" },
  });

/** Callers who ask until they are told to stop: the versions that answered, "lost" for a connection that broke. */
function hammer(url: string) {
  let stopped = false;
  const seen: string[] = [];
  const callers = Array.from({ length: 8 }, async () => {
    while (!stopped) {
      const answer = await infer(url).catch(() => undefined);
      if (answer === undefined) seen.push("lost");
      else if (answer.status === 200) {
        const factor = (numbersOf(answer, "sum")?.[0] ?? NaN) / 7;
        seen.push(factor === Number(answer.body.model_version) + 1 ? `v${factor - 1}` : "wrong");
      } else seen.push(`${answer.status} ${answer.code}`);
    }
  });
  return {
    seen,
    async stop() {
      stopped = true;
      await Promise.all(callers);
      return seen;
    },
  };
}

const gone = (pids: readonly number[]) => until(() => pids.every((pid) => !runs(pid)));

const loadVersion = (url: string, version: string): Promise<Answer> =>
  ask(
    `${url}/v2/repository/models/scale/load`,
    { parameters: { version } },
    { headers: { connection: "close" } },
  );

/** How often each of them was seen. */
const countsOf = (seen: readonly string[]) =>
  new Map([...new Set(seen)].map((one) => [one, seen.filter((other) => other === one).length]));

test("a worker that is killed under load: the other answers, and its successor serves what was loaded meanwhile", async () => {
  const crew = await startCrew("killed");
  const load = hammer(crew.url);
  await until(() => load.seen.length > 50);
  const [victim, other] = crew.workers();
  process.kill(victim, "SIGKILL");
  await gone([victim]);
  // Every caller comes on a connection of its own: those that the dead process had not taken are not lost.
  expect(await loadVersion(crew.url, "2")).toMatchObject({ status: 200, body: { version: "2" } });
  await until(() => crew.workers().length === 2);
  expect(crew.workers()).toContain(other);
  // Killed too, what answers now is the successor alone: it knows of the load.
  const [successor] = crew.workers().filter((pid) => pid !== other);
  await until(async () => (await workersThatServe(crew.url)) === 2);
  process.kill(other, "SIGKILL");
  await gone([other]);
  for (let i = 0; i < 10; i++) {
    expect(await infer(crew.url)).toMatchObject({ body: { model_version: "2" } });
  }
  expect(crew.workers()).toContain(successor);
  const counts = countsOf(await load.stop());
  expect([...counts.keys()].filter((one) => !["v1", "v2", "lost"].includes(one))).toEqual([]);
  // What a killed process had accepted is lost: at most one request of each caller, at each of the two deaths.
  expect(counts.get("lost") ?? 0).toBeLessThanOrEqual(16);
  // Ctrl-C reaches workers and primary alike, and still drains.
  const workers = crew.workers();
  for (const pid of [...workers, crew.running.child.pid ?? 0]) process.kill(pid, "SIGINT");
  expect((await crew.running.ended).code).toBe(0);
  await gone(workers);
});

/** Workers that answer the one which is asked for the metrics, and this one. */
async function workersThatServe(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`, { headers: { connection: "close" } })).text();
  return Number(/^millwright_serving_processes (\d+)$/m.exec(text)?.[1]);
}

test("loads happen in both workers or in none; SIGTERM under load answers what was accepted", async () => {
  const crew = await startCrew("raced");
  // Another version in each worker would be seen by some of these.
  const versions = async () => {
    const answers = await Promise.all(Array.from({ length: 12 }, () => infer(crew.url)));
    return [...new Set(answers.map(({ body }) => body.model_version))];
  };
  for (let round = 0; round < 4; round++) {
    const answers = await Promise.all(["1", "2", "1", "2"].map((version) => loadVersion(crew.url, version)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(await versions()).toHaveLength(1);
  }
  await loadVersion(crew.url, "1");
  const load = hammer(crew.url);
  // Whichever worker is asked: the first can load it, the second cannot.
  const refused = await Promise.all(Array.from({ length: 6 }, () => loadVersion(crew.url, "3")));
  expect(new Set(refused.map(({ code }) => code))).toEqual(new Set(["MW0719"]));
  expect(await versions()).toEqual(["1"]);
  expect([...countsOf(load.seen).keys()]).toEqual(["v1"]);

  const workers = crew.workers();
  crew.running.child.kill("SIGTERM");
  expect((await crew.running.ended).code).toBe(0);
  await gone(workers);
  const seen = await load.stop();
  // "lost" are connections that nobody accepted any more.
  const answered = seen.slice(0, seen.indexOf("lost"));
  expect(answered.filter((one) => one !== "v1" && one !== "503 MW0811")).toEqual([]);
  expect(seen.slice(seen.indexOf("lost")).filter((one) => one === "v1").length).toBeLessThanOrEqual(8);
  await expect(infer(crew.url)).rejects.toThrow();
});

test("a primary that is killed takes its workers with it", async () => {
  const crew = await startCrew("headless");
  const workers = crew.workers();
  expect(workers).toHaveLength(2);
  crew.running.child.kill("SIGKILL");
  await gone(workers);
});

const cannotStart = (at: string, ...args: readonly string[]) =>
  failure(at, ["serve", "--workers", "2", "--live", "no", ...args]);

test("workers that cannot start: one coded error, and no process is left", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const { port } = taken.address() as { readonly port: number };
  const dying = await folders.make({
    "millwright.config.ts": `import { defineProject } from "millwright";
if (process.env.MILLWRIGHT_WORKER !== undefined) process.exit(7);
export default defineProject({ name: "dying", models: [] });
`,
  });
  const [unknown, died] = await Promise.all([
    cannotStart(folder, "--port", "0", "--model", "scale@9"),
    cannotStart(dying, "--port", "0"),
  ]);
  expect(unknown).toMatchObject({ exit: 2, error: { code: expect.stringMatching(/^MW06/) as string } });
  expect(died).toMatchObject({ exit: 3, error: { code: "MW0826", found: "exit code 7" } });
  const busy = await cannotStart(folder, "--port", `${port}`, "--model", "scale@1");
  taken.close();
  expect(busy).toMatchObject({ exit: 3, error: { code: "MW0815" } });
  expect(processesOf(folder, dying)).toEqual([]);
});

/** A crew whose second worker never gets beyond its configuration. */
async function startStuck(): Promise<{ readonly running: Running; readonly workers: readonly number[] }> {
  const stuck = await folders.make({
    "millwright.config.ts": `import { defineProject } from "millwright";
if (process.env.MILLWRIGHT_WORKER === "2") {
  console.log("stuck");
  await new Promise((resolve) => setTimeout(resolve, 2 ** 30));
}
export default defineProject({ name: "stuck", models: [] });
`,
  });
  const running = startCommand(stuck, "serve", "--workers", "2", "--port", "0", "--json", "--quiet");
  started.push(running);
  expect(await running.firstLine).toBe("stuck");
  const workers = childrenOf(running.child.pid ?? 0);
  expect(workers).toHaveLength(2);
  return { running, workers };
}

test("a primary that is killed takes with it even a worker that never ends its start", async () => {
  const { running, workers } = await startStuck();
  running.child.kill("SIGKILL");
  await gone(workers);
  expect(workers.filter(runs)).toEqual([]);
});

test("SIGTERM ends workers that start; a second one ends even a worker that never will", async () => {
  const { running, workers } = await startStuck();
  running.child.kill("SIGTERM");
  await until(() => workers.filter(runs).length === 1);
  running.child.kill("SIGTERM");
  expect((await running.ended).code).toBe(3);
  await gone(workers);
});

/** Command lines that name one of these. */
function processesOf(...names: readonly string[]): readonly string[] {
  const all = execFileSync("ps", ["-eo", "args"], { encoding: "utf8" }).split("\n");
  return all.filter((line) => names.some((name) => line.includes(name)));
}
