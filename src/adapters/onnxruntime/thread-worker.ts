import { parentPort, workerData } from "node:worker_threads";
import type { Session } from "../../inference/index.js";
import type { Tensors, TensorValue } from "../../registry/index.js";
import { isShared, openEngine } from "./engine-session.js";
import type { ThreadCall, ThreadGraph, ThreadReply } from "./thread-session.js";

/** The program of a session's thread: answers one call after another. */

/** Memory of this thread by input, into which shared numbers are copied: calls come one after another. */
const rooms = new Map<string, Float32Array>();

function inOwnMemory(name: string, value: TensorValue): TensorValue {
  const { dtype, shape, data } = value;
  if (dtype !== "float32" || !isShared(data)) return value;
  let room = rooms.get(name);
  if (room === undefined || room.length < data.length)
    rooms.set(name, (room = new Float32Array(data.length)));
  room.set(data);
  return { dtype, shape, data: room.subarray(0, data.length) };
}

async function answer(session: Session, call: Exclude<ThreadCall, { kind: "end" }>): Promise<ThreadReply> {
  if (call.kind === "run")
    return { kind: "ran", output: await session.run(call.numeric, call.rows, call.text) };
  const values: Tensors = Object.fromEntries(
    Object.entries(call.values).map(([name, value]) => [name, inOwnMemory(name, value)] as const),
  );
  return { kind: "computed", values: await session.compute(values) };
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
