import { readSync, writeFileSync, writeSync } from "node:fs";
import { Worker } from "node:worker_threads";
import type { Session } from "../../inference/index.js";
import { isMillwrightError } from "../../kernel/index.js";
import { engineFailed } from "./engine-error.js";
import { frameParts, framePieces, packTensors, unpackTensors, type Frame } from "./frames.js";
import { openInline } from "./inline-session.js";
import type { Reply, Request } from "./protocol.js";

/** The program of a session's process: answers one request after another on file descriptor 3. */

const pipe = 3;

/** At once and without a word to anybody: nothing here is worth an orderly end, and a thread that reads never ends. */
const end = `process.kill(process.pid, "SIGKILL")`;

/**
 * Standard input stays open as long as the process that started this one lives. While the engine computes this thread
 * notices nothing, so another one waits for the end: without it, a graph that loops for ever would outlive everybody.
 */
function endWithParent(): void {
  new Worker(
    `const { readSync } = require("node:fs"); try { readSync(0, Buffer.alloc(1)); } finally { ${end}; }`,
    { eval: true, resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 } },
  );
}

/** A signal to the whole group, such as Ctrl-C, is for the parent to answer, which may want to finish its calls. */
function leaveSignalsToParent(): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);
}

/** Where memory runs out, the system ends this process before others (Linux). */
function volunteer(): void {
  try {
    writeFileSync("/proc/self/oom_score_adj", "1000");
  } catch {
    // Another system, or one that does not let us.
  }
}

/** The next request; undefined when nobody will ask again. */
function nextFrame(): Frame | undefined {
  const parts = frameParts();
  let part = parts.next();
  while (part.done !== true) {
    for (let filled = 0; filled < part.value.length;) {
      const read = readSync(pipe, part.value, filled, part.value.length - filled, null);
      if (read === 0) return undefined;
      filled += read;
    }
    part = parts.next();
  }
  return part.value;
}

function send(frame: Frame): void {
  for (const piece of framePieces(frame)) {
    for (let written = 0; written < piece.length;)
      written += writeSync(pipe, piece, written, piece.length - written);
  }
}

interface Answer extends Frame {
  readonly message: Reply;
}

async function answer(frame: Frame, session: Session | undefined): Promise<Answer & { session?: Session }> {
  const request = frame.message as Request;
  if (request.call === "open") {
    const opened = await openInline(frame.blocks[0], request);
    const { inputs, outputs } = opened;
    return { message: { kind: "opened", inputs, outputs }, blocks: [], session: opened };
  }
  if (session === undefined) throw new Error("a graph has to be opened first");
  const values = unpackTensors({ tensors: request.tensors, blocks: frame.blocks });
  const { tensors, blocks } = packTensors(await compute(session, request, values));
  return { message: { kind: "computed", tensors }, blocks };
}

async function compute(session: Session, request: Request, values: ReturnType<typeof unpackTensors>) {
  if (request.call !== "run") return session.compute(values);
  const { numeric, text } = values;
  const data = await session.run(numeric.data as Float32Array, request.rows, text.data as string[]);
  return { output: { dtype: "float32", shape: [data.length], data } } as const;
}

function failure(cause: unknown): Answer {
  const error = isMillwrightError(cause) ? cause : engineFailed(cause);
  const { expected, found, remedy, details } = error;
  const code = error.code === "MW0701" ? "MW0701" : "MW0705";
  return { message: { kind: "failed", code, expected, found, remedy, details }, blocks: [] };
}

async function serve(): Promise<void> {
  let session: Session | undefined;
  for (let frame = nextFrame(); frame !== undefined; frame = nextFrame()) {
    const answered: Answer & { session?: Session } = await answer(frame, session).catch(failure);
    session = answered.session ?? session;
    send(answered);
  }
}

volunteer();
leaveSignalsToParent();
endWithParent();
await serve().finally(() => process.kill(process.pid, "SIGKILL"));
