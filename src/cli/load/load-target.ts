import { Worker } from "node:worker_threads";
import { Pool } from "undici";
import { workerModule } from "../../kernel/index.js";
import type { LoadJob, LoadMeasurements, LoadTarget } from "../../lifecycle/index.js";
import { cliErrors } from "../errors.js";
import type { LoadOrder, LoadReport } from "./load-messages.js";

export interface LoadTargetOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The compiled module of the thread that sends. */
  readonly module?: URL;
}

/** A server over HTTP, loaded by a thread of its own, so that nothing else here holds it up. Throws MW1201. */
export function loadTarget({
  url,
  headers,
  module = workerModule(import.meta.url, "load-worker.js"),
}: LoadTargetOptions): LoadTarget {
  const origin = originOf(url);
  return Object.freeze({
    url: origin,
    async try(path: string, body: string, timeoutMs: number) {
      const pool = new Pool(origin);
      try {
        const answer = await pool.request({
          ...({ method: "POST", path } as const),
          ...{ headers: { "content-type": "application/json", ...headers }, body },
          signal: AbortSignal.timeout(timeoutMs),
        });
        return { status: answer.statusCode, text: await answer.body.text() };
      } catch (error) {
        throw isTimeout(error) ? new Error(`no answer in ${timeoutMs} ms`, { cause: error }) : error;
      } finally {
        await pool.destroy();
      }
    },
    send: (job: LoadJob, watch: Watch) => sendInThread(module, orderOf(job, origin, headers), watch),
  });
}

type Watch = Parameters<LoadTarget["send"]>[1];

const isTimeout = (error: unknown): boolean => error instanceof Error && error.name === "TimeoutError";

function originOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed !== undefined && /^https?:$/.test(parsed.protocol) && parsed.pathname === "/")
    return parsed.origin;
  throw cliErrors.error("MW1201", {
    expected: "scheme, host and port of a server for --url",
    found: JSON.stringify(url),
    remedy: "Write it as http://127.0.0.1:8080.",
  });
}

function orderOf(
  { plan, ...job }: LoadJob,
  url: string,
  headers: Readonly<Record<string, string>>,
): LoadOrder {
  return {
    ...{ ...job, url, headers, intendedMs: plan.intendedMs },
    stageEndsMs: plan.stages.map(({ endMs }) => endMs),
  };
}

function sendInThread(
  module: URL,
  order: LoadOrder,
  { onProgress, signal }: Watch,
): Promise<LoadMeasurements> {
  const worker = new Worker(module, { workerData: order });
  const stop = () => worker.postMessage("stop");
  if (signal?.aborted === true) stop();
  signal?.addEventListener("abort", stop);
  return new Promise<LoadMeasurements>((resolve, reject) => {
    worker.on("message", (report: LoadReport) => {
      if (report.kind === "progress") onProgress(report.ended);
      else resolve(report.measured);
    });
    worker.on("error", (cause) => reject(cause));
    worker.on("exit", (code) => reject(new Error(`exit code ${code} without a result`)));
  }).finally(() => {
    signal?.removeEventListener("abort", stop);
    return worker.terminate();
  });
}
