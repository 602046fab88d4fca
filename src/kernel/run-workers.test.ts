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
const sleepForever = "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);";

test("a worker that throws rejects with its message, though another waits for it for ever", async () => {
  const module = program(`
    import { workerData } from "node:worker_threads";
    if (workerData === 1) throw new Error("out of luck");
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
    import { parentPort, workerData } from "node:worker_threads";
    const { turn, seat } = workerData;
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
    import { parentPort, workerData } from "node:worker_threads";
    if (workerData === 0) parentPort.postMessage({ kind: "result", result: 7 });`);
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

test("a worker of a source file is the compiled one", () => {
  expect(workerModule("file:///src/x/src/learning/gbdt/train.ts", "train-worker.js").href).toBe(
    "file:///src/x/dist/learning/gbdt/train-worker.js",
  );
  expect(workerModule("file:///x/dist/learning/train.js", "w.js").href).toBe("file:///x/dist/learning/w.js");
});
