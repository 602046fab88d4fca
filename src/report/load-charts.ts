import type { LoadTestResult } from "../lifecycle/index.js";
import { xAxis, yAxis } from "./charts/axis.js";
import { histogram } from "./charts/bars.js";
import { line, type Tone } from "./charts/line.js";
import { drawing, plotArea, responsive, type Plot } from "./charts/plot.js";
import { linearScale, logScale, niceScale, type Scale } from "./charts/scale.js";
import { spread } from "./charts/spread.js";
import { count, decimals, milliseconds, plain } from "./format.js";
import { markup, type Markup } from "./markup.js";
import { figure } from "./section.js";

type Step = LoadTestResult["steps"][number];

interface Series {
  readonly name: string;
  readonly tone: Tone;
  /** As many as there are positions; null leaves a gap. */
  readonly values: readonly (number | null)[];
}

interface Chart {
  readonly title: string;
  /** Where on the x axis each value stands. */
  readonly at: readonly number[];
  readonly series: readonly Series[];
  readonly x: {
    readonly label: string;
    readonly format?: (value: number) => string;
    readonly ticks?: readonly number[];
  };
  readonly y: {
    readonly label: string;
    readonly format: (value: number) => string;
    readonly tip: (value: number) => string;
  };
  /** A level to compare with. */
  readonly limit?: { readonly name: string; readonly value: number };
  /** Latencies stretch over several powers of ten; rates do not. */
  readonly scale: "log" | "linear";
  readonly dots: boolean;
}

const known = (values: readonly (number | null)[]): number[] =>
  values.filter((value): value is number => value !== null && Number.isFinite(value));

function draw(chart: Chart, width: number): Markup {
  const plot = plotArea(width, width > 700 ? 340 : 290, [40, 92, 42, 62]);
  const { x, y } = scalesOf(chart, plot);
  const { limit } = chart;
  const description = chart.series
    .map(({ name, values }) => `${name}: ${known(values).map(chart.y.tip).join(", ")}`)
    .join("; ");
  return drawing(plot, { title: chart.title, description: chart.dots ? description : chart.title }, [
    yAxis(plot, y, { label: chart.y.label, format: chart.y.format }),
    xAxis(plot, x, {
      ...{ label: chart.x.label, grid: false },
      ...(chart.x.format === undefined ? {} : { format: chart.x.format }),
    }),
    limit === undefined
      ? ""
      : markup`<line class="flag limit" x1="${plot.left}" x2="${plot.right}" y1="${y.at(limit.value)}" y2="${y.at(limit.value)}"/>`,
    chart.series.map((series) => marks(chart, series, { x, y })),
    names(chart, plot, y),
  ]);
}

function scalesOf({ at, series, x, scale, limit }: Chart, plot: Plot): { x: Scale; y: Scale } {
  const values = known([...series.flatMap((each) => each.values), limit?.value ?? null]);
  const inner = linearScale([at[0], Math.max(at[at.length - 1], at[0] + 1)], [plot.left + 8, plot.right - 8]);
  const { ticks } = x;
  // Of ticks that would overlap on a phone every other is left out.
  const every =
    ticks === undefined ? 1 : Math.max(1, Math.ceil((ticks.length * 42) / (plot.right - plot.left)));
  const across =
    ticks === undefined ? inner : { ...inner, ticks: () => ticks.filter((_, i) => i % every === 0) };
  const range = [plot.bottom, plot.top] as const;
  if (scale === "linear")
    return { x: across, y: niceScale([0, Math.max(1, ...values)], range, { wanted: 5 }) };
  const low = Math.max(0.01, Math.min(...values.filter((value) => value > 0), Infinity));
  const from = Number.isFinite(low) ? low / 1.3 : 0.1;
  return {
    x: across,
    y: logScale([from, Math.max(from * 10, ...values.map((value) => value * 1.3))], range),
  };
}

function marks(chart: Chart, { name, tone, values }: Series, { x, y }: { x: Scale; y: Scale }): Markup {
  const place = (value: number | null) => (value === null ? NaN : y.at(Math.max(value, y.domain[0])));
  const path = values.map((value, i) => [x.at(chart.at[i]), place(value)] as const);
  const dots = values.map((value, i) =>
    !chart.dots || value === null
      ? ""
      : markup`<g class="mark ${tone}"><title>${name} at ${plain(chart.at[i])}: ${chart.y.tip(value)}</title>
        <circle class="hit" cx="${x.at(chart.at[i])}" cy="${place(value)}" r="8"/><circle class="dot" cx="${x.at(chart.at[i])}" cy="${place(value)}" r="4"/></g>`,
  );
  return markup`${line(path, tone)}${dots}`;
}

/** Names beside the last points, and the limit's beside its line, moved apart where they would overlap. */
function names({ series, limit }: Chart, plot: Plot, y: Scale): Markup {
  const ends = series.flatMap(({ name, tone, values }) => {
    const last = known(values).at(-1);
    return last === undefined
      ? []
      : [{ name, look: `series ${tone}`, at: y.at(Math.max(last, y.domain[0])) }];
  });
  if (limit !== undefined) ends.push({ name: limit.name, look: "note limit", at: y.at(limit.value) });
  const placed = spread(
    ends.map(({ at }) => at),
    17,
    [plot.top, plot.bottom],
  );
  return markup`${ends.map(
    ({ name, look }, i) =>
      markup`<text class="${look}" x="${plot.right + 6}" y="${placed[i] + 4}">${name}</text>`,
  )}`;
}

const loadAxis = ({ steps }: LoadTestResult) => ({
  at: steps.map(({ share }) => share * 100),
  x: { label: "% of the declared peak", ticks: steps.map(({ share }) => share * 100), format: plain },
  dots: true,
});

const latencyAxis = { label: "milliseconds, logarithmic", format: plain, tip: milliseconds } as const;

const objectiveLine = ({ objective: { p95Ms } }: LoadTestResult) => ({ name: "p95 objective", value: p95Ms });

const percentileSeries = (steps: readonly Step[]): Series[] => [
  { name: "p50", tone: "one", values: steps.map(({ latency }) => latency.p50Ms) },
  { name: "p95", tone: "two", values: steps.map(({ latency }) => latency.p95Ms) },
  { name: "p99", tone: "three", values: steps.map(({ latency }) => latency.p99Ms) },
];

function percentiles(data: LoadTestResult): Markup {
  const chart: Chart = {
    ...{ title: "Latency percentiles by load", ...loadAxis(data), series: percentileSeries(data.steps) },
    ...{ y: latencyAxis, limit: objectiveLine(data), scale: "log" },
  };
  return figure(
    chart.title,
    responsive("full", (width) => draw(chart, width)),
  );
}

function rates(data: LoadTestResult): Markup {
  const chart: Chart = {
    ...{ title: "Requests a second, by load", ...loadAxis(data), scale: "linear" },
    series: [
      { name: "offered", tone: "three", values: data.steps.map((step) => step.offeredPerSecond) },
      { name: "good", tone: "one", values: data.steps.map((step) => step.goodPerSecond) },
      { name: "refused", tone: "two", values: data.steps.map((step) => step.refused / step.seconds) },
    ],
    y: { label: "a second", format: count, tip: (value) => `${decimals(value, 1)} a second` },
  };
  return figure(
    chart.title,
    responsive("full", (width) => draw(chart, width)),
  );
}

function overTime(data: LoadTestResult, { series }: Step): Markup {
  const chart: Chart = {
    ...{ title: "Latency over the step", scale: "log", dots: false, y: latencyAxis },
    at: series.map(({ fromMs }) => fromMs / 1000),
    x: { label: "seconds" },
    series: [
      { name: "p50", tone: "one", values: series.map(({ p50Ms }) => p50Ms) },
      { name: "p95", tone: "two", values: series.map(({ p95Ms }) => p95Ms) },
    ],
    limit: objectiveLine(data),
  };
  return responsive("half", (width) => draw(chart, width));
}

function distribution({ objective }: LoadTestResult, { histogram: { edgesMs, counts } }: Step): Markup {
  const one = (width: number) => {
    const plot = plotArea(width, 290, [40, 20, 42, 18 + 7 * count(Math.max(1, ...counts)).length]);
    const highest = Math.max(edgesMs[edgesMs.length - 1], objective.p95Ms * 1.15);
    const x = logScale([edgesMs[0], Math.max(highest, edgesMs[0] * 10)], [plot.left, plot.right]);
    const y = niceScale([0, Math.max(1, ...counts)], [plot.bottom, plot.top], { wanted: 5 });
    const tip = (i: number) =>
      `${milliseconds(edgesMs[i])} – ${milliseconds(edgesMs[i + 1])}: ${count(counts[i])} answers`;
    const limit = x.at(Math.max(objective.p95Ms, x.domain[0]));
    const title = "Good answers by latency";
    return drawing(plot, { title, description: `${count(counts.reduce((sum, n) => sum + n, 0))} answers` }, [
      yAxis(plot, y, { label: "answers", format: count }),
      xAxis(plot, x, { label: "milliseconds, logarithmic", format: plain, grid: false }),
      histogram({ edges: edgesMs, counts, tone: "one", tip }, x, y),
      markup`<line class="flag limit" x1="${limit}" x2="${limit}" y1="${plot.top}" y2="${plot.bottom}"/>
        <text class="note limit" x="${limit - 5}" y="${plot.top - 6}" text-anchor="end">p95 objective</text>`,
    ]);
  };
  return responsive("half", one);
}

/** The drawings of a load test. */
export const loadCharts = Object.freeze({ percentiles, rates, overTime, distribution });
