import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { errorTable } from "./errors.js";
import { allResults, firstResult, workerModule } from "./run-workers.js";

const errors = errorTable({
  MW0199: { title: "worker died", exit: 3, http: 500, about: "Of this test alone." },
});
const failure = (found: string, cause?: unknown) =>
  errors.error("MW0199", { expected: "a worker that lives", found, remedy: "Start another.", cause });

/** A worker module written out in its own address. */
const program = (source: string) => new URL(`data:text/javascript,${encodeURIComponent(source)}`);
/** A job's input in such a program. */
const input = `(await new Promise((resolve) => parentPort.once("message", resolve)))`;
const sleepForever = "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);";

test("a worker that throws rejects with its message, though another waits for it for ever", async () => {
  const module = program(`
    import { parentPort } from "node:worker_threads";
    if (${input} === 1) throw new Error("out of luck");
    ${sleepForever}`);
  const running = firstResult({ module, inputs: [0, 1], failure });
  await expect(running).rejects.toThrow(/MW0199.*out of luck/);
});

test("a worker that leaves with a code, and a crew that leaves without a result, reject", async () => {
  const leaving = firstResult({ module: program("process.exit(3);"), inputs: [0], failure });
  await expect(leaving).rejects.toThrow(/MW0199.*exit code 3/);
  const silent = firstResult({ module: program(""), inputs: [0, 1], failure });
  await expect(silent).rejects.toThrow(/MW0199.*without a result/);
});

test("an abort ends workers that would wait for ever", async () => {
  const module = program(`
    import { parentPort } from "node:worker_threads";
    parentPort.postMessage({ kind: "progress", done: 1 });
    ${sleepForever}`);
  const controller = new AbortController();
  const running = firstResult({
    module,
    inputs: [0, 0],
    failure,
    signal: controller.signal,
    onProgress: () => controller.abort(),
  });
  await expect(running).rejects.toMatchObject({ code: "MW0105" });
});

test("the results of all workers come in the order of their inputs, whoever is first", async () => {
  const module = program(`
    import { parentPort } from "node:worker_threads";
    const { turn, seat } = ${input};
    Atomics.wait(turn, 0, 0);
    if (seat === 0) Atomics.wait(turn, 0, 1);
    parentPort.postMessage({ kind: "result", result: seat * 10 });
    Atomics.store(turn, 0, 2);
    Atomics.notify(turn, 0);`);
  const turn = new Int32Array(new SharedArrayBuffer(4)).fill(1);
  const inputs = [0, 1].map((seat) => ({ turn, seat }));
  expect(await allResults<number>({ module, inputs, failure })).toEqual([0, 10]);
});

test("a worker that leaves without its result fails all of them", async () => {
  const module = program(`
    import { parentPort } from "node:worker_threads";
    if (${input} === 0) parentPort.postMessage({ kind: "result", result: 7 });`);
  const running = allResults({ module, inputs: [0, 1], failure });
  await expect(running).rejects.toThrow(/MW0199.*without a result/);
});

test("a coded error of a worker arrives as it was thrown", async () => {
  const module = program(`
    import { parentPort } from "node:worker_threads";
    const row = { title: "too much", exit: 1, http: 422, about: "." };
    const facts = { expected: "less", found: "more", remedy: "Take some away.", details: { value: 3 } };
    parentPort.postMessage({ kind: "error", code: "MW0198", row, facts });`);
  const running = firstResult({ module, inputs: [0], failure });
  await expect(running).rejects.toMatchObject({ code: "MW0198", found: "more", details: { value: 3 } });
});

/** A worker that says which thread it is; "throw", "fail" and "sleep" are what it does instead. */
const teller = program(`
  import { threadId } from "node:worker_threads";
  import { serveWorker } from "${workerModule(import.meta.url, "serve-worker.js").href}";
  import { errorTable } from "${workerModule(import.meta.url, "errors.js").href}";
  const errors = errorTable({ MW0198: { title: "too much", exit: 1, http: 422, about: "." } });
  serveWorker((order, report) => {
    if (order === "throw") throw new Error("out of luck");
    if (order === "fail") throw errors.error("MW0198", { expected: "less", found: "more", remedy: "." });
    if (order === "sleep") { report(1); ${sleepForever} }
    if (order === "leave") process.exit(3);
    return threadId;
  });`);
const small = { module: teller, failure, isSmall: true };
const whoServes = (inputs: readonly string[], isSmall = true) =>
  allResults<number>({ ...small, inputs, isSmall });

test("the workers of a small job serve the next one of their module, whoever asks", async () => {
  const first = await whoServes(["", ""]);
  expect(new Set(first).size).toBe(2);
  expect((await whoServes(["", ""])).sort()).toEqual(first.sort());
  expect(first).toContain(await firstResult<number>({ ...small, inputs: [""] }));
  const other = program("import 'node:worker_threads';" + decodeURIComponent(teller.pathname.split(",")[1]));
  expect(first).not.toContain(await firstResult<number>({ ...small, module: other, inputs: [""] }));
});

test("two jobs at a time never share a worker, and of many workers a few stay", async () => {
  const jobs = await Promise.all([whoServes(["", "", ""]), whoServes(["", "", ""])]);
  const all = jobs.flat();
  expect(new Set(all).size).toBe(6);
  const again = await whoServes(["", "", "", "", "", ""]);
  expect(again.filter((worker) => all.includes(worker))).toHaveLength(4);
});

test("a worker does not stay after a job that is not small", async () => {
  const [worker] = await whoServes([""], false);
  expect(await whoServes([""])).not.toContain(worker);
});

test.each([
  ["throw", /MW0199.*out of luck/],
  ["fail", /MW0198/],
  ["leave", /MW0199.*exit code 3/],
])("no worker of a crew stays after one of them does '%s'", async (order, message) => {
  const before = await whoServes(["", "", "", ""]);
  await expect(whoServes([order, "", "", ""])).rejects.toThrow(message);
  const after = await whoServes(["", "", "", ""]);
  expect(after.filter((worker) => before.includes(worker))).toEqual([]);
});

test("no worker of a crew stays after an abort", async () => {
  const before = await whoServes(["", "", "", ""]);
  const controller = new AbortController();
  const { signal } = controller;
  const inputs = ["sleep", "", "", ""];
  const running = allResults<number>({ ...small, inputs, signal, onProgress: () => controller.abort() });
  await expect(running).rejects.toMatchObject({ code: "MW0105" });
  const after = await whoServes(["", "", "", ""]);
  expect(after.filter((worker) => before.includes(worker))).toEqual([]);
});

test("a process with idle workers ends by itself", async () => {
  const source = `
    import { allResults } from "${workerModule(import.meta.url, "run-workers.js").href}";
    const module = new URL(${JSON.stringify(teller.href)});
    for (let job = 0; job < 2; job++)
      console.log((await allResults({ module, inputs: ["", ""], isSmall: true, failure: Error })).sort());`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", source]);
  const [first, second] = stdout.trim().split("\n");
  expect(second).toBe(first);
});

test("a worker of a source file is the compiled one", () => {
  expect(workerModule("file:///src/x/src/learning/gbdt/train.ts", "train-worker.js").href).toBe(
    "file:///src/x/dist/learning/gbdt/train-worker.js",
  );
  expect(workerModule("file:///x/dist/learning/train.js", "w.js").href).toBe("file:///x/dist/learning/w.js");
});
