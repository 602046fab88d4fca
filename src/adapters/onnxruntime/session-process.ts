import { spawn, type ChildProcess } from "node:child_process";
import type { Socket } from "node:net";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { inferenceErrors } from "../../inference/index.js";
import { workerModule, type MillwrightError } from "../../kernel/index.js";
import { framePieces, frameReader, type Frame } from "./frames.js";

/** A process that answers one question after another. */
export interface SessionProcess {
  readonly alive: boolean;
  /**
   * Asks, once everything that was asked before is answered. Throws MW0708 when the answer does not begin within
   * `limitMs` and MW0709 when the process ends by itself; either way nothing is left of it by then.
   */
  ask(question: Frame, limitMs: number): Promise<Frame>;
  /** Ends the process at once; what is under way fails with `reason`. Resolves when nothing is left of it. */
  end(reason: MillwrightError): Promise<void>;
}

const longestTimerMs = 2 ** 31 - 1;

/** What the engine's libraries may look for; a graph that breaks out of the engine finds no secrets. */
const environment = /^(PATH|SYSTEMROOT|TEMP|TMP|TMPDIR|LD_LIBRARY_PATH|DYLD_LIBRARY_PATH|CUDA_.*)$/i;

export function startSessionProcess(memoryBytes: number | undefined): SessionProcess {
  const child = launch(memoryBytes);
  const pipe = child.stdio[3] as Socket | undefined;
  let asked: { resolve: (frame: Frame) => void; reject: (error: MillwrightError) => void } | undefined;
  let timer: NodeJS.Timeout | undefined;
  let reason: MillwrightError | undefined;
  let alive = true;

  const hold = (held: boolean) => [child, pipe].forEach((handle) => (held ? handle?.ref() : handle?.unref()));
  const settle = () => {
    clearTimeout(timer);
    timer = undefined;
    const settled = asked;
    asked = undefined;
    hold(false);
    return settled;
  };
  const kill = (because?: MillwrightError) => {
    reason ??= because;
    alive = false;
    hold(true);
    child.kill("SIGKILL");
  };
  child.once("exit", () => (alive = false));
  const gone = new Promise<void>((resolve) => {
    child.once("close", (code, signal) => {
      alive = false;
      reason ??= died(signal ?? `exit code ${code}`);
      settle()?.reject(reason);
      resolve();
    });
  });
  child.once("error", (cause) => (reason ??= died(cause.message, cause)));
  const receive = frameReader((frame) => settle()?.resolve(frame));
  pipe?.on("data", (chunk: Buffer) => {
    clearTimeout(timer);
    timer = undefined;
    receive(chunk);
  });
  // The end of the process tells why.
  for (const stream of [pipe, child.stdin]) stream?.on("error", () => undefined);
  hold(false);

  return Object.freeze({
    get alive() {
      return alive;
    },
    ask: (question: Frame, limitMs: number) =>
      new Promise<Frame>((resolve, reject) => {
        if (!alive) return void gone.then(() => reject(reason ?? died("an end that nobody saw")));
        asked = { resolve, reject };
        hold(true);
        pipe?.cork();
        for (const piece of framePieces(question)) pipe?.write(piece);
        pipe?.uncork();
        // A loop that was held up itself reads what has come before it judges.
        const judge = () => setImmediate(() => timer !== undefined && kill(tookTooLong(limitMs)));
        timer = setTimeout(judge, Math.min(limitMs, longestTimerMs));
      }),
    end: (because: MillwrightError) => {
      kill(because);
      return gone;
    },
  });
}

/** The process has no other way to the world than its pipe; how it may take memory is for the shell to say. */
function launch(memoryBytes: number | undefined): ChildProcess {
  const program = fileURLToPath(workerModule(import.meta.url, "session-worker.js"));
  const bounded = memoryBytes !== undefined && process.platform === "linux";
  const command = [process.execPath, program];
  const kib = Math.ceil((memoryBytes ?? 0) / 1024);
  const [file, ...args] = bounded
    ? ["/bin/sh", "-c", `ulimit -d ${kib}; exec "$0" "$@"`, ...command]
    : command;
  return spawn(file, args, {
    cwd: dirname(process.execPath),
    env: Object.fromEntries(Object.entries(process.env).filter(([name]) => environment.test(name))),
    stdio: ["pipe", "ignore", "ignore", "pipe"],
    windowsHide: true,
  });
}

function tookTooLong(limitMs: number): MillwrightError {
  return inferenceErrors.error("MW0708", {
    expected: `an answer within ${limitMs} ms`,
    found: "a graph that still computed, and was ended",
    remedy: "Send smaller inputs, raise the time limit, or use another model if this one never ends.",
    details: { limitMs },
  });
}

function died(how: string, cause?: unknown): MillwrightError {
  return inferenceErrors.error("MW0709", {
    expected: "a process that computes",
    found: `one that ended: ${how}`,
    remedy:
      "Call again: a fresh one answers. If it dies again, the graph asks for more memory than there is, or crashes the engine.",
    cause,
  });
}
