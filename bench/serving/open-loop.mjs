import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { seededRandom } from "./requests.mjs";

const worker = fileURLToPath(new URL("open-loop-worker.mjs", import.meta.url));

/** How long after the last intended moment requests are still sent, and how long an answer is waited for then. */
const patienceMs = 1_000;
const answerMs = 10_000;

/**
 * The intended moments of phases with a rate each, in milliseconds from the beginning: Poisson arrivals of a seed,
 * the same for every server.
 *
 * @param {{ rate: number, seconds: number }[]} phases
 */
export function arrivals(phases, seed = 7) {
  const random = seededRandom(seed);
  const times = [];
  let begin = 0;
  for (const { rate, seconds } of phases) {
    const end = begin + seconds * 1_000;
    for (let at = begin; ;) {
      at += (-Math.log(1 - random()) * 1_000) / rate;
      if (at >= end) break;
      times.push(at);
    }
    begin = end;
  }
  return Float64Array.from(times);
}

/**
 * Sends requests at the intended moments from a process of its own, over kept connections with one request at a
 * time, and gives the record of each. Latency counts from the intended moment, so that a server that is slow is not
 * asked less, and a request that waits for a connection waits on the clock.
 *
 * @param {{ port: number, requests: { path: string, headers: object, body: Buffer }[] }} target
 * @param {{ intended: Float64Array, connections: number }} settings
 */
export async function openLoop({ port, requests }, { intended, connections }) {
  const child = fork(worker, { serialization: "advanced", stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const { records, error } = await new Promise((resolve, reject) => {
    child.once("message", resolve).once("error", reject);
    child.once("exit", (code) => reject(new Error(`the load generator ended with ${code}`)));
    child.send({ port, requests, intended, connections, patienceMs, answerMs });
  });
  if (error !== undefined)
    throw new Error(`expected the load generator to reach the server, found: ${error}`);
  return { intended, ...records };
}

/** The value at a share of sorted numbers: the smallest that at least this share does not exceed. */
const quantile = (sorted, share) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];

/** Exact percentiles in milliseconds of what the numbers are. */
export function percentiles(numbers) {
  const sorted = Float64Array.from(numbers).sort();
  if (sorted.length === 0) return { p50Ms: null, p95Ms: null, p99Ms: null, maxMs: null };
  const at = (share) => quantile(sorted, share);
  return { p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99), maxMs: sorted.at(-1) };
}

/**
 * What a run at one rate came to. It is sustained when at least 0.99 of what was offered was answered by the end of
 * the run and nothing failed.
 */
export function summaryOf({ intended, sentAt, doneAt, status }, { seconds }) {
  const numbers = Array.from(intended, (_, number) => number);
  const good = numbers.filter((number) => status[number] === 200);
  const inTime = good.filter((number) => doneAt[number] <= seconds * 1_000).length;
  const failed = numbers.filter((number) => status[number] !== 200 && status[number] !== -1).length;
  const achieved = inTime / intended.length;
  return {
    ...percentiles(good.map((number) => doneAt[number] - intended[number])),
    achieved,
    failed,
    sustained: achieved >= 0.99 && failed === 0,
    /** How late the generator itself was, waiting for a connection included. */
    sentLateP99Ms: percentiles(good.map((number) => sentAt[number] - intended[number])).p99Ms,
  };
}
