// A thread that wakes the loop of the generator when a request is due. A timer of Node is late by up to a
// millisecond, and a loop that spins takes a core from the server; a thread that sleeps on a futex does neither.
import { parentPort, workerData } from "node:worker_threads";

const shortestGapMs = 0.1;
const { schedule, flag } = workerData;

/** Told when the schedule begins, which is not before this thread runs: its start would make the first requests late. */
parentPort.once("message", (begin) => {
  const now = () => Number(process.hrtime.bigint() - begin) / 1e6;
  for (let next = 0; next < schedule.length;) {
    const due = schedule[next] - now();
    if (due > 0) Atomics.wait(flag, 0, 0, Math.max(due, shortestGapMs));
    if (Atomics.load(flag, 0) !== 0) break;
    const passed = now();
    while (next < schedule.length && schedule[next] <= passed) next++;
    parentPort.postMessage(0);
  }
});
parentPort.postMessage("ready");
