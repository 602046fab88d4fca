import { inferenceErrors, type Session, type SessionOptions } from "../../inference/index.js";
import type { Tensors } from "../../registry/index.js";
import { packTensors, unpackTensors, type Frame } from "./frames.js";
import type { Described, Reply, Request } from "./protocol.js";
import { computeInBatches } from "./row-batches.js";
import { startSessionProcess, type SessionProcess } from "./session-process.js";

type Apart = NonNullable<SessionOptions["apart"]>;

/** Shortest time limit for loading a graph, the start of a process included. */
const openingMs = 30_000;

/**
 * A session that computes in a process of its own.
 *
 * A process and not a thread: the engine computes in one native call, which neither `worker.terminate()` nor anything
 * else that onnxruntime-node 1.30 offers can interrupt (`terminate` in the options of a run is read once, at its
 * start), so a thread with a graph that loops for ever stays until the whole process ends. A process can be killed,
 * bounded in its memory, and crash alone. Measured on two quiet cores with a graph that gives back its input: it takes
 * 180 ms to start and some 40 MB that are not shared; a call takes 45 µs more than in line, one of 4 MiB 7 ms more there
 * and back. A thread to which inputs are copied takes 30 µs and 12 ms; Node's own channel to a process 65 µs and 6 ms.
 */
export async function openApart(
  graph: Uint8Array,
  { threads, provider = "cpu" }: Pick<SessionOptions, "threads" | "provider">,
  { limitMs, memoryBytes }: Apart,
): Promise<Session> {
  let disposed = false;
  let current: SessionProcess;
  let turn: Promise<unknown> = Promise.resolve();

  const load = async (): Promise<Described> => {
    current = startSessionProcess(memoryBytes);
    const message: Request = { call: "open", threads, provider };
    try {
      const answer = await current.ask({ message, blocks: [graph] }, Math.max(limitMs, openingMs));
      return replyOf(answer, "opened");
    } catch (error) {
      await current.end(wasDisposed());
      throw error;
    }
  };
  const ask = (message: Request, blocks: Frame["blocks"]): Promise<Tensors> => {
    const answer = turn.then(async () => {
      if (disposed) throw wasDisposed();
      if (!current.alive) await load();
      const frame = await current.ask({ message, blocks }, limitMs);
      return unpackTensors({ tensors: replyOf(frame, "computed").tensors, blocks: frame.blocks });
    });
    turn = answer.catch(() => undefined);
    return answer;
  };
  const { inputs, outputs } = await load();
  const compute = async (values: Tensors) => {
    const { tensors, blocks } = packTensors(values);
    return ask({ call: "compute", tensors }, blocks);
  };

  return Object.freeze({
    inputs,
    outputs,
    run: async (numeric: Float32Array, rows: number, text: readonly string[] = []) => {
      const { tensors, blocks } = packTensors({
        numeric: { dtype: "float32", shape: [numeric.length], data: numeric },
        text: { dtype: "string", shape: [text.length], data: text },
      });
      const { output } = await ask({ call: "run", rows, tensors }, blocks);
      return output.data as Float32Array;
    },
    compute,
    // A call for each batch, so that the time limit is one of a batch.
    computeBatches: (values: Tensors, batchRows: number) => computeInBatches({ compute }, values, batchRows),
    dispose: () => {
      disposed = true;
      return current.end(wasDisposed());
    },
  });
}

/** The answer of the kind that was asked for. Throws MW0701 and MW0705 as the process found them. */
function replyOf<Kind extends "opened" | "computed">(
  { message }: Frame,
  kind: Kind,
): Extract<Reply, { readonly kind: Kind }> {
  const reply = message as Reply;
  if (reply.kind === "failed") throw inferenceErrors.error(reply.code, reply);
  if (reply.kind !== kind) throw new Error(`a session's process answered ${reply.kind}, not ${kind}`);
  return reply as Extract<Reply, { readonly kind: Kind }>;
}

function wasDisposed() {
  return inferenceErrors.error("MW0706", {
    expected: "a session in memory",
    found: "one that was disposed",
    remedy: "Open the graph again.",
  });
}
