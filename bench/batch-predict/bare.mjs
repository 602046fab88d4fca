import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { cpuSeconds } from "./cpu.mjs";

const workerFile = new URL("bare-worker.mjs", import.meta.url);

/** Sessions over the same rows in memory, as many threads in all as predictions get: one session with all, or one each. */
async function startLoop(graph, { rows, workers, threads }) {
  const started = Array.from(
    { length: workers },
    () => new Worker(workerFile, { workerData: { graph, rows: Math.floor(rows / workers), threads } }),
  );
  await Promise.all(started.map((worker) => once(worker, "message")));
  return {
    async run(batch) {
      const [cpu, begin] = [cpuSeconds(), performance.now()];
      await Promise.all(
        started.map((worker) => {
          worker.postMessage(batch);
          return once(worker, "message");
        }),
      );
      const seconds = (performance.now() - begin) / 1000;
      return { rowsPerSecond: rows / seconds, cpuNsPerRow: ((cpuSeconds() - cpu) / rows) * 1e9 };
    },
    async end() {
      for (const worker of started) worker.postMessage(0);
      await Promise.all(started.map((worker) => once(worker, "exit")));
    },
  };
}

/** Loops by name: one over one session that has all threads, as the engine is used plainly, and one on each core. */
export const waysOf = (cores) => ({
  "one session": { workers: 1, threads: cores },
  ...(cores > 1 && { "a session on each core": { workers: cores, threads: 1 } }),
});

/** A bare loop with the batches that are fastest for it: in which way, and a function that runs it again. */
export async function bareLoop(graph, { rows, workers, threads }) {
  const trial = await startLoop(graph, { rows: Math.min(rows, 200_000), workers, threads });
  await trial.run(4096);
  let best;
  for (const batch of [1024, 4096, 16_384, 65_536]) {
    const { rowsPerSecond } = await trial.run(batch);
    if (best === undefined || rowsPerSecond > best.rowsPerSecond) best = { rowsPerSecond, batch };
  }
  await trial.end();
  const { batch } = best;
  const loop = await startLoop(graph, { rows, workers, threads });
  return { way: { workers, threads, batch }, run: () => loop.run(batch), end: () => loop.end() };
}
