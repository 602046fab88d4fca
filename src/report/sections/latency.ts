import { xAxis, yAxis } from "../charts/axis.js";
import { histogram } from "../charts/bars.js";
import { drawing, plotArea, responsive, type Plot } from "../charts/plot.js";
import { logScale, niceScale, type Scale } from "../charts/scale.js";
import { spread } from "../charts/spread.js";
import { count, decimals, milliseconds, plain } from "../format.js";
import { markup, type Markup } from "../markup.js";
import type { MonitoringWindow, ReplayReport, ReportData } from "../report-data.js";
import { figure, isNotRun, notRun, type Section } from "../section.js";
import { timeChart } from "./time-chart.js";

/** How long an answer took during the replay, against the objective. */
export function latency({ replay, monitoring }: ReportData): Section {
  const frame = { id: "latency", title: "Latency" };
  if (isNotRun(replay)) {
    return { ...frame, finding: "Not measured.", body: notRun(replay) };
  }
  const windows = isNotRun(monitoring)
    ? []
    : monitoring.windows.filter((window) => window.latency !== undefined);
  const distribution = (span: "full" | "half") =>
    figure(
      "Answers by time, logarithmic",
      responsive(span, (width) => draw(replay, width)),
    );
  return {
    ...frame,
    finding: finding(replay),
    body:
      windows.length === 0
        ? distribution("full")
        : markup`<div class="pair">${distribution("half")}${figure(
            "Percentiles by window",
            responsive("half", (width) => byWindow(windows, width)),
          )}</div>`,
    convention: replay.convention,
  };
}

function finding({ p95Ms, slo }: ReplayReport): string {
  const times = slo.p95Ms / p95Ms;
  const relation = times >= 1 ? `${decimals(times, times >= 10 ? 0 : 1)} times faster than` : "over";
  return `95 of 100 answers took at most ${milliseconds(p95Ms)}, ${relation} the objective of ${milliseconds(slo.p95Ms)}.`;
}

function draw(replay: ReplayReport, width: number): Markup {
  const { edgesMs, counts } = replay.latencyHistogram;
  // Room for the longest tick, at 7 pixels a character.
  const left = 18 + 7 * count(Math.max(1, ...counts)).length;
  const plot = plotArea(width, 290, [76, 14, 42, left]);
  const positive = edgesMs.filter((edge) => edge > 0);
  const lowest = Math.min(replay.p50Ms, ...positive);
  const highest = Math.max(replay.slo.p95Ms * 1.15, replay.p99Ms, ...positive);
  const x = logScale([Math.max(lowest, highest / 1e6), highest], [plot.left, plot.right]);
  const y = niceScale([0, Math.max(1, ...counts)], [plot.bottom, plot.top], { wanted: 5 });
  const columns = {
    edges: edgesMs.map((edge) => Math.max(edge, x.domain[0])),
    counts,
    tone: "one",
    tip: (i: number) =>
      `${milliseconds(edgesMs[i])} – ${milliseconds(edgesMs[i + 1])}: ${count(counts[i])} answers`,
  };
  return drawing(
    plot,
    {
      title: "Distribution of latency",
      description: `p50 ${milliseconds(replay.p50Ms)}, p95 ${milliseconds(replay.p95Ms)}, p99 ${milliseconds(replay.p99Ms)}, objective p95 ${milliseconds(replay.slo.p95Ms)}`,
    },
    [
      yAxis({ ...plot, top: plot.top - 42 }, y, { label: "answers", format: count }),
      xAxis(plot, x, { label: "milliseconds", format: plain, grid: false }),
      histogram(columns, x, y),
      flags(replay, x, plot),
    ],
  );
}

/** Percentiles and objective as labelled lines; labels move aside where they would overlap. */
function flags(replay: ReplayReport, scale: Scale, plot: Plot): Markup {
  const marks = [
    { name: "p50", value: replay.p50Ms, tone: "" },
    { name: "p95", value: replay.p95Ms, tone: "" },
    { name: "p99", value: replay.p99Ms, tone: "" },
    { name: "objective p95", value: replay.slo.p95Ms, tone: "limit" },
  ];
  const labels = spread(
    marks.map((mark) => scale.at(Math.max(mark.value, scale.domain[0]))),
    64,
    [plot.left + 24, plot.right - 34],
  );
  return markup`${marks.map((mark, i) => {
    const x = scale.at(Math.max(mark.value, scale.domain[0]));
    return markup`<polyline class="flag ${mark.tone}" points="${x},${plot.bottom} ${x},${plot.top} ${labels[i]},${plot.top - 12}"/>
      <text class="note ${mark.tone}" x="${labels[i]}" y="${plot.top - 34}" text-anchor="middle">${mark.name}</text>
      <text class="strong" x="${labels[i]}" y="${plot.top - 18}" text-anchor="middle">${milliseconds(mark.value)}</text>`;
  })}`;
}

function byWindow(windows: readonly MonitoringWindow[], width: number): Markup {
  return timeChart(
    windows,
    {
      title: "Latency percentiles by window",
      axis: "milliseconds",
      format: milliseconds,
      tick: plain,
      series: [
        { name: "p99", tone: "three", of: (window) => window.latency?.p99Ms ?? null },
        { name: "p95", tone: "two", of: (window) => window.latency?.p95Ms ?? null },
        { name: "p50", tone: "one", of: (window) => window.latency?.p50Ms ?? null },
      ],
    },
    width,
  );
}
