import { xAxis, yAxis } from "../charts/axis.js";
import { line, type Tone } from "../charts/line.js";
import { drawing, plotArea, type Plot } from "../charts/plot.js";
import { linearScale, niceScale, type Scale } from "../charts/scale.js";
import { spread } from "../charts/spread.js";
import { verticalWhiskers } from "../charts/whiskers.js";
import { clip, shortDay } from "../format.js";
import { markup, type Markup } from "../markup.js";
import type { MonitoringWindow } from "../report-data.js";

/** One line over the windows; null leaves a gap. */
export interface TimeSeries {
  readonly name: string;
  readonly tone: Tone;
  readonly of: (window: MonitoringWindow) => number | null;
  /** Ends of the interval around the value. */
  readonly between?: (window: MonitoringWindow) => readonly [number | null, number | null];
}

export interface TimeChart {
  readonly title: string;
  readonly axis: string;
  readonly series: readonly TimeSeries[];
  /** Writes a value in tooltips. */
  readonly format: (value: number) => string;
  /** Writes a tick; default: as many decimals as tell neighbours apart. */
  readonly tick?: (value: number) => string;
  /** A level to compare with. */
  readonly reference?: { readonly value: number; readonly name: string };
}

interface Point {
  readonly window: MonitoringWindow;
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

interface Drawn {
  readonly series: TimeSeries;
  readonly points: readonly Point[];
}

interface Ground {
  readonly plot: Plot;
  readonly x: Scale;
  readonly y: Scale;
}

/** Lines over windows with dots, intervals and their names at the right end. */
export function timeChart(windows: readonly MonitoringWindow[], chart: TimeChart, width: number): Markup {
  const all = chart.series.map((series) => ({ series, points: pointsOf(windows, series) }));
  const ground = groundOf(windows, { chart, all, width });
  const { plot, x, y } = ground;
  const description = all
    .map(({ series, points }) => `${series.name}: ${points.map((p) => chart.format(p.value)).join(", ")}`)
    .join("; ");
  return drawing(plot, { title: chart.title, description }, [
    yAxis(plot, y, { label: chart.axis, ...(chart.tick === undefined ? {} : { format: chart.tick }) }),
    xAxis(plot, x, { label: "start of window", format: shortDay, grid: false }),
    reference(chart, ground),
    all.map((drawn) => seriesMarks(windows, drawn, { ...ground, chart })),
    names(all, ground, chart),
  ]);
}

function pointsOf(windows: readonly MonitoringWindow[], series: TimeSeries): Point[] {
  return windows.flatMap((window) => {
    const value = series.of(window);
    if (value === null || !Number.isFinite(value)) return [];
    const [low, high] = series.between?.(window) ?? [value, value];
    return [{ window, value, low: low ?? value, high: high ?? value }];
  });
}

function groundOf(
  windows: readonly MonitoringWindow[],
  { chart, all, width }: { chart: TimeChart; all: readonly Drawn[]; width: number },
): Ground {
  const plot = plotArea(width, 300, [34, width < 400 ? 74 : 86, 42, 46]);
  const values = all.flatMap(({ points }) => points.flatMap((point) => [point.low, point.high]));
  if (chart.reference !== undefined) values.push(chart.reference.value);
  const y = niceScale([Math.min(...values), Math.max(...values)], [plot.bottom, plot.top]);
  const times = windows.map((window) => window.startMs);
  const time = linearScale([times[0], times[times.length - 1]], [plot.left + 10, plot.right - 10]);
  const every = Math.max(1, Math.ceil((times.length * 54) / (plot.right - plot.left)));
  return { plot, y, x: { ...time, ticks: () => times.filter((_, i) => i % every === 0) } };
}

function seriesMarks(
  windows: readonly MonitoringWindow[],
  { series, points }: Drawn,
  { x, y, chart }: Ground & { chart: TimeChart },
): Markup {
  const path = windows.map((window) => [x.at(window.startMs), y.at(series.of(window) ?? NaN)] as const);
  const marks = points.map(({ window, value, low, high }) => {
    const interval = series.between === undefined ? "" : ` (${chart.format(low)} – ${chart.format(high)})`;
    const partial = window.partial ? " (not ended)" : "";
    return {
      at: x.at(window.startMs),
      value: y.at(value),
      low: y.at(low),
      high: y.at(high),
      tone: series.tone,
      hollow: window.partial,
      tip: `${series.name}, from ${shortDay(window.startMs)}${partial}: ${chart.format(value)}${interval}`,
    };
  });
  return markup`${line(path, series.tone)}${verticalWhiskers(marks)}`;
}

function reference(chart: TimeChart, { plot, y }: Ground): Markup | undefined {
  if (chart.reference === undefined) return undefined;
  const level = y.at(chart.reference.value);
  return markup`<line class="reference" x1="${plot.left}" x2="${plot.right}" y1="${level}" y2="${level}"/>`;
}

/** Names beside the last point of each series, moved apart where they would overlap. */
function names(all: readonly Drawn[], { plot, y }: Ground, chart: TimeChart): Markup {
  const ends = all.flatMap(({ series, points }) =>
    points
      .slice(-1)
      .map((point) => ({ name: series.name, look: `series ${series.tone}`, at: y.at(point.value) })),
  );
  if (chart.reference !== undefined) {
    ends.push({ name: chart.reference.name, look: "note", at: y.at(chart.reference.value) });
  }
  const placed = spread(
    ends.map((end) => end.at),
    17,
    [plot.top, plot.bottom],
  );
  return markup`${ends.map(
    (end, i) =>
      markup`<text class="${end.look}" x="${plot.right + 8}" y="${placed[i] + 4}">${clip(end.name, 14)}</text>`,
  )}`;
}
