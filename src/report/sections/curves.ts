import { xAxis, yAxis } from "../charts/axis.js";
import { line, type Pixel } from "../charts/line.js";
import { drawing, plotArea, responsive } from "../charts/plot.js";
import { linearScale } from "../charts/scale.js";
import { decimals } from "../format.js";
import { markup, type Markup } from "../markup.js";
import type { ComparedModel, ReportData } from "../report-data.js";
import { figure, nothing, type Section } from "../section.js";
import { tones } from "./header.js";

interface CurveChart {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly score: string;
  readonly points: (model: ComparedModel) => ComparedModel["roc"];
  readonly scoreOf: (model: ComparedModel) => number | null;
  /** What a model that knows nothing would draw. */
  readonly chance: readonly [readonly [number, number], readonly [number, number]];
  readonly chanceText: string;
  readonly legendAt: "low" | "high";
}

/** ROC and precision–recall curves of the model, the ablation and the baseline. */
export function curves(data: ReportData): Section {
  const rate = positiveRate(data);
  const charts: CurveChart[] = [
    {
      title: "ROC: true against false positives",
      x: "false positive rate",
      y: "true positive rate",
      score: "AUC",
      points: (model) => model.roc,
      scoreOf: (model) => model.auc,
      chance: [
        [0, 0],
        [1, 1],
      ],
      chanceText: "chance",
      legendAt: "low",
    },
    {
      title: "Precision against recall",
      x: "recall",
      y: "precision",
      score: "AP",
      points: (model) => model.precisionRecall,
      scoreOf: (model) => model.averagePrecision,
      chance: [
        [0, rate],
        [1, rate],
      ],
      chanceText: `base rate ${decimals(rate, 3)}`,
      legendAt: "high",
    },
  ];
  const hasCurves = data.models.some((model) => model.roc.length > 1);
  return {
    id: "discrimination",
    title: "Discrimination",
    finding: finding(data.models),
    body: hasCurves
      ? markup`<div class="pair">${charts.map((chart) =>
          figure(
            chart.title,
            responsive("half", (width) => draw(data.models, chart, width)),
          ),
        )}</div>`
      : nothing("No curve was computed: the test rows hold one class only, or none."),
    convention: data.conventions.curves,
  };
}

function finding(models: readonly ComparedModel[]): string {
  const model = models.find((each) => each.role === "model");
  const others = models.filter((each) => each.role !== "model" && each.auc !== null);
  const own = model?.auc ?? null;
  if (own === null) return "The model's AUC could not be computed.";
  const rest = others.map((other) => `${decimals(other.auc, 3)} (${other.name})`);
  return `AUC ${decimals(own, 3)}${rest.length === 0 ? "" : `, against ${rest.join(" and ")}`}.`;
}

/** Recall 1 is reached by calling every row positive; the precision there is the base rate. */
function positiveRate(data: ReportData): number {
  return data.models[0]?.precisionRecall.at(-1)?.[1] ?? 0;
}

function draw(models: readonly ComparedModel[], chart: CurveChart, width: number): Markup {
  const plot = plotArea(width, Math.round(width * 0.86), [34, 14, 42, 38]);
  const x = linearScale([0, 1], [plot.left, plot.right]);
  const y = linearScale([0, 1], [plot.bottom, plot.top]);
  const pixel = ([a, b]: readonly [number, number]): Pixel => [x.at(a), y.at(b)];
  const lines = [...models].reverse().map((model) => line(chart.points(model).map(pixel), tones[model.role]));
  const main = models.find((model) => model.role === "model");
  const spots =
    main === undefined
      ? []
      : evenly(chart.points(main), 40).map(
          (
            point,
          ) => markup`<g class="mark one spot"><title>${main.name}: ${chart.x} ${decimals(point[0], 3)}, ${chart.y} ${decimals(point[1], 3)}</title>
      <circle class="hit" cx="${x.at(point[0])}" cy="${y.at(point[1])}" r="9"/>
      <circle class="dot" cx="${x.at(point[0])}" cy="${y.at(point[1])}" r="4"/></g>`,
        );
  const description = models
    .map((model) => `${model.name}: ${chart.score} ${decimals(chart.scoreOf(model), 3)}`)
    .join("; ");
  return drawing(plot, { title: chart.title, description }, [
    xAxis(plot, x, { label: chart.x, wanted: 6 }),
    yAxis(plot, y, { label: chart.y, wanted: 6 }),
    line(chart.chance.map(pixel), "quiet"),
    chanceLabel(chart, pixel),
    ...lines,
    ...spots,
    legend(models, chart, {
      right: plot.right,
      y: chart.legendAt === "low" ? plot.bottom - 22 - 22 * models.length : plot.top + 14,
    }),
  ]);
}

function chanceLabel(chart: CurveChart, pixel: (point: readonly [number, number]) => Pixel): Markup {
  const [, [, end]] = chart.chance;
  const [x, y] = pixel(chart.chance[0][1] === end ? [0, end] : [0.25, 0.25]);
  return markup`<text class="note" x="${x + 9}" y="${y + 16}">${chart.chanceText}</text>`;
}

function legend(
  models: readonly ComparedModel[],
  chart: CurveChart,
  at: { right: number; y: number },
): Markup {
  const left = at.right - 214;
  const rows = models.map((model, i) => {
    const y = at.y + 22 * (i + 1);
    return markup`<line class="line ${tones[model.role]}" x1="${left}" x2="${left + 26}" y1="${y - 4}" y2="${y - 4}"/>
      <text class="series ${tones[model.role]}" x="${left + 36}" y="${y}">${model.name}</text>
      <text class="strong" x="${at.right - 10}" y="${y}" text-anchor="end">${decimals(chart.scoreOf(model), 3)}</text>`;
  });
  return markup`<text class="axis-label" x="${at.right - 10}" y="${at.y}" text-anchor="end">${chart.score}</text>${rows}`;
}

function evenly<T>(points: readonly T[], wanted: number): T[] {
  const step = Math.max(1, Math.ceil(points.length / wanted));
  return points.filter((_, i) => i % step === 0);
}
