import { decimals } from "../format.js";
import { markup, type Markup } from "../markup.js";
import type { Plot } from "./plot.js";
import type { Scale } from "./scale.js";
import { tickDecimals } from "./ticks.js";

export interface AxisOptions {
  /** Written once at the end of the axis, with its unit. */
  readonly label: string;
  /** About how many ticks; default 5. */
  readonly wanted?: number;
  /** Default: as many decimals as tell neighbours apart. */
  readonly format?: (value: number) => string;
  /** Default true. */
  readonly grid?: boolean;
}

/** Ticks, thin grid lines and label of a horizontal scale, below the plot. */
export function xAxis(plot: Plot, scale: Scale, options: AxisOptions): Markup {
  const { values, text } = labelled(scale, options);
  const marks = values.map((value) => {
    const x = scale.at(value);
    const grid =
      options.grid === false
        ? ""
        : markup`<line class="grid" x1="${x}" x2="${x}" y1="${plot.top}" y2="${plot.bottom}"/>`;
    return markup`${grid}<text class="tick" x="${x}" y="${plot.bottom + 17}" text-anchor="middle">${text(value)}</text>`;
  });
  return markup`<g>${marks}<line class="axis" x1="${plot.left}" x2="${plot.right}" y1="${plot.bottom}" y2="${plot.bottom}"/>
    <text class="axis-label" x="${plot.right}" y="${plot.bottom + 35}" text-anchor="end">${options.label} →</text></g>`;
}

/** Ticks, thin grid lines and label of a vertical scale; the label stands above the plot. */
export function yAxis(plot: Plot, scale: Scale, options: AxisOptions): Markup {
  const { values, text } = labelled(scale, options);
  const marks = values.map((value) => {
    const y = scale.at(value);
    const grid =
      options.grid === false
        ? ""
        : markup`<line class="grid" x1="${plot.left}" x2="${plot.right}" y1="${y}" y2="${y}"/>`;
    return markup`${grid}<text class="tick" x="${plot.left - 8}" y="${y + 4}" text-anchor="end">${text(value)}</text>`;
  });
  return markup`<g>${marks}<text class="axis-label" x="0" y="${plot.top - 14}">↑ ${options.label}</text></g>`;
}

function labelled(scale: Scale, options: AxisOptions) {
  const values = scale.ticks(options.wanted ?? 5);
  const digits = tickDecimals(values);
  return { values, text: options.format ?? ((value: number) => decimals(value, digits)) };
}
