import { markup, type Markup } from "../markup.js";
import type { Plot } from "./plot.js";
import { bandScale } from "./scale.js";

/** One cell. Its class chooses the hue, its strength (0 to 1) the depth, its text stands inside. */
export interface HeatCell {
  readonly kind: string;
  readonly strength: number;
  /** A glyph that says what the hue says, for those who do not see hues. */
  readonly glyph: string;
  readonly text: string;
  readonly tip: string;
}

export interface HeatMap {
  readonly rows: readonly { readonly label: string; readonly cells: readonly (HeatCell | undefined)[] }[];
  /** Labels above the columns. */
  readonly columns: readonly string[];
}

/** Cells by row and column; the figure is left out where a cell is too narrow for it. */
export function heatMap(plot: Plot, map: HeatMap): Markup {
  const across = bandScale(map.columns.length, [plot.left, plot.right], 2);
  const down = bandScale(map.rows.length, [plot.top, plot.bottom], 2);
  const every = Math.max(1, Math.ceil(46 / (across.size + 2)));
  const head = map.columns.map((label, i) =>
    i % every === 0
      ? markup`<text class="tick" x="${across.middle(i)}" y="${plot.top - 8}" text-anchor="middle">${label}</text>`
      : undefined,
  );
  const body = map.rows.map((row, r) => {
    const cells = row.cells.map((cell, c) =>
      cell === undefined
        ? undefined
        : drawCell(cell, across.start(c), { y: down.start(r), width: across.size, height: down.size }),
    );
    return markup`<text class="name" x="${plot.left - 10}" y="${down.middle(r) + 4}" text-anchor="end">${row.label}</text>${cells}`;
  });
  return markup`${head}${body}`;
}

function drawCell(cell: HeatCell, x: number, box: { y: number; width: number; height: number }): Markup {
  const hasRoom = box.width >= 46;
  const inside = hasRoom ? [cell.glyph, cell.text].filter((part) => part !== "").join(" ") : cell.glyph;
  return markup`<g class="mark heat ${cell.kind}"><title>${cell.tip}</title>
    <rect class="ground" x="${x}" y="${box.y}" width="${box.width}" height="${box.height}" rx="2"/>
    <rect class="tint" x="${x}" y="${box.y}" width="${box.width}" height="${box.height}" rx="2" fill-opacity="${cell.strength}"/>
    <text x="${x + box.width / 2}" y="${box.y + box.height / 2 + 4}" text-anchor="middle">${inside}</text></g>`;
}
