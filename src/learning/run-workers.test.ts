import { expect, test } from "vitest";
import { runWorkers } from "./run-workers.js";

/** A worker module written out in its own address. */
const program = (source: string) => new URL(`data:text/javascript,${encodeURIComponent(source)}`);
const sleepForever = "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);";

test("a worker that throws rejects with its message, though another waits for it for ever", async () => {
  const module = program(`
    import { workerData } from "node:worker_threads";
    if (workerData === 1) throw new Error("out of luck");
    ${sleepForever}`);
  const running = runWorkers({ module, inputs: [0, 1] });
  await expect(running).rejects.toThrow(/MW0407.*out of luck/);
});

test("a worker that leaves with a code, and a crew that leaves without a result, reject", async () => {
  const leaving = runWorkers({ module: program("process.exit(3);"), inputs: [0] });
  await expect(leaving).rejects.toThrow(/MW0407.*exit code 3/);
  const silent = runWorkers({ module: program(""), inputs: [0, 1] });
  await expect(silent).rejects.toThrow(/MW0407.*without a result/);
});

test("an abort ends workers that would wait for ever", async () => {
  const module = program(`
    import { parentPort } from "node:worker_threads";
    parentPort.postMessage({ kind: "progress", done: 1 });
    ${sleepForever}`);
  const controller = new AbortController();
  const running = runWorkers({
    module,
    inputs: [0, 0],
    signal: controller.signal,
    onProgress: () => controller.abort(),
  });
  await expect(running).rejects.toMatchObject({ code: "MW0105" });
});
