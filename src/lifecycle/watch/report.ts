import type { DatasetVersion } from "../../data/index.js";
import type { Estimate } from "../../stats/index.js";
import {
  describeExpression,
  evaluationConvention,
  type Comparison,
  type BinaryEvaluation,
  type ModelDefinition,
} from "../../training/index.js";
import { binaryReport } from "./binary-report.js";
import { evaluateRange } from "../train/evaluate-range.js";
import { latestMonitoring, type MonitoredWindow, type MonitorResult } from "./monitor.js";
import { findTimedBinaryModel, type Project } from "../project.js";
import { latestReplay, type ReplayResult } from "./replay.js";
import type {
  ComparedModel,
  Interval,
  MonitoringReport,
  MonitoringWindow,
  NotRun,
  ProfiledColumn,
  ReplayReport,
  ReportData,
  SliceDimension,
} from "./report-data.js";
import { latestResult } from "../runs/runs.js";
import type { TrainResult } from "../train/train.js";
import { latestVerification } from "../views/verify-features.js";

export interface ReportRequest {
  readonly model: string;
  readonly live?: string;
}

/**
 * Gathers what is recorded about a model's latest version: its training run, and the latest replay,
 * verification and monitoring of a live state. Nothing is judged anew. Throws MW1109 without a version.
 */
export async function report(project: Project, request: ReportRequest): Promise<ReportData> {
  const { live = "default" } = request;
  const model = findTimedBinaryModel(project, request.model);
  const result = await latestResult(project, model.name);
  const dataset = await project.datasets.get(result.dataset);
  if (dataset === undefined) throw new TypeError(`dataset version ${result.dataset} is not in the catalog`);
  const monitored = await latestMonitoring(project, model.name, live);
  const replayed = await latestReplay(project, model.name, live);
  return {
    project: project.name,
    model: model.name,
    version: String(result.version),
    outcome: describeExpression(model.task.label),
    generatedAtMs: project.clock.nowMs(),
    verdict: {
      promoted: result.promoted,
      ...(result.promoted ? { alias: "champion" } : {}),
      reasons: result.reasons,
    },
    dataset: { id: dataset.id, name: dataset.name, rows: dataset.rowCount, profile: profileOf(dataset) },
    split: {
      trainRows: result.trainRows,
      testRows: result.testRows,
      train: result.trainRange,
      test: result.testRange,
    },
    metrics: metricsOf(binaryReport(result.report).candidate),
    models: comparedModels(result),
    calibration: calibrationOf(binaryReport(result.report).candidate),
    importances: importancesOf(model, result),
    slices: slicesOf(result),
    gates: result.gates.map(({ name, passed, observed, required }) => ({
      name,
      passed,
      observed: observed?.toFixed(4) ?? "",
      required: required?.toFixed(4) ?? "",
    })),
    monitoring: monitored === undefined ? notMonitored(model.name) : monitoringOf(model, monitored),
    replay: await replayOf(project, { model, live, replayed, monitored }),
    timings: result.timings.map(({ step, seconds }) => ({ step, seconds })),
    hashes: {
      model: result.modelHash,
      package: result.packageId,
      featureSet: model.features.hash,
      dataset: result.dataset,
    },
    commands: [`npx millwright train ${model.name}`, `npx millwright report ${model.name}`],
    conventions: {
      metrics: evaluationConvention(result.report.candidate),
      curves: "every threshold that matters, thinned to 200 points",
      calibration: "15 bins of equal mass, Wilson intervals at 95 %",
      importances: "share of the loss reduction over all splits",
      slices:
        "percentile bootstrap over whole days, 100 replicates, 95 %; slices under 500 rows have no figure",
      gates: "bounds hold for the end of the interval that speaks against the model",
      profile: "over all rows of the dataset version",
      timings: "wall time of the run that made the version; remembered steps take none",
    },
  };
}

function notMonitored(model: string): NotRun {
  return { notRun: "What was served has not been judged yet.", command: `npx millwright monitor ${model}` };
}

function interval({ value, interval: { low, high } }: Estimate): Interval {
  return { value, low, high };
}

function metricsOf({ metrics, averagePrecision }: BinaryEvaluation): ReportData["metrics"] {
  return {
    auc: interval(metrics.auc),
    averagePrecision: { value: averagePrecision, low: null, high: null },
    logLoss: interval(metrics.logLoss),
    brier: interval(metrics.brier),
    ece: interval(metrics.ece),
  };
}

function comparedModels(result: TrainResult): ComparedModel[] {
  const { candidate, ablation, baseline } = binaryReport(result.report);
  const shown = (
    of: Pick<ComparedModel, "role" | "name" | "auc">,
    curves: BinaryEvaluation | Comparison,
  ): ComparedModel => ({
    ...of,
    averagePrecision: curves.averagePrecision,
    roc: curves.roc,
    precisionRecall: curves.precisionRecall,
  });
  return [
    shown({ role: "model", name: "model", auc: candidate.metrics.auc.value }, candidate),
    ...(ablation === null
      ? []
      : [shown({ role: "ablation", name: "without windows", auc: ablation.metrics.auc }, ablation)]),
    ...(baseline === null
      ? []
      : [shown({ role: "baseline", name: "baseline", auc: baseline.metrics.auc }, baseline)]),
  ];
}

function calibrationOf({ calibration, scoreHistogram }: BinaryEvaluation): ReportData["calibration"] {
  const bins = scoreHistogram.length;
  return {
    points: calibration.map(({ count, meanPredicted, observedRate, interval: { low, high } }) => ({
      predicted: meanPredicted,
      observed: observedRate,
      low,
      high,
      n: count,
    })),
    histogram: { edges: Array.from({ length: bins + 1 }, (_, i) => i / bins), counts: scoreHistogram },
  };
}

function importancesOf(model: ModelDefinition, { importances }: TrainResult): ReportData["importances"] {
  const origins = new Map(model.features.columns.map(({ name, origin }) => [name, origin]));
  return importances.map((importance) => ({
    ...importance,
    origin: origins.get(importance.name) ?? "derived",
  }));
}

function slicesOf(result: TrainResult): SliceDimension[] {
  const report = binaryReport(result.report);
  const dimensions = [...new Set(report.slices.map(({ dimension }) => dimension))];
  return dimensions.map((name) => {
    const slices = report.slices.filter(({ dimension }) => dimension === name);
    return {
      name,
      ordered: slices.every(({ value }) => Number.isFinite(Number(value))),
      slices: slices.map(({ value, rows, rate, auc }) => ({
        value,
        n: rows,
        rate,
        ...(auc === null ? {} : { auc }),
        state: auc === null ? "insufficient" : "ok",
      })),
    };
  });
}

function profileOf({ profile, schema, rowCount }: DatasetVersion): ProfiledColumn[] {
  return Object.entries(profile).map(([name, column]) => {
    const common = {
      name,
      type: schema[name].kind,
      missingShare: rowCount === 0 ? 0 : column.missing / rowCount,
      distinct: column.distinct,
    };
    return column.kind === "number"
      ? { ...common, min: column.min, mean: column.mean, max: column.max }
      : {
          ...common,
          min: null,
          mean: null,
          max: null,
          top: column.top.slice(0, 5).map(({ value }) => value),
        };
  });
}

function monitoringOf(model: ModelDefinition, { windows }: MonitorResult): MonitoringReport {
  return {
    windows: windows.map(windowOf),
    effectName: "Jensen–Shannon distance",
    effectThreshold: model.monitor.threshold ?? 0.1,
    conventions: {
      drift:
        "drift needs an effect whose whole interval is over the threshold, and significance (Holm over columns)",
      prediction: "mean of the predicted probabilities and share of positives among the labelled",
      performance: "matured labels only; bootstrap over whole days, 95 %",
      missing: "difference of shares with Newcombe's interval; chi-square, Holm over columns",
    },
  };
}

function windowOf(monitored: MonitoredWindow): MonitoringWindow {
  const { window, predictions, drift, missing, performance, latency, meanPrediction, observedRate } =
    monitored;
  return {
    ...window,
    rows: predictions,
    drift: drift.map((result) => ({
      feature: result.name,
      state: result.state,
      effect: "effect" in result ? result.effect.value : null,
      pValue: "adjustedPValue" in result ? result.adjustedPValue : null,
    })),
    missing: missing.map((result) => ({
      feature: result.name,
      state: result.state,
      share: "share" in result ? result.share : null,
      referenceShare: "referenceShare" in result ? result.referenceShare : null,
    })),
    performance: {
      state: performance.state,
      matured: performance.matured,
      labelled: performance.labelled,
      ...("metrics" in performance ? { auc: interval(performance.metrics.auc.realised) } : {}),
    },
    meanPrediction,
    observedRate,
    ...("p50Ms" in latency
      ? { latency: { p50Ms: latency.p50Ms, p95Ms: latency.p95Ms, p99Ms: latency.p99Ms } }
      : {}),
  };
}

async function replayOf(
  project: Project,
  {
    model,
    live,
    replayed,
    monitored,
  }: {
    model: ModelDefinition;
    live: string;
    replayed: ReplayResult | undefined;
    monitored: MonitorResult | undefined;
  },
): Promise<ReplayReport | NotRun> {
  const verified = await latestVerification(project, { model: model.name, live });
  if (replayed === undefined || monitored === undefined || verified === undefined) {
    return {
      notRun: "No replay with verified features was run.",
      command: `npx millwright replay ${model.name}`,
    };
  }
  const { fromMs, toMs, predictions, predictionsPerSecond, p50Ms, p95Ms, p99Ms, latencyHistogram } = replayed;
  const offline = await evaluateRange(project, { model: model.name, fromMs, toMs });
  return {
    predictions,
    mismatches: verified.mismatches,
    realizedAuc: monitored.realised.auc,
    offlineAuc: offline.auc,
    predictionsPerSecond,
    p50Ms,
    p95Ms,
    p99Ms,
    latencyHistogram,
    slo: model.slo,
    convention:
      "single-row requests over HTTP on one machine, as the client saw them; features compared bit by bit",
  };
}
