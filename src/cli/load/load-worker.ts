import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import { parentPort, workerData } from "node:worker_threads";
import { systemClock } from "../../kernel/index.js";
import { httpWire } from "./http-wire.js";
import { openLoop } from "./open-loop.js";
import { systemTimers } from "./system-timers.js";
import type { LoadOrder, LoadReport } from "./load-messages.js";

const order = workerData as LoadOrder;
const post = (report: LoadReport) => parentPort?.postMessage(report);

/** How often the asker hears of the progress. */
const reportMs = 200;

const { wire, close } = httpWire(order);
const generator: { utilization: number; loopDelayP99Ms: number }[] = [];
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
let from = performance.eventLoopUtilization();
function noteStage(): void {
  const now = performance.eventLoopUtilization();
  generator.push({
    utilization: performance.eventLoopUtilization(now, from).utilization,
    loopDelayP99Ms: delay.percentile(99) / 1e6,
  });
  from = now;
  delay.reset();
}

let ended = 0;
const loop = openLoop({
  ...{ intendedMs: order.intendedMs, connections: order.connections, timeoutMs: order.timeoutMs },
  ...{ wire, clock: systemClock, timers: systemTimers },
  onProgress: (count) => (ended = count),
});
const stages = order.stageEndsMs.map((endMs) => setTimeout(noteStage, endMs));
const reports = setInterval(() => post({ kind: "progress", ended }), reportMs);
parentPort?.once("message", () => loop.stop());

await loop.finished;
stages.forEach(clearTimeout);
clearInterval(reports);
noteStage();
const measured = { ...loop.measured(), generator };
post({ kind: "result", measured });
await close();
parentPort?.close();
