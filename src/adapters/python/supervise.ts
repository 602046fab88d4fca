import { spawn, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import type { Readable } from "node:stream";
import type { MillwrightError } from "../../kernel/index.js";
import { killAll, residentBytes, signalGroup } from "./processes.js";

/** How a process is started and what ends it early. */
export interface Supervised {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Takes what comes on standard output, standard error and, if given, file descriptor 3. */
  readonly onOutput: () => (bytes: Buffer) => void;
  readonly onMessages?: (bytes: Buffer) => void;
  readonly signal?: AbortSignal;
  readonly timeMs: number;
  /** Longest time without `alive()`. */
  readonly silenceMs?: number;
  readonly memoryBytes?: number;
  /** Time between SIGTERM and SIGKILL. */
  readonly graceMs: number;
}

/** Why a process was ended before its own end. */
export type Cut = "cancelled" | "time" | "silence" | "memory" | { readonly error: MillwrightError };

export interface Ended {
  readonly cut?: Cut;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process group under supervision. When `ended` settles, nothing of it is left. */
export interface Supervision {
  /** Rejects only when the command cannot be started. */
  readonly ended: Promise<Ended>;
  /** A sign of life. */
  readonly alive: () => void;
  /** Ends the group: SIGTERM, then SIGKILL. The first reason counts. */
  readonly end: (cut: Cut) => void;
}

const memoryPauseMs = 100;
/** Pipes close with the last process that holds them; one that nobody could find must not be waited for. */
const drainMs = 2_000;

/**
 * Starts a program as the leader of its own process group. Its standard input stays open as long as this
 * process lives, so that it can notice the end of it. Children that leave the group are found by a mark in
 * their environment (Linux).
 */
export function supervise(what: Supervised): Supervision {
  const mark = `MILLWRIGHT_JOB=${randomUUID()}`;
  const child = spawn(what.command, [...what.args], {
    cwd: what.cwd,
    env: { ...what.env, MILLWRIGHT_JOB: mark.slice("MILLWRIGHT_JOB=".length) },
    detached: true,
    stdio: ["pipe", "pipe", "pipe", what.onMessages === undefined ? "ignore" : "pipe"],
  });
  // A process that closed its end early has a write fail; nothing is ever written.
  child.stdin?.on("error", () => undefined);
  let cut: Cut | undefined;
  let kill: NodeJS.Timeout | undefined;
  const end = (reason: Cut) => {
    if (cut !== undefined || child.pid === undefined) return;
    cut = reason;
    const { pid } = child;
    signalGroup(pid, "SIGTERM");
    // One that was stopped takes no SIGTERM before it goes on.
    signalGroup(pid, "SIGCONT");
    kill = setTimeout(() => killAll(pid, mark), what.graceMs);
  };
  const limits = startLimits(what, child, end);
  const closed = readAll(child, what);
  const ended = exitOf(child)
    .then(async ({ code, signal }) => {
      if (child.pid !== undefined) killAll(child.pid, mark);
      await settled(closed, child);
      return { code, signal, ...(cut === undefined ? {} : { cut }) };
    })
    .finally(() => {
      clearTimeout(kill);
      limits.stop();
    });
  return Object.freeze({ ended, alive: limits.alive, end });
}

function exitOf(child: ChildProcess): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
}

function readAll(child: ChildProcess, { onOutput, onMessages }: Supervised): Promise<void> {
  child.stdout?.on("data", onOutput());
  child.stderr?.on("data", onOutput());
  if (onMessages !== undefined) (child.stdio[3] as Readable).on("data", onMessages);
  return new Promise((resolve) => child.once("close", () => resolve()));
}

async function settled(closed: Promise<void>, child: ChildProcess): Promise<void> {
  child.stdin?.destroy();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, drainMs);
  });
  await Promise.race([closed, late]);
  clearTimeout(timer);
  for (const stream of child.stdio) stream?.destroy();
}

function startLimits(
  { signal, timeMs, silenceMs, memoryBytes }: Supervised,
  child: ChildProcess,
  end: (cut: Cut) => void,
): { readonly alive: () => void; readonly stop: () => void } {
  const onAbort = () => end("cancelled");
  signal?.addEventListener("abort", onAbort, { once: true });
  if (signal?.aborted === true) onAbort();
  const time = setTimeout(() => end("time"), timeMs);
  const silence = silenceMs === undefined ? undefined : setTimeout(() => end("silence"), silenceMs);
  const memory =
    memoryBytes === undefined
      ? undefined
      : setInterval(() => {
          const used = child.pid === undefined ? undefined : residentBytes(child.pid);
          if (used !== undefined && used > memoryBytes) end("memory");
        }, memoryPauseMs);
  return {
    alive: () => void silence?.refresh(),
    stop: () => {
      signal?.removeEventListener("abort", onAbort);
      clearTimeout(time);
      clearTimeout(silence);
      clearInterval(memory);
    },
  };
}
