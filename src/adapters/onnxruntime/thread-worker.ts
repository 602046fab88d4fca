import { parentPort, workerData } from "node:worker_threads";
import type { Session } from "../../inference/index.js";
import { openEngine } from "./engine-session.js";
import type { ThreadCall, ThreadGraph, ThreadReply } from "./thread-session.js";

/** The program of a session's thread: answers one call after another. */

async function answer(session: Session, call: Exclude<ThreadCall, { kind: "end" }>): Promise<ThreadReply> {
  if (call.kind === "run")
    return { kind: "ran", output: await session.run(call.numeric, call.rows, call.text) };
  if (call.kind === "compute") return { kind: "computed", values: await session.compute(call.values) };
  return { kind: "computedBatches", batches: await session.computeBatches(call.values, call.batchRows) };
}

const say = (reply: ThreadReply) => parentPort?.postMessage(reply);
const failed = (cause: unknown): ThreadReply => ({ kind: "failed", cause });

const { graph, ...options } = workerData as ThreadGraph;
try {
  const session = await openEngine(graph, options);
  let turn = Promise.resolve();
  parentPort?.on("message", (call: ThreadCall) => {
    turn = turn.then(async () => {
      if (call.kind !== "end") return say(await answer(session, call).catch(failed));
      await session.dispose();
      parentPort?.close();
    });
  });
  const { inputs, outputs } = session;
  say({ kind: "opened", inputs, outputs });
} catch (cause) {
  say(failed(cause));
}
