import { parentPort, workerData } from "node:worker_threads";
import { runParity } from "./parity.js";
import { memoryStore, redisStore } from "./stores.js";

/** What a worker is to compare. */
interface ParityTask {
  readonly reads: number;
  readonly seed: number;
  /** Absent: the memory of the worker. */
  readonly redisUrl?: string;
}

const { reads, seed, redisUrl } = workerData as ParityTask;
const startMs = performance.now();
const result = await runParity(redisUrl === undefined ? memoryStore : redisStore(redisUrl), {
  reads,
  seed,
  onWorld: (done) => parentPort?.postMessage({ done }),
});
parentPort?.postMessage({ result: { ...result, seconds: (performance.now() - startMs) / 1000 } });
