import { markup, type Markup, type Part } from "../markup.js";

/** Size of a drawing and the inner rectangle that data are drawn in, all in pixels. */
export interface Plot {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** A plot with margins in the order of CSS: top, right, bottom, left. */
export function plotArea(
  width: number,
  height: number,
  margins: readonly [top: number, right: number, bottom: number, left: number],
): Plot {
  const [top, right, bottom, left] = margins;
  return Object.freeze({ width, height, left, right: width - right, top, bottom: height - bottom });
}

/** What a drawing says to those who cannot see it. */
export interface Caption {
  readonly title: string;
  readonly description: string;
}

/** An accessible SVG document. It scales with its container and keeps its proportions. */
export function drawing(plot: Plot, caption: Caption, body: Part): Markup {
  return markup`<svg
    viewBox="0 0 ${plot.width} ${plot.height}"
    width="${plot.width}"
    height="${plot.height}"
    role="img"
  ><title>${caption.title}</title><desc>${caption.description}</desc>${body}</svg>`;
}

/**
 * Draws the same chart once for every width and lets the style sheet show the one that fits, so that
 * text keeps its size on a phone.
 */
export function responsive(span: "full" | "half", draw: (width: number) => Markup): Markup {
  if (span === "half") {
    return markup`<div class="chart wide">${draw(544)}</div><div class="chart phone">${draw(346)}</div>`;
  }
  return markup`<div class="chart desk">${draw(1136)}</div>
    <div class="chart tablet">${draw(680)}</div>
    <div class="chart phone">${draw(346)}</div>`;
}
