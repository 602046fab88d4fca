import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { Session } from "../../inference/index.js";
import { workerModule } from "../../kernel/index.js";
import type { Tensors } from "../../registry/index.js";
import { codedSession } from "./coded-session.js";
import type { EngineOptions } from "./engine-session.js";
import type { Described } from "./protocol.js";

/** What a session's thread is given at its start. */
export interface ThreadGraph extends EngineOptions {
  readonly graph: Uint8Array;
}

/** What it is asked; it answers one call after another, in their order. */
export type ThreadCall =
  | {
      readonly kind: "run";
      readonly numeric: Float32Array;
      readonly rows: number;
      readonly text?: readonly string[];
    }
  | { readonly kind: "compute"; readonly values: Tensors }
  | { readonly kind: "computeBatches"; readonly values: Tensors; readonly batchRows: number }
  | { readonly kind: "end" };

/** What it answers; the first answer is to its start, and the last, to `end`, is its end. */
export type ThreadReply =
  | ({ readonly kind: "opened" } & Described)
  | { readonly kind: "ran"; readonly output: Float32Array }
  | { readonly kind: "computed"; readonly values: Tensors }
  | { readonly kind: "computedBatches"; readonly batches: readonly Tensors[] }
  | { readonly kind: "failed"; readonly cause: unknown };

/**
 * A session that computes in a thread of its own. It starts in 60 ms, and numbers in shared memory go to it without
 * being copied on this side. A call cannot be interrupted: a graph that computes for ever keeps its thread, and so the
 * process, until somebody kills that; see `apart-session.ts` for graphs that might.
 */
export const openInThread = (graph: Uint8Array, options: EngineOptions): Promise<Session> =>
  codedSession(() => openThread(workerModule(import.meta.url, "thread-worker.js"), { graph, ...options }));

interface Waiting {
  readonly resolve: (reply: ThreadReply) => void;
  readonly reject: (cause: unknown) => void;
}

/** A session whose thread runs `module`; its errors are those of the thread. */
export async function openThread(module: URL, workerData: ThreadGraph): Promise<Session> {
  const worker = new Worker(module, { workerData });
  const waiting: Waiting[] = [];
  let died: Error | undefined;
  const ended = once(worker, "exit").catch(() => undefined);
  const reply = () =>
    new Promise<ThreadReply>((resolve, reject) => {
      if (died === undefined) waiting.push({ resolve, reject });
      else reject(died);
    });
  worker.on("message", (said: ThreadReply) => {
    const first = waiting.shift();
    if (said.kind === "failed") first?.reject(said.cause);
    else first?.resolve(said);
  });
  const die = (cause: Error) => {
    died ??= cause;
    for (const { reject } of waiting.splice(0)) reject(died);
  };
  worker.on("error", die);
  // An exit without an error, such as a call of process.exit, answers nobody either.
  worker.on("exit", (code) => die(new Error(`a session's thread ended with code ${code}`)));
  const ask = (call: ThreadCall): Promise<ThreadReply> => {
    worker.postMessage(call);
    return reply();
  };
  try {
    const { inputs, outputs } = expect(await reply(), "opened");
    return Object.freeze({
      inputs,
      outputs,
      run: async (numeric: Float32Array, rows: number, text: readonly string[] = []) =>
        expect(await ask({ kind: "run", numeric, rows, text }), "ran").output,
      compute: async (values: Tensors) => expect(await ask({ kind: "compute", values }), "computed").values,
      computeBatches: async (values: Tensors, batchRows: number) =>
        expect(await ask({ kind: "computeBatches", values, batchRows }), "computedBatches").batches,
      async dispose() {
        worker.postMessage({ kind: "end" } satisfies ThreadCall);
        await ended;
      },
    });
  } catch (cause) {
    await worker.terminate();
    throw cause;
  }
}

function expect<Kind extends ThreadReply["kind"]>(
  reply: ThreadReply,
  kind: Kind,
): Extract<ThreadReply, { readonly kind: Kind }> {
  if (reply.kind !== kind) throw new Error(`a session's thread answered ${reply.kind}, not ${kind}`);
  return reply as Extract<ThreadReply, { readonly kind: Kind }>;
}
