import { fork, type ChildProcess } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { systemClock, throwIfCancelled } from "../../kernel/index.js";
import type { ServerLog } from "../http/options.js";
import { authority, reachable } from "../authority.js";
import { servingErrors } from "../errors.js";
import type { Address } from "../listen.js";
import { errorOf, workerVariable } from "./member.js";
import { tell, type Serving, type ToPrimary } from "./messages.js";
import { Questions } from "./questions.js";
import { Reception } from "./reception.js";

export interface CrewOptions {
  /** Processes that serve. */
  readonly count: number;
  /** What each of them runs, as this process was started. */
  readonly script: string;
  readonly args: readonly string[];
  readonly http: Address & { readonly tls: boolean };
  /** Default: no gRPC. */
  readonly grpc?: Address;
  readonly log: ServerLog;
}

/** Several processes that serve on the same port, and this one that looks after them. */
export interface Crew {
  /** What the first of them told once all served. */
  readonly serving: Serving;
  /** E.g. `http://127.0.0.1:8080`. */
  readonly url: string;
  /** E.g. `127.0.0.1:8001`; undefined without gRPC. */
  readonly grpcUrl: string | undefined;
  /** Ends all of them: each answers what is in flight. */
  close(): Promise<void>;
}

/** A worker that dies is replaced after this long, twice as long each time, up to half a minute. */
const firstPauseMs = 100;
const longestPauseMs = 30_000;
/** One that served for so long was sound. */
const soundMs = 10_000;

/**
 * Starts the workers and resolves when all of them serve. From then on one that dies is replaced, and is told what was
 * loaded and unloaded meanwhile. Throws what the first worker that cannot serve throws, MW0826 for one that dies before,
 * MW0815 when it cannot listen, and MW0105 when the signal fires before; then none is left.
 */
export async function startCrew(options: CrewOptions, signal?: AbortSignal): Promise<Crew> {
  throwIfCancelled(signal);
  const crew = new RunningCrew(options);
  const stop = () => crew.stop();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    const serving = await crew.start();
    throwIfCancelled(signal);
    return { serving, ...(await crew.open()), close: () => crew.close() };
  } catch (error) {
    await crew.close();
    // They say that they were stopped, or nothing.
    throwIfCancelled(signal);
    throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

/** A worker from its start to its end. */
interface Life {
  /** Rejects with why it does not. */
  readonly serves: Promise<Serving>;
  /** How it ended. */
  readonly gone: Promise<string>;
}

interface Worker extends Life {
  readonly child: ChildProcess;
}

class RunningCrew {
  private readonly workers = new Map<number, Worker>();
  private readonly reception = new Reception();
  private readonly questions = new Questions();
  private readonly closing = new AbortController();
  private firstHasBegun: () => void = () => undefined;
  private readonly afterFirst = new Promise<void>((resolve) => (this.firstHasBegun = resolve));
  private readonly kill = () => {
    for (const { child } of this.workers.values()) child.kill("SIGKILL");
  };

  constructor(private readonly options: CrewOptions) {
    // One that is stuck does not see that this process has gone, and would stay.
    process.once("exit", this.kill);
  }

  async start(): Promise<Serving> {
    const numbers = Array.from({ length: this.options.count }, (_, i) => i + 1);
    const workers = numbers.map((number) => this.begin(number));
    const [first] = await Promise.all(workers.map(({ serves }) => serves));
    workers.forEach((worker, i) => void this.keep(numbers[i], worker));
    return first;
  }

  async open(): Promise<Pick<Crew, "url" | "grpcUrl">> {
    const { http, grpc } = this.options;
    const port = await this.reception.listen("http", http);
    return {
      url: `http${http.tls ? "s" : ""}://${authority(reachable(http.host), port)}`,
      grpcUrl: grpc && authority(grpc.host, await this.reception.listen("grpc", grpc)),
    };
  }

  /** Not by a signal: Ctrl-C has reached the workers already, and a second signal would end them at once. */
  stop(): void {
    for (const { child } of this.workers.values()) tell(child, { to: "worker", kind: "stop" });
  }

  async close(): Promise<void> {
    this.closing.abort();
    this.stop();
    // Until they leave they are handed connections: each tells its callers in its own way that it goes.
    await Promise.all([...this.workers.values()].map(({ gone }) => gone));
    this.reception.close();
    process.off("exit", this.kill);
  }

  private begin(number: number): Life {
    try {
      return this.fork(number);
    } catch (error) {
      const cause = error instanceof Error ? error.message : String(error);
      return { serves: Promise.reject(died(number, cause)), gone: Promise.resolve(cause) };
    }
  }

  /** Starts one worker. Throws what the system says where it makes no more processes. */
  private fork(number: number): Life {
    const { script, args } = this.options;
    const child = fork(script, args, { env: { ...process.env, [workerVariable]: String(number) } });
    const gone = new Promise<string>((resolve) => {
      // And not at "exit": what it told before it died may still be on its way.
      child.once("close", (code, signal) => resolve(signal ?? `exit code ${code}`));
      child.on("error", (error) => child.pid === undefined && resolve(error.message));
    });
    const serves = new Promise<Serving>((resolve, reject) => {
      child.on("message", (message: ToPrimary) => {
        if (message.to !== "primary") return;
        if (message.kind === "serving") {
          this.reception.join(child);
          resolve(message.serving);
        } else if (message.kind === "failed") reject(errorOf(message.failure));
        else this.hear(number, child, message);
      });
      void gone.then((cause) => {
        this.reception.lost(child);
        this.questions.forget(number);
        reject(died(number, cause));
      });
    });
    const worker = { child, serves, gone };
    this.workers.set(number, worker);
    return worker;
  }

  /** Replaces a worker whenever it dies. */
  private async keep(number: number, first: Life): Promise<void> {
    const { log } = this.options;
    const { signal } = this.closing;
    let pauseMs = firstPauseMs;
    for (let worker = first; ; worker = this.begin(number)) {
      const begunMs = systemClock.monotonicMs();
      worker.serves.catch((error: unknown) => {
        if (!signal.aborted) log.error({ err: error, worker: number }, "a worker could not be replaced");
      });
      const cause = await worker.gone;
      if (signal.aborted) return;
      log.error({ worker: number, cause }, "a worker died and is replaced");
      if (systemClock.monotonicMs() - begunMs > soundMs) pauseMs = firstPauseMs;
      await delay(pauseMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      pauseMs = Math.min(2 * pauseMs, longestPauseMs);
    }
  }

  private hear(number: number, worker: ChildProcess, message: ToPrimary): void {
    if (message.kind === "took") this.reception.answered(worker, message);
    else if (message.kind === "closed") this.reception.counted(worker, message.open);
    else if (message.kind === "leaving") this.reception.leave(worker, message.protocol);
    else if (message.kind === "answer") this.questions.answered(message.id, number, message.answer);
    else if (message.kind === "afterFirst") {
      const turn = number === 1 ? Promise.resolve() : this.afterFirst;
      void turn.then(() => tell(worker, { to: "worker", kind: "afterFirst" }));
    } else if (message.kind === "history") {
      // It has written to what all of them share.
      if (number === 1) this.firstHasBegun();
      this.questions.join(number, worker);
    } else if (message.kind === "ask") {
      const { id, question } = message;
      const asked = this.questions.ask(number, question);
      void asked.then((answers) => tell(worker, { to: "worker", kind: "answers", id, answers }));
    }
  }
}

function died(number: number, found: string) {
  return servingErrors.error("MW0826", {
    expected: `worker ${number} to serve`,
    found,
    remedy: "Look at what it wrote on standard error.",
    details: { worker: number },
  });
}
