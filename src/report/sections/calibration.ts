import { xAxis, yAxis } from "../charts/axis.js";
import { histogram } from "../charts/bars.js";
import { line } from "../charts/line.js";
import { drawing, plotArea, responsive } from "../charts/plot.js";
import { linearScale } from "../charts/scale.js";
import { niceDomain } from "../charts/ticks.js";
import { verticalWhiskers } from "../charts/whiskers.js";
import { count, decimals, points as inPoints } from "../format.js";
import { markup, type Markup } from "../markup.js";
import type { ReportCalibration, ReportData } from "../report-data.js";
import { figure, nothing, type Section } from "../section.js";
import { table } from "../table.js";

/** Reliability diagram above the distribution of scores, on one axis of predicted probability. */
export function calibration(data: ReportData): Section {
  const { points } = data.calibration;
  return {
    id: "calibration",
    title: "Calibration",
    finding: finding(data),
    body:
      points.length === 0
        ? nothing("No calibration was computed: there are no scored test rows with a label.")
        : markup`<div class="pair">
            ${figure(
              "Observed rate against predicted probability",
              responsive("half", (width) => reliability(data.calibration, width)),
            )}
            ${figure("The same bins in figures", bins(points))}</div>`,
    convention: data.conventions.calibration,
  };
}

function finding({ calibration: { points }, metrics }: ReportData): string {
  const inside = points.filter(
    (point) => point.low <= point.predicted && point.predicted <= point.high,
  ).length;
  const gap = metrics.ece.value;
  if (gap === null || points.length === 0) return "The calibration error could not be computed.";
  return `On average the prediction is ${inPoints(gap)} off the observed rate; in ${inside} of ${points.length} bins it lies within the observed rate's interval.`;
}

function reliability({ points, histogram: scores }: ReportCalibration, width: number): Markup {
  const plot = plotArea(width, Math.round(width * 0.98), [34, 14, 42, 38]);
  const split = Math.round(plot.bottom - (plot.bottom - plot.top) * 0.2);
  const upper = { ...plot, bottom: split - 22 };
  const lower = { ...plot, top: split };
  const top = niceDomain(
    0,
    Math.max(0.1, ...points.map((p) => Math.max(p.predicted, p.high)), lastFilled(scores)),
    6,
  )[1];
  const x = linearScale([0, Math.min(1, top)], [plot.left, plot.right]);
  const y = linearScale([0, Math.min(1, top)], [upper.bottom, upper.top]);
  const tallest = linearScale([0, Math.max(1, ...scores.counts)], [lower.bottom, lower.top]);
  const marks = points.map((point) => ({
    at: x.at(point.predicted),
    value: y.at(point.observed),
    low: y.at(point.low),
    high: y.at(point.high),
    tone: "one" as const,
    tip: `predicted ${decimals(point.predicted, 3)}, observed ${decimals(point.observed, 3)} (${decimals(point.low, 3)} – ${decimals(point.high, 3)}), ${count(point.n)} rows`,
  }));
  const columns = {
    ...scores,
    tone: "quiet",
    tip: (i: number) =>
      `score ${decimals(scores.edges[i], 2)} – ${decimals(scores.edges[i + 1], 2)}: ${count(scores.counts[i])} rows`,
  };
  const end = Math.min(1, top);
  return drawing(
    plot,
    { title: "Reliability diagram", description: marks.map((mark) => mark.tip).join("; ") },
    [
      yAxis(upper, y, { label: "observed rate", wanted: 6 }),
      line(
        [
          [x.at(0), y.at(0)],
          [x.at(end), y.at(end)],
        ],
        "quiet",
      ),
      markup`<text class="note" x="${x.at(end * 0.84)}" y="${y.at(end * 0.9)}" text-anchor="end">perfect: predicted = observed</text>`,
      line(
        points.map((point) => [x.at(point.predicted), y.at(point.observed)]),
        "one",
      ),
      verticalWhiskers(marks),
      xAxis(lower, x, { label: "predicted probability", wanted: 6 }),
      histogram(columns, x, tallest),
      markup`<text class="note" x="${plot.right}" y="${split + 6}" text-anchor="end">rows by score, highest bar ${count(Math.max(0, ...scores.counts))}</text>`,
    ],
  );
}

function lastFilled({ edges, counts }: ReportCalibration["histogram"]): number {
  const last = counts.findLastIndex((each) => each > 0);
  return last < 0 ? 0 : edges[last + 1];
}

function bins(points: ReportCalibration["points"]): Markup {
  return table(
    points,
    [
      {
        heading: "Predicted",
        kind: "number",
        cell: (p) => decimals(p.predicted, 3),
        key: (p) => p.predicted,
      },
      { heading: "Observed", kind: "number", cell: (p) => decimals(p.observed, 3), key: (p) => p.observed },
      { heading: "Interval", kind: "number", cell: (p) => `${decimals(p.low, 3)} – ${decimals(p.high, 3)}` },
      {
        heading: "Gap",
        kind: "number",
        cell: (p) => decimals(p.observed - p.predicted, 3),
        key: (p) => Math.abs(p.observed - p.predicted),
      },
      { heading: "Rows", kind: "number", cell: (p) => count(p.n), key: (p) => p.n },
    ],
    { caption: "Calibration by bin" },
  );
}
