import { responsive } from "../charts/plot.js";
import { count, day, decimals, percent, plain, points } from "../format.js";
import { markup, type Markup } from "../markup.js";
import type { MonitoringWindow, ReportData } from "../report-data.js";
import { figure, isNotRun, nothing, notRun, type Section } from "../section.js";
import { stateBadge } from "../state.js";
import { table } from "../table.js";
import { timeChart, type TimeChart } from "./time-chart.js";

/** What the model said and what came true, window by window. */
export function performance({ monitoring, metrics }: ReportData): Section {
  const frame = { id: "performance", title: "Performance over time" };
  if (isNotRun(monitoring)) {
    return {
      ...frame,
      finding: "Not evaluated.",
      body: notRun(monitoring),
    };
  }
  const { windows, conventions } = monitoring;
  const charts: TimeChart[] = [
    {
      title: "Mean prediction and observed rate",
      axis: "share of rows",
      format: percent,
      tick: (value) => `${plain(value * 100)} %`,
      series: [
        { name: "predicted", tone: "one", of: (window) => window.meanPrediction },
        { name: "observed", tone: "two", of: (window) => window.observedRate },
      ],
    },
    {
      title: "Realised AUC with its interval",
      axis: "AUC",
      format: (value) => decimals(value, 3),
      series: [
        {
          name: "realised",
          tone: "one",
          of: (window) => window.performance.auc?.value ?? null,
          between: ({ performance: { auc } }) => [auc?.low ?? null, auc?.high ?? null],
        },
      ],
      ...(metrics.auc.value === null
        ? {}
        : {
            reference: { value: metrics.auc.value, name: `offline ${decimals(metrics.auc.value, 3)}` },
          }),
    },
  ];
  return {
    ...frame,
    finding: finding(windows),
    body: [
      markup`<div class="pair">${charts.map((chart) => panel(windows, chart))}</div>`,
      windowTable(windows),
    ],
    convention: `Prediction: ${conventions.prediction}. Performance: ${conventions.performance}. Hollow dots and * are windows that had not ended.`,
  };
}

function panel(windows: readonly MonitoringWindow[], chart: TimeChart): Markup {
  const hasData = windows.some((window) => chart.series.some((series) => series.of(window) !== null));
  return figure(
    chart.title,
    hasData
      ? responsive("half", (width) => timeChart(windows, chart, width))
      : nothing("No window has this figure yet."),
  );
}

function finding(windows: readonly MonitoringWindow[]): string {
  const gaps = windows.flatMap(({ meanPrediction, observedRate }) =>
    meanPrediction === null || observedRate === null ? [] : [Math.abs(meanPrediction - observedRate)],
  );
  const aucs = windows.flatMap(({ performance: { auc } }) =>
    typeof auc?.value === "number" ? [auc.value] : [],
  );
  const first =
    gaps.length === 0
      ? "No outcome has matured yet"
      : `Prediction and outcome differ by at most ${points(Math.max(...gaps))}`;
  const second =
    aucs.length === 0
      ? "no realised AUC could be computed"
      : `realised AUC runs from ${decimals(Math.min(...aucs), 3)} to ${decimals(Math.max(...aucs), 3)}`;
  return `${first}; ${second}.`;
}

function windowTable(windows: readonly MonitoringWindow[]): Markup {
  return table(
    windows,
    [
      { heading: "Window", cell: (w) => `${day(w.startMs)}${w.partial ? " *" : ""}`, key: (w) => w.startMs },
      { heading: "Rows", kind: "number", cell: (w) => count(w.rows), key: (w) => w.rows },
      {
        heading: "Matured",
        kind: "number",
        cell: (w) => count(w.performance.matured),
        key: (w) => w.performance.matured,
      },
      {
        heading: "Labelled",
        kind: "number",
        cell: (w) => count(w.performance.labelled),
        key: (w) => w.performance.labelled,
      },
      {
        heading: "Predicted",
        kind: "number",
        cell: (w) => percent(w.meanPrediction),
        key: (w) => w.meanPrediction,
      },
      {
        heading: "Observed",
        kind: "number",
        cell: (w) => percent(w.observedRate),
        key: (w) => w.observedRate,
      },
      {
        heading: "AUC",
        kind: "number",
        cell: (w) => decimals(w.performance.auc?.value, 3),
        key: (w) => w.performance.auc?.value,
      },
      { heading: "State", cell: (w) => stateBadge(w.performance.state), key: (w) => w.performance.state },
    ],
    { caption: "Windows in figures" },
  );
}
