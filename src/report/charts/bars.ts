import { markup, type Markup } from "../markup.js";
import type { Plot } from "./plot.js";
import { bandScale, linearScale, type Scale } from "./scale.js";

/** One horizontal bar. Values are at least 0. */
export interface Bar {
  readonly label: string;
  readonly value: number;
  /** Where the bar starts; default 0. */
  readonly from?: number;
  /** Written at the end of the bar. */
  readonly text: string;
  /** A class that colours it. */
  readonly tone: string;
  readonly tip: string;
}

/** Horizontal bars from the top down, each with its name on the left and its figure at its end. */
export function horizontalBars(plot: Plot, bars: readonly Bar[]): Markup {
  const band = bandScale(bars.length, [plot.top, plot.bottom], 10);
  const top = Math.max(0, ...bars.map((bar) => (bar.from ?? 0) + bar.value));
  const x = linearScale([0, top === 0 ? 1 : top], [plot.left, plot.right]);
  const marks = bars.map((bar, i) => {
    const y = band.middle(i) + 4;
    const start = x.at(bar.from ?? 0);
    const end = Math.max(start + 1, x.at((bar.from ?? 0) + bar.value));
    return markup`<g class="mark"><title>${bar.tip}</title>
      <rect class="hit" x="0" y="${band.start(i) - 5}" width="${plot.width}" height="${band.size + 10}"/>
      <text class="name" x="${plot.left - 10}" y="${y}" text-anchor="end">${bar.label}</text>
      <rect class="bar ${bar.tone}" x="${start}" y="${band.start(i)}" width="${end - start}" height="${band.size}" rx="1.5"/>
      <text class="figure" x="${end + 7}" y="${y}">${bar.text}</text></g>`;
  });
  return markup`${marks}<line class="axis" x1="${plot.left}" x2="${plot.left}" y1="${plot.top - 3}" y2="${plot.bottom + 3}"/>`;
}

/** Columns of a histogram: one per pair of neighbouring edges, standing on the bottom of the plot. */
export interface Columns {
  readonly edges: readonly number[];
  readonly counts: readonly number[];
  readonly tip: (index: number) => string;
  /** A class that colours them. */
  readonly tone: string;
}

export function histogram(columns: Columns, x: Scale, y: Scale): Markup {
  const floor = y.at(0);
  const marks = columns.counts.map((count, i) => {
    const from = x.at(columns.edges[i]);
    const width = x.at(columns.edges[i + 1]) - from;
    if (!(count > 0) || !Number.isFinite(width)) return markup``;
    const top = Math.min(floor - 0.75, y.at(count));
    return markup`<g class="mark"><title>${columns.tip(i)}</title>
      <rect class="hit" x="${from}" y="${y.range[1]}" width="${width}" height="${floor - y.range[1]}"/>
      <rect class="bar ${columns.tone}" x="${from + Math.min(0.5, width / 4)}" y="${top}" width="${Math.max(0.5, width - 1)}" height="${floor - top}"/></g>`;
  });
  return markup`${marks}`;
}
