import { xAxis, yAxis } from "../charts/axis.js";
import { drawing, plotArea } from "../charts/plot.js";
import { bandScale, niceScale } from "../charts/scale.js";
import { horizontalWhiskers, verticalWhiskers } from "../charts/whiskers.js";
import { clip, count, decimals, percent } from "../format.js";
import { markup, type Markup } from "../markup.js";
import type { Slice } from "../report-data.js";

/** A slice whose AUC is known. */
export interface MeasuredSlice extends Slice {
  readonly point: number;
  readonly low: number;
  readonly high: number;
}

/** What the charts of a dimension have in common. */
export interface SliceLook {
  /** Name of the dimension. */
  readonly name: string;
  /** AUC of all test rows, drawn as a line. */
  readonly overall: number | null;
  readonly width: number;
}

const heightFor = (rows: number) => Math.max(220, Math.min(436, rows * 26 + 76));

const tip = (slice: MeasuredSlice, name: string) =>
  `${name} ${slice.value}: AUC ${decimals(slice.point, 3)} (${decimals(slice.low, 3)} – ${decimals(slice.high, 3)}), ${count(slice.n)} rows, base rate ${percent(slice.rate)}`;

function extent(known: readonly MeasuredSlice[], overall: number | null): [number, number] {
  const values = known.flatMap((slice) => [slice.low, slice.high]);
  if (overall !== null) values.push(overall);
  return [Math.min(...values), Math.max(...values)];
}

/** Values in their own order from left to right, AUC upwards: shows a course, e.g. over the day. */
export function alongOrder(known: readonly MeasuredSlice[], look: SliceLook): Markup {
  const plot = plotArea(look.width, heightFor(known.length), [34, 52, 42, 38]);
  const band = bandScale(known.length, [plot.left + 4, plot.right - 4], 2);
  const y = niceScale(extent(known, look.overall), [plot.bottom, plot.top], { within: [0, 1] });
  const every = Math.max(1, Math.ceil((look.width < 400 ? 30 : 22) / (band.size + 2)));
  const names = known.map((slice, i) =>
    i % every === 0
      ? markup`<text class="tick" x="${band.middle(i)}" y="${plot.bottom + 17}" text-anchor="middle">${clip(slice.value, 8)}</text>`
      : undefined,
  );
  const marks = known.map((slice, i) => ({
    at: band.middle(i),
    value: y.at(slice.point),
    low: y.at(slice.low),
    high: y.at(slice.high),
    tone: "one" as const,
    tip: tip(slice, look.name),
  }));
  const level = y.at(look.overall ?? 0);
  return drawing(
    plot,
    { title: `AUC by ${look.name}`, description: marks.map((mark) => mark.tip).join("; ") },
    [
      yAxis(plot, y, { label: "AUC" }),
      markup`${names}<text class="axis-label" x="${plot.right}" y="${plot.bottom + 35}" text-anchor="end">${look.name} →</text>`,
      look.overall === null
        ? undefined
        : markup`<line class="reference" x1="${plot.left}" x2="${plot.right}" y1="${level}" y2="${level}"/>
          <text class="note" x="${plot.right + 7}" y="${level - 3}">all rows</text>
          <text class="strong" x="${plot.right + 7}" y="${level + 13}">${decimals(look.overall, 3)}</text>`,
      verticalWhiskers(marks),
    ],
  );
}

/** The weakest at the top, AUC to the right: shows where to look first. */
export function fromWeakest(known: readonly MeasuredSlice[], look: SliceLook): Markup {
  const longest = Math.max(...known.map((slice) => [...slice.value].length));
  const left = 22 + Math.min(18, longest) * 7;
  const plot = plotArea(look.width, heightFor(known.length), [34, 14, 42, left]);
  const band = bandScale(known.length, [plot.top + 4, plot.bottom - 4], 2);
  const x = niceScale(extent(known, look.overall), [plot.left, plot.right], {
    wanted: look.width < 400 ? 4 : 6,
    within: [0, 1],
  });
  const names = known.map(
    (slice, i) =>
      markup`<text class="name small" x="${plot.left - 10}" y="${band.middle(i) + 4}" text-anchor="end">${clip(slice.value, 18)}</text>`,
  );
  const marks = known.map((slice, i) => ({
    at: band.middle(i),
    value: x.at(slice.point),
    low: x.at(slice.low),
    high: x.at(slice.high),
    tone: "one" as const,
    tip: tip(slice, look.name),
  }));
  const level = x.at(look.overall ?? 0);
  const description = marks.map((mark) => mark.tip).join("; ");
  return drawing(plot, { title: `AUC by ${look.name}, weakest first`, description }, [
    xAxis(plot, x, { label: "AUC" }),
    names,
    look.overall === null
      ? undefined
      : markup`<line class="reference" x1="${level}" x2="${level}" y1="${plot.top - 6}" y2="${plot.bottom}"/>
          <text class="note" x="${level}" y="${plot.top - 13}" text-anchor="middle">all rows ${decimals(look.overall, 3)}</text>`,
    horizontalWhiskers(marks),
  ]);
}
