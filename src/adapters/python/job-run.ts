import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sha256, throwIfCancelled, type Canonical } from "../../kernel/index.js";
import type { PythonJob, PythonOutcome, PythonWatch } from "../../training/index.js";
import type { MadeEnvironment } from "./environment.js";
import { pythonErrors } from "./errors.js";
import { outputTail, type OutputTail } from "./output-tail.js";
import {
  messageReader,
  pythonFolder,
  type FailureMessage,
  type Message,
  type ResultMessage,
} from "./protocol.js";
import { supervise, type Ended, type Supervision } from "./supervise.js";
import { verdictOf, withoutModel } from "./verdict.js";

/** A job whose files lie in its scratch folder. */
export interface ReadyJob {
  readonly job: PythonJob;
  readonly folder: string;
  readonly environment: MadeEnvironment;
  readonly memoryBytes: number;
  readonly graceMs: number;
}

/** What the trainer has said so far. */
interface Heard {
  started: { readonly [name: string]: Canonical } | undefined;
  result: ResultMessage | undefined;
  failure: FailureMessage | undefined;
  metrics: number;
  readonly curves: Map<string, number[]>;
}

/** A script that records figures without end must not fill this process. */
const mostMetrics = 1_000_000;

/** Runs a job to its end. Throws MW1505 to MW1511 and MW0105. */
export async function runJob(ready: ReadyJob, watch: PythonWatch): Promise<PythonOutcome> {
  const heard: Heard = {
    started: undefined,
    result: undefined,
    failure: undefined,
    metrics: 0,
    curves: new Map(),
  };
  const tail = outputTail(watch.onLog);
  const supervision: Supervision = supervise({
    command: ready.environment.python,
    args: ["-s", "-B", "-m", "millwright_trainer"],
    cwd: ready.folder,
    env: trainerEnvironment(ready),
    onOutput: tail.reader,
    onMessages: messageReader((decoded) => {
      supervision.alive();
      const problem = decoded.ok ? hear(heard, decoded.message, { watch, tail }) : decoded.problem;
      if (problem !== undefined) supervision.end({ error: broken(problem, tail) });
    }),
    ...(watch.signal === undefined ? {} : { signal: watch.signal }),
    timeMs: Math.min(ready.job.limits.timeS * 1000, 2 ** 31 - 1),
    silenceMs: ready.job.limits.silenceS * 1000,
    memoryBytes: ready.memoryBytes,
    graceMs: ready.graceMs,
  });
  const ended = await supervision.ended.catch((cause: unknown) => {
    throw pythonErrors.error("MW1510", {
      expected: `the environment's interpreter ${ready.environment.python} to start`,
      found: cause instanceof Error ? cause.message : String(cause),
      remedy: "Remove the environment's folder; the next training makes it anew.",
      cause,
    });
  });
  throwIfCancelled(watch.signal);
  return outcomeOf(ready, { heard, ended, tail });
}

/**
 * Nothing of the caller's environment besides where programs and libraries are found: a training depends on
 * what its job says.
 */
function trainerEnvironment({ job, folder, environment }: ReadyJob): NodeJS.ProcessEnv {
  const threads = String(job.threads);
  const libraries = process.env["LD_LIBRARY_PATH"];
  return {
    PATH: `${join(environment.python, "..")}:${process.env["PATH"] ?? "/usr/bin:/bin"}`,
    ...(libraries === undefined ? {} : { LD_LIBRARY_PATH: libraries }),
    HOME: folder,
    TMPDIR: folder,
    LANG: "C.UTF-8",
    TZ: "UTC",
    PYTHONPATH: fileURLToPath(pythonFolder),
    PYTHONHASHSEED: String(job.seed),
    PYTHONUNBUFFERED: "1",
    OMP_NUM_THREADS: threads,
    MKL_NUM_THREADS: threads,
    OPENBLAS_NUM_THREADS: threads,
    NUMEXPR_NUM_THREADS: threads,
    VECLIB_MAXIMUM_THREADS: threads,
    CUBLAS_WORKSPACE_CONFIG: ":4096:8",
    // Before a network is trained on an accelerator, its results must be the same as on the processor.
    CUDA_VISIBLE_DEVICES: "",
  };
}

/** Takes a message in; returns what is wrong with it, if anything. */
function hear(
  heard: Heard,
  message: Message,
  { watch, tail }: { watch: PythonWatch; tail: OutputTail },
): string | undefined {
  if (message.type === "heartbeat") return undefined;
  if ((message.type === "started") !== (heard.started === undefined)) return `"${message.type}" out of turn`;
  if (heard.result !== undefined || heard.failure !== undefined) return `"${message.type}" after the end`;
  switch (message.type) {
    case "started":
      heard.started = message.environment;
      return undefined;
    case "progress":
      watch.onProgress?.(message.done, message.total);
      return undefined;
    case "log":
      tail.add(message.text);
      return undefined;
    case "metric":
      return hearMetric(heard, message);
    case "result":
      heard.result = message;
      return undefined;
    case "failure":
      heard.failure = message;
      return undefined;
  }
}

function hearMetric(heard: Heard, { name, round, value }: Message & { type: "metric" }): string | undefined {
  const values = heard.curves.get(name) ?? [];
  if (round !== values.length) return `round ${round} of "${name}" after ${values.length} rounds`;
  if (++heard.metrics > mostMetrics) return `more than ${mostMetrics} metrics`;
  values.push(value);
  heard.curves.set(name, values);
  return undefined;
}

async function outcomeOf(
  { job, folder, environment, memoryBytes }: ReadyJob,
  { heard, ended, tail }: { heard: Heard; ended: Ended; tail: OutputTail },
): Promise<PythonOutcome> {
  const { result, failure, started } = heard;
  const lines = tail.lines();
  if (ended.cut !== undefined || failure !== undefined) {
    throw verdictOf({ ended, failure, limits: job.limits, memoryBytes, lines });
  }
  if (result === undefined || ended.code !== 0) throw withoutModel(ended, lines);
  const onnx = await readFile(join(folder, result.file)).catch(() => undefined);
  if (onnx === undefined || sha256(onnx) !== result.sha256) {
    throw broken(onnx === undefined ? "no file model.onnx" : "model.onnx differs from its hash", tail);
  }
  return Object.freeze({
    onnx: new Uint8Array(onnx.buffer, onnx.byteOffset, onnx.byteLength),
    importances: result.importances,
    curves: [...heard.curves].map(([name, values]) => ({ name, values })),
    environment: {
      ...started,
      environment: environment.key,
      lock: environment.lock,
      threads: job.threads,
      parity: result.parity,
    },
  });
}

function broken(problem: string, tail: OutputTail) {
  return pythonErrors.error("MW1509", {
    expected: "messages of the trainer protocol",
    found: problem,
    remedy: "Leave file descriptor 3 to millwright_trainer; print to standard output instead.",
    details: { lines: tail.lines() },
  });
}
