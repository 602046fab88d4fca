import { canonicalHash, type Canonical } from "../../kernel/index.js";
import type { Run, RunWorker } from "../../training/index.js";
import { lifecycleErrors } from "../errors.js";
import type { Project } from "../project.js";
import { storedFailure, type RunFailure } from "./run-failure.js";
import { statusOf, workerOf, type SeenStatus } from "../train/run-worker.js";
import { parseResult } from "./runs.js";
import { testMetrics } from "../train/test-metrics.js";
import type { TrainResult } from "../train/train.js";

/** A training run as people look at it. Plain JSON. */
export interface RunView {
  readonly id: string;
  readonly model: string;
  /** `interrupted`: recorded as running, and its process is gone. */
  readonly status: SeenStatus;
  readonly startedAtMs: number;
  /** Null while it runs, and of an interrupted one. */
  readonly seconds: number | null;
  /** The process that works on it, or did until it was interrupted. */
  readonly worker: RunWorker | null;
  /** What went wrong, of a run that failed or was cancelled. */
  readonly failure: RunFailure | null;
  /** Of a finished run: what it brought. */
  readonly result: TrainResult | null;
  /** Everything that the run is a function of, flat: `trainer.options.leaves`. */
  readonly parameters: Readonly<Record<string, Canonical>>;
}

/** All runs, of one model if given, the latest first. */
export async function listRuns(project: Project, model?: string): Promise<readonly RunView[]> {
  return (await project.runs.listRuns(model)).map((run) => viewOf(project, run));
}

/** One run. Throws MW1148 for an unknown one. */
export async function showRun(project: Project, id: string): Promise<RunView> {
  const run = await project.runs.findRun(id);
  if (run !== undefined) return viewOf(project, run);
  throw lifecycleErrors.error("MW1148", {
    expected: "the id of a training run",
    found: JSON.stringify(id),
    remedy: "millwright runs lists them.",
    details: { run: id },
  });
}

/** Something that runs have in different ways, by run; null where a run has none. */
export interface Differing<Value> {
  readonly name: string;
  readonly values: readonly (Value | null)[];
}

export interface MetricFigure {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** A figure of every round, by run. */
export interface ComparedCurve {
  readonly name: string;
  readonly lines: readonly (readonly number[])[];
}

/** Runs side by side. Plain JSON. */
export interface RunComparison {
  readonly runs: readonly RunView[];
  /** All metrics that a run has. */
  readonly metrics: readonly Differing<MetricFigure>[];
  /** Parameters that are not the same in all. */
  readonly parameters: readonly Differing<Canonical>[];
  readonly curves: readonly ComparedCurve[];
  /** Shares of the most important features. */
  readonly importances: readonly Differing<number>[];
}

/** Compares runs, of one model or of several. Throws MW1148 for an unknown one and MW1180 for less than two. */
export async function compareRuns(project: Project, ids: readonly string[]): Promise<RunComparison> {
  if (new Set(ids).size < 2) throw nothingToCompare(ids);
  const runs: RunView[] = [];
  for (const id of ids) runs.push(await showRun(project, id));
  return {
    runs,
    metrics: differing(runs, metricsOf),
    parameters: differing(runs, ({ parameters }) => parameters).filter(({ values }) => !allEqual(values)),
    curves: curvesOf(runs),
    importances: differing(runs, ({ result }) =>
      Object.fromEntries((result?.importances ?? []).map(({ name, gain }) => [name, gain])),
    ),
  };
}

function nothingToCompare(ids: readonly string[]) {
  return lifecycleErrors.error("MW1180", {
    expected: "at least two different runs",
    found: [...new Set(ids)].join(", ") || "none",
    remedy: "Name another one beside it: millwright runs list. To look at one alone: millwright runs show.",
    details: { runs: [...ids] },
  });
}

/** Every name that a run has, with what each run has under it. */
function differing<Value>(
  runs: readonly RunView[],
  of: (run: RunView) => Readonly<Record<string, Value>>,
): Differing<Value>[] {
  const each = runs.map(of);
  const names = new Set(each.flatMap((record) => Object.keys(record)));
  return [...names].map((name) => ({
    name,
    values: each.map((record) => (Object.hasOwn(record, name) ? record[name] : null)),
  }));
}

function allEqual(values: readonly (Canonical | null)[]): boolean {
  return new Set(values.map((value) => canonicalHash(value))).size <= 1;
}

function metricsOf({ result }: RunView): Record<string, MetricFigure> {
  const metrics: [string, MetricFigure][] = [];
  for (const [name, figure] of result === null ? [] : testMetrics(result.report.candidate)) {
    if (figure.value === null) continue;
    const { low, high } = figure.interval;
    metrics.push([name, { value: figure.value, low, high }]);
  }
  return Object.fromEntries(metrics);
}

function curvesOf(runs: readonly RunView[]): ComparedCurve[] {
  const each = runs.map(({ result }) => new Map(result?.curves.map(({ name, values }) => [name, values])));
  const names = new Set(each.flatMap((curves) => [...curves.keys()]));
  return [...names].map((name) => ({ name, lines: each.map((curves) => curves.get(name) ?? []) }));
}

function viewOf(project: Project, run: Run): RunView {
  const { id, model, startedAtMs, manifest } = run;
  const { worker: _, ...given } = manifest as Readonly<Record<string, Canonical>>;
  return {
    ...{ id, model, status: statusOf(project, run), startedAtMs, worker: workerOf(run) },
    seconds: run.status === "running" ? null : (run.finishedAtMs - startedAtMs) / 1000,
    failure: storedFailure(run),
    result: run.status === "finished" ? parseResult(run) : null,
    parameters: flat(given),
  };
}

/** The leaves of nested records by their paths; lists are leaves. */
function flat(value: Canonical, path = ""): Record<string, Canonical> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return { [path]: value };
  return Object.assign(
    {},
    ...Object.entries(value).map(([name, inner]) =>
      inner === undefined ? {} : flat(inner, path === "" ? name : `${path}.${name}`),
    ),
  ) as Record<string, Canonical>;
}
