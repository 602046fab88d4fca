import { canonicalHash, type Canonical } from "../kernel/index.js";
import type { Run } from "../training/index.js";
import { lifecycleErrors } from "./errors.js";
import type { Project } from "./project.js";
import { parseResult } from "./runs.js";
import { testMetrics } from "./test-metrics.js";
import type { TrainResult } from "./train.js";

/** A training run as people look at it. Plain JSON. */
export interface RunView {
  readonly id: string;
  readonly model: string;
  readonly status: Run["status"];
  readonly startedAtMs: number;
  /** Null while it runs. */
  readonly seconds: number | null;
  /** What went wrong, of a run that failed. */
  readonly error: string | null;
  /** Of a finished run: what it brought. */
  readonly result: TrainResult | null;
  /** Everything that the run is a function of, flat: `trainer.options.leaves`. */
  readonly parameters: Readonly<Record<string, Canonical>>;
}

/** All runs, of one model if given, the latest first. */
export async function listRuns(project: Project, model?: string): Promise<readonly RunView[]> {
  return (await project.runs.listRuns(model)).map(viewOf);
}

/** One run. Throws MW1148 for an unknown one. */
export async function showRun(project: Project, id: string): Promise<RunView> {
  const run = await project.runs.findRun(id);
  if (run !== undefined) return viewOf(run);
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

/** Compares runs, of one model or of several. Throws MW1148 for an unknown one. */
export async function compareRuns(project: Project, ids: readonly string[]): Promise<RunComparison> {
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

function viewOf(run: Run): RunView {
  const { id, model, status, startedAtMs, manifest } = run;
  return {
    ...{ id, model, status, startedAtMs },
    seconds: run.status === "running" ? null : (run.finishedAtMs - startedAtMs) / 1000,
    error: run.status === "failed" || run.status === "killed" ? errorOf(run.metrics) : null,
    result: run.status === "finished" ? parseResult(run) : null,
    parameters: flat(manifest),
  };
}

function errorOf(metrics: Canonical): string | null {
  const { error } = metrics as { readonly error?: string };
  return error ?? null;
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
