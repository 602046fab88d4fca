import { isMillwrightError } from "../../kernel/index.js";
import type { Manifest } from "../../registry/index.js";
import { record } from "../live/live-predictions.js";
import { loadErrors } from "./load-errors.js";
import type { LoadMeasurements } from "./load-measurements.js";
import { planLoad, type LoadPlan, type LoadPlanOptions } from "./load-plan.js";
import {
  inferPath,
  linesAsBodies,
  predictPath,
  rowsAsBodies,
  tensorsAsBodies,
  type LoadBodies,
} from "./load-requests.js";
import { summariseLoad, type LoadTestResult } from "./load-result.js";
import type { LoadObjective } from "./load-verdicts.js";
import { findModel, type Project } from "../project.js";
import { readVersion } from "../versions/read-version.js";

export type { LoadMeasurements, LoadOutcome } from "./load-measurements.js";
export type { LoadTestResult } from "./load-result.js";

/** What a generator is to send, and when. */
export interface LoadJob {
  readonly path: string;
  /** Bodies in JSON; request i of the plan sends body i modulo their number. */
  readonly bodies: readonly string[];
  readonly plan: LoadPlan;
  /** From the moment at which a request is meant to be sent; then it has failed. */
  readonly timeoutMs: number;
  /** Most requests under way at once. */
  readonly connections: number;
}

/** A server under load, and the generator that loads it. */
export interface LoadTarget {
  readonly url: string;
  /** Sends one request and reads its answer. Rejects where there is none within the time limit. */
  try(
    path: string,
    body: string,
    timeoutMs: number,
  ): Promise<{ readonly status: number; readonly text: string }>;
  /**
   * Sends every request when it is due, whatever became of those before it. The signal breaks it off: it then resolves
   * with what was measured until then. Rejects when the generator itself fails.
   */
  send(
    job: LoadJob,
    watch: { readonly onProgress: (ended: number) => void; readonly signal?: AbortSignal | undefined },
  ): Promise<LoadMeasurements>;
}

export interface LoadTestRequest extends Omit<LoadPlanOptions, "peakPerSecond"> {
  readonly model: string;
  readonly target: LoadTarget;
  /** What 100 % is. Default: the model's `slo.peakPerSecond`. */
  readonly peakPerSecond?: number | undefined;
  /** Default: the model's `slo`; 100 ms and 99.9 % for an imported graph. */
  readonly objective?: Partial<LoadObjective>;
  /** Requests as lines of JSON. Default: rows of the dataset, or inputs that are made up. */
  readonly lines?: string | undefined;
  /** Default 10,000. */
  readonly timeoutMs?: number;
  /** Default 256. */
  readonly connections?: number;
  /** Where the result is kept. Default `"default"`. */
  readonly live?: string;
}

/**
 * Loads a running server in steps up to twice the declared peak and judges each against the model's objective. Latencies
 * count from the moment at which a request was meant to be sent, so that a server that stalls is charged for all who
 * would have asked meanwhile. The predictions are real ones, and logged by the server as such. The result is recorded
 * with the live state. When the signal fires, the result is what was measured until then. Throws MW1101, MW1175 to
 * MW1179 and what reading the dataset or the package throws.
 */
export async function loadTest(
  project: Project,
  request: LoadTestRequest,
  signal?: AbortSignal,
): Promise<LoadTestResult> {
  const { target, timeoutMs = 10_000, connections = 256, seed = 1, arrivals = "poisson" } = request;
  const { objective, declaredPerSecond, bodies: ask } = await whatToAsk(project, request, seed);
  const peakPerSecond = request.peakPerSecond ?? declaredPerSecond;
  if (peakPerSecond === undefined) throw noPeak(request.model);
  const plan = planLoad({ ...request, peakPerSecond, seed, arrivals });
  const { path, bodies, origin } = await ask();
  await tryOnce(target, { path, body: bodies[0], timeoutMs });
  const startedAtMs = project.clock.nowMs();
  const task = project.progress.start("load test", plan.intendedMs.length);
  const watch = { onProgress: (ended: number) => task.update(ended), signal };
  const measured = await target
    .send({ path, bodies, plan, timeoutMs, connections }, watch)
    .catch((cause: unknown) => {
      throw generatorEnded(cause);
    });
  task.finish();
  const result = summariseLoad({ plan, measured }, objective, {
    ...{ model: request.model, url: target.url, startedAtMs, seed, arrivals, timeoutMs, connections },
    ...{ peakPerSecond, requestsFrom: origin },
  });
  await record(project, request.live ?? "default", { name: "load-tests", value: result });
  return result;
}

interface Asked {
  readonly objective: LoadObjective;
  readonly declaredPerSecond?: number | undefined;
  readonly bodies: () => Promise<LoadBodies>;
}

/** What holds for a graph that was imported, of which nothing is declared. */
const usualObjective: LoadObjective = Object.freeze({ p95Ms: 100, availability: 0.999 });

async function whatToAsk(project: Project, request: LoadTestRequest, seed: number): Promise<Asked> {
  const { model: name, lines, objective } = request;
  const manifest = project.models.some((model) => model.name === name)
    ? undefined
    : await graphManifest(project, name);
  if (manifest?.kind === "tensors") {
    const { signature } = manifest;
    return {
      objective: { ...usualObjective, ...objective },
      bodies: () =>
        Promise.resolve(
          lines === undefined ? tensorsAsBodies(name, signature) : linesAsBodies(lines, inferPath(name)),
        ),
    };
  }
  const model = findModel(project, name);
  const { p95Ms } = model.slo;
  const { availability, peakPerSecond } = model.demand;
  return {
    objective: { p95Ms, availability, ...objective },
    declaredPerSecond: peakPerSecond,
    bodies: () =>
      lines === undefined
        ? rowsAsBodies(project, model, seed)
        : Promise.resolve(linesAsBodies(lines, predictPath(name))),
  };
}

/** The manifest of the latest version of a model that the project does not define; undefined where there is none. */
async function graphManifest(project: Project, name: string): Promise<Manifest | undefined> {
  if (!(await project.registry.models()).includes(name)) return undefined;
  const [{ version }] = await project.registry.list(name);
  return (await readVersion(project, { model: name, ref: String(version) })).package.manifest;
}

function generatorEnded(cause: unknown) {
  return loadErrors.error("MW1179", {
    expected: "the thread that sends to go on to the end",
    found: cause instanceof Error ? cause.message : String(cause),
    remedy: "Free some memory, or make the test smaller, and run it again.",
    cause,
  });
}

function noPeak(model: string) {
  return loadErrors.error("MW1175", {
    expected: `the peak that model "${model}" must bear`,
    found: "none",
    remedy: "Declare slo: { peakPerSecond }, or give the rate with --rate.",
    details: { model },
  });
}

/** What a bad key, an unknown model or a server that is down would do to every request is told at once. */
async function tryOnce(
  target: LoadTarget,
  { path, body, timeoutMs }: { readonly path: string; readonly body: string; readonly timeoutMs: number },
): Promise<void> {
  const failed = (found: string, remedy: string, cause?: unknown) =>
    loadErrors.error("MW1178", {
      ...{ expected: `200 from POST ${target.url}${path}`, found, remedy, cause },
    });
  try {
    const { status, text } = await target.try(path, body, timeoutMs);
    if (status === 200) return;
    throw failed(`${status} ${text.slice(0, 500)}`, "Look at the error that the server gave.");
  } catch (cause) {
    if (isMillwrightError(cause)) throw cause;
    const found = cause instanceof Error ? cause.message : String(cause);
    throw failed(
      found,
      "Start a server with millwright serve --live load, and give its address as --url.",
      cause,
    );
  }
}
