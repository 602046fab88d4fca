import { linearScale, type Scale } from "../charts/scale.js";
import { spread } from "../charts/spread.js";
import { drawing, plotArea, responsive } from "../charts/plot.js";
import { count, day, decimals, milliseconds, minute, percent, plain, range } from "../format.js";
import { markup, type Markup } from "../markup.js";
import type { Interval, ReportData } from "../report-data.js";
import { isNotRun } from "../section.js";

/** Name, verdict and the figures that decide, above everything else. */
export function header(data: ReportData): Markup {
  const { auc } = data.metrics;
  return markup`<header class="masthead">
    <p class="overline">${data.project} <span aria-hidden="true">/</span> model report</p>
    <h1>${data.model} <span class="version">version ${data.version}</span></h1>
    <p class="lede">Predicts whether a row <em>${data.outcome}</em>. Trained on ${count(data.split.trainRows)} rows
      from ${day(data.split.train[0])} to ${day(data.split.train[1])}, tested on ${count(data.split.testRows)} later
      rows up to ${day(data.split.test[1])}.</p>
    ${verdict(data)}
    <div class="headline">
      <div class="hero"><p class="tile-label">Area under the ROC curve, test rows</p>
        <p class="hero-value">${decimals(auc.value, 3)}</p><p class="tile-note">interval ${range(auc, 3)}</p></div>
      <div class="ladder">${responsive("half", (width) => ladder(data, width))}</div>
    </div>
    ${tiles(data)}
    <dl class="facts"><div><dt>Generated</dt><dd>${minute(data.generatedAtMs)}</dd></div>
      <div><dt>Dataset</dt><dd>${data.dataset.name} <code>${data.dataset.id}</code></dd></div>
      <div><dt>Model hash</dt><dd><code>${data.hashes.model}</code></dd></div></dl></header>`;
}

function verdict({ verdict: { promoted, alias, reasons } }: ReportData): Markup {
  const word = promoted ? `Promoted${alias === undefined ? "" : ` to ${alias}`}` : "Refused";
  return markup`<div class="verdict ${promoted ? "yes" : "no"}">
    <p><span aria-hidden="true">${promoted ? "✓" : "✕"}</span> ${word}</p>
    <ul>${reasons.map((reason) => markup`<li>${reason}</li>`)}</ul></div>`;
}

interface Tile {
  readonly label: string;
  readonly value: string;
  readonly note: string;
  readonly tone?: "good" | "bad";
}

function tiles(data: ReportData): Markup {
  const groups = [
    { name: "Quality on test rows", how: data.conventions.metrics, tiles: qualityTiles(data) },
    { name: "Replay through the server", how: "", tiles: replayTiles(data) },
  ];
  return markup`${groups.map(
    (group) =>
      markup`<h2 class="tiles-title">${group.name} <span>${group.how}</span></h2><ul class="tiles">${group.tiles.map(
        (tile) => markup`<li><span class="tile-label">${tile.label}</span>
        <span class="tile-value ${tile.tone ?? ""}">${tile.value}</span><span class="tile-note">${tile.note}</span></li>`,
      )}</ul>`,
  )}`;
}

function qualityTiles({ metrics, models }: ReportData): Tile[] {
  const figure = (label: string, interval: Interval, digits: number): Tile => ({
    label,
    value: decimals(interval.value, digits),
    note: range(interval, digits),
  });
  const compared = models
    .filter((model) => model.role !== "model")
    .map((model) => ({
      label: `AUC ${model.name}`,
      value: decimals(model.auc, 3),
      note: difference(metrics.auc, model.auc),
    }));
  return [
    figure("Average precision", metrics.averagePrecision, 3),
    figure("Log loss", metrics.logLoss, 3),
    figure("Brier score", metrics.brier, 3),
    figure("Calibration error", metrics.ece, 4),
    ...compared,
  ];
}

function difference(auc: Interval, other: number | null): string {
  if (auc.value === null || other === null) return "no comparison";
  const gap = auc.value - other;
  return `the model is ${decimals(Math.abs(gap), 3)} ${gap >= 0 ? "above" : "below"}`;
}

function replayTiles({ replay }: ReportData): Tile[] {
  if (isNotRun(replay)) return [{ label: "Replay", value: "not run", note: replay.command }];
  const same = replay.realizedAuc !== null && replay.realizedAuc === replay.offlineAuc;
  return [
    { label: "Predictions", value: count(replay.predictions), note: "replayed in time order" },
    {
      label: "Feature mismatches",
      value: count(replay.mismatches),
      note: replay.mismatches === 0 ? "online equals offline" : "online differs from offline",
      tone: replay.mismatches === 0 ? "good" : "bad",
    },
    {
      label: "Realised AUC",
      value: decimals(replay.realizedAuc, 3),
      note: same ? "identical to offline" : `offline ${decimals(replay.offlineAuc, 4)}`,
      ...(same ? { tone: "good" as const } : {}),
    },
    {
      label: "p95 latency",
      value: milliseconds(replay.p95Ms),
      note: `p50 ${milliseconds(replay.p50Ms)}, p99 ${milliseconds(replay.p99Ms)}`,
    },
    { label: "Throughput", value: count(replay.predictionsPerSecond), note: "predictions per second" },
    {
      label: "Latency budget used",
      value: percent(replay.p95Ms / replay.slo.p95Ms),
      note: `of ${milliseconds(replay.slo.p95Ms)} at p95`,
    },
  ];
}

/** The compared models on one line of AUC: how far above chance, and how far apart. */
function ladder(data: ReportData, width: number): Markup {
  const plot = plotArea(width, 132, [44, 20, 40, 34]);
  const models = data.models.flatMap((model) => (model.auc === null ? [] : [{ ...model, auc: model.auc }]));
  const lowest = Math.min(0.5, ...models.map((model) => model.auc));
  const highest = Math.max(0.8, ...models.map((model) => model.auc + 0.02));
  const x = linearScale([lowest, highest], [plot.left, plot.right]);
  const labels = spread(
    models.map((model) => x.at(model.auc)),
    width < 400 ? 104 : 124,
    [52, width - 46],
  );
  const marks = models.map((model, i) => {
    const tone = tones[model.role];
    const at = x.at(model.auc);
    const interval = model.role === "model" ? intervalMark(data.metrics.auc, x, plot.bottom) : undefined;
    return markup`<g class="mark ${tone}"><title>${model.name}: AUC ${decimals(model.auc, 4)}</title>
      <line class="whisker" x1="${at}" x2="${labels[i]}" y1="${plot.bottom}" y2="${plot.top + 4}"/>
      ${interval}<circle class="dot" cx="${at}" cy="${plot.bottom}" r="5.5"/>
      <text class="series ${tone}" x="${labels[i]}" y="${plot.top - 22}" text-anchor="middle">${model.name}</text>
      <text class="strong" x="${labels[i]}" y="${plot.top - 4}" text-anchor="middle">${decimals(model.auc, 3)}</text></g>`;
  });
  const ticks = x.ticks(width < 400 ? 4 : 7).map(
    (
      tick,
    ) => markup`<line class="axis" x1="${x.at(tick)}" x2="${x.at(tick)}" y1="${plot.bottom}" y2="${plot.bottom + 5}"/>
      <text class="tick" x="${x.at(tick)}" y="${plot.bottom + 20}" text-anchor="middle">${tick === 0.5 ? "0.5 chance" : plain(tick)}</text>`,
  );
  return drawing(
    plot,
    {
      title: "AUC of the compared models",
      description: models.map((m) => `${m.name} ${decimals(m.auc, 3)}`).join(", "),
    },
    markup`<line class="axis" x1="${plot.left}" x2="${plot.right}" y1="${plot.bottom}" y2="${plot.bottom}"/>${ticks}${marks}`,
  );
}

function intervalMark({ low, high }: Interval, x: Scale, y: number): Markup | undefined {
  if (low === null || high === null) return undefined;
  return markup`<line class="span" x1="${x.at(low)}" x2="${x.at(high)}" y1="${y}" y2="${y}"/>`;
}

/** The tone of each compared model, the same in every chart. */
export const tones = { model: "one", ablation: "two", baseline: "three" } as const;
