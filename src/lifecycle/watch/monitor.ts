import { durationMs, throwIfCancelled } from "../../kernel/index.js";
import {
  assessLatency,
  assessPerformance,
  compileDriftPolicy,
  compileLatencyPolicy,
  compilePerformancePolicy,
  createWindowProfile,
  detectDrift,
  detectMissing,
  readReferenceProfile,
  windowsBetween,
  type DriftResult,
  type LatencyResult,
  type MissingResult,
  type OutcomeRow,
  type PerformanceResult,
  type ReferenceProfile,
  type TimeWindow,
} from "../../monitoring/index.js";
import { readFeaturePackage } from "../../registry/index.js";
import { auc, latencySketch, rankScores } from "../../stats/index.js";
import type { ModelDefinition } from "../../training/index.js";
import type { TestReport } from "../train/evaluate-models.js";
import { binaryReport } from "./binary-report.js";
import { latestOf, readLabels, readPredictions, record } from "../live/live-predictions.js";
import type { PredictionRecord } from "../live/live-records.js";
import { findTimedBinaryModel, type Project } from "../project.js";
import { latestResult } from "../runs/runs.js";

/** What monitoring says of one window of time. */
export interface MonitoredWindow {
  readonly window: TimeWindow;
  readonly predictions: number;
  readonly drift: readonly DriftResult[];
  readonly missing: readonly MissingResult[];
  readonly performance: PerformanceResult;
  readonly latency: LatencyResult;
  readonly meanPrediction: number | null;
  /** Share of positives among the matured and labelled; null without any. */
  readonly observedRate: number | null;
}

/** What monitoring says of a served model. Plain JSON. */
export interface MonitorResult {
  readonly model: string;
  readonly version: number;
  readonly live: string;
  readonly nowMs: number;
  readonly windows: readonly MonitoredWindow[];
  /** Columns that drifted in any whole window, `prediction` among them. */
  readonly drifted: readonly string[];
  /** Over all matured predictions with a label. */
  readonly realised: { readonly labelled: number; readonly auc: number | null };
  readonly latency: LatencyResult;
}

export interface MonitorRequest {
  readonly model: string;
  readonly live?: string;
  /** Labels are judged as of this moment. Default: the system clock. */
  readonly nowMs?: number;
}

/**
 * Judges what was served: drift of every feature and of the prediction, missing values, realised
 * performance of mature labels, and latency, window by window against the version's reference. Throws
 * MW1111 when nothing was served.
 */
export async function monitor(
  project: Project,
  request: MonitorRequest,
  signal?: AbortSignal,
): Promise<MonitorResult> {
  const { live = "default", nowMs = project.clock.nowMs() } = request;
  const model = findTimedBinaryModel(project, request.model);
  const records = await readPredictions(project, model.name, live);
  const version = Math.max(...new Set(records.map((record) => record.version)));
  const served = records.filter((record) => record.version === version);
  const labels = await readLabels(project, live);
  const reference = await referenceOf(project, model, version);
  const task = project.progress.start("judge windows");
  const windows = windowsOf(model, served, nowMs).map((window) => {
    throwIfCancelled(signal);
    const rows = served.filter(({ atMs }) => atMs >= window.startMs && atMs < window.endMs);
    return judgeWindow({ model, window, rows, labels, reference, nowMs });
  });
  task.finish(`${windows.length} windows, ${served.length.toLocaleString("en")} predictions`);
  const sketch = latencySketch();
  for (const { latencyMs } of served) sketch.record(latencyMs);
  const result: MonitorResult = {
    model: model.name,
    version,
    live,
    nowMs,
    windows,
    drifted: driftedColumns(windows),
    realised: realised(served, labels, nowMs - model.task.matureAfterMs),
    latency: assessLatency(sketch, compileLatencyPolicy(model.slo)),
  };
  await record(project, live, { name: "monitorings", value: result });
  return result;
}

/** The latest judgement of what was served; undefined when there was none. */
export async function latestMonitoring(
  project: Project,
  model: string,
  live: string,
): Promise<MonitorResult | undefined> {
  return latestOf<MonitorResult>(
    await project.readLog(live, "monitorings"),
    (result) => result.model === model,
  );
}

interface Reference {
  readonly profile: ReferenceProfile;
  readonly report: TestReport;
}

async function referenceOf(project: Project, model: ModelDefinition, version: number): Promise<Reference> {
  const { packageId } = await project.registry.resolve(model.name, String(version));
  const { referenceProfile } = await readFeaturePackage(packageId, project.blobs);
  const result = await latestResult(project, model.name, packageId);
  return { profile: readReferenceProfile(JSON.stringify(referenceProfile)), report: result.report };
}

/** Most windows that one call judges: a request may be dated a thousand years back. */
const mostWindows = 200;

/** The latest windows that hold predictions or lie between such, at most {@link mostWindows}. */
function windowsOf(
  model: ModelDefinition,
  rows: readonly PredictionRecord[],
  nowMs: number,
): readonly TimeWindow[] {
  const sizeMs = durationMs(model.monitor.window ?? "7d");
  let first = Infinity;
  let last = -Infinity;
  for (const { atMs } of rows) {
    first = Math.min(first, atMs);
    last = Math.max(last, atMs);
  }
  // Windows begin with the day of the first prediction, so that none of them is cut at its start.
  const originMs = Math.floor(first / 86_400_000) * 86_400_000;
  const endMs = Math.max(
    last + 1,
    Math.min(nowMs, originMs + Math.ceil((last + 1 - originMs) / sizeMs) * sizeMs),
  );
  const count = Math.ceil((endMs - originMs) / sizeMs);
  const fromMs = originMs + Math.max(0, count - mostWindows) * sizeMs;
  return windowsBetween(fromMs, endMs, { sizeMs, originMs });
}

interface WindowInput {
  readonly model: ModelDefinition;
  readonly window: TimeWindow;
  readonly rows: readonly PredictionRecord[];
  readonly labels: ReadonlyMap<string, 0 | 1>;
  readonly reference: Reference;
  readonly nowMs: number;
}

function judgeWindow({ model, window, rows, labels, reference, nowMs }: WindowInput): MonitoredWindow {
  const profile = createWindowProfile(reference.profile);
  const sketch = latencySketch();
  const outcomes: OutcomeRow[] = [];
  let predicted = 0;
  for (const row of rows) {
    const { id, atMs, numbers, texts, latencyMs } = row;
    const [probability] = row.outputs;
    profile.addRow(
      numbers,
      texts.map((text) => (text === "" ? null : text)),
      probability,
    );
    sketch.record(latencyMs);
    predicted += probability;
    const label = labels.get(id);
    const matureAtMs = atMs + model.task.matureAfterMs;
    outcomes.push({ atMs, matureAtMs, probability, ...(label === undefined ? {} : { label }) });
  }
  const { window: _, ...given } = model.monitor;
  const policy = compileDriftPolicy(given);
  const counts = profile.counts();
  const labelled = outcomes.filter(({ matureAtMs, label }) => matureAtMs <= nowMs && label !== undefined);
  const positives = labelled.reduce((sum, { label }) => sum + (label ?? 0), 0);
  return {
    window,
    predictions: rows.length,
    drift: detectDrift(reference.profile, counts, policy),
    missing: detectMissing(reference.profile, counts, policy),
    performance: assessPerformance(outcomes, binaryReport(reference.report).candidate.metrics, {
      policy: compilePerformancePolicy(),
      nowMs,
    }),
    latency: assessLatency(sketch, compileLatencyPolicy(model.slo)),
    meanPrediction: rows.length === 0 ? null : predicted / rows.length,
    observedRate: labelled.length === 0 ? null : positives / labelled.length,
  };
}

function driftedColumns(windows: readonly MonitoredWindow[]): string[] {
  const whole = windows.filter(({ window }) => !window.partial);
  return [
    ...new Set(
      whole.flatMap(({ drift }) => drift.filter(({ state }) => state === "drift").map(({ name }) => name)),
    ),
  ];
}

/** Area under the curve over everything that is matured and labelled: what a replay is compared by. */
function realised(
  rows: readonly PredictionRecord[],
  labels: ReadonlyMap<string, 0 | 1>,
  maturedBeforeMs: number,
): MonitorResult["realised"] {
  const labelled = rows.filter(({ id, atMs }) => atMs <= maturedBeforeMs && labels.has(id));
  const result = rankScores(
    Float32Array.from(labelled, ({ outputs: [probability] }) => probability),
    Uint8Array.from(labelled, ({ id }) => labels.get(id) as number),
  );
  return { labelled: labelled.length, auc: result.ok ? auc(result.ranked) : null };
}
