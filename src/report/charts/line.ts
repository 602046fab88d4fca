import { markup, type Markup } from "../markup.js";

/** A point in pixels. */
export type Pixel = readonly [x: number, y: number];

/** Which series a mark belongs to; colour and dash follow from it in the style sheet. */
export type Tone = "one" | "two" | "three" | "quiet";

/** A polyline through pixels. A point that is not finite breaks it; invisible detail is left out. */
export function line(points: readonly Pixel[], tone: Tone): Markup {
  const path = linePath(points);
  return path === "" ? markup`` : markup`<path class="line ${tone}" d="${path}"/>`;
}

/** Path data; points nearer than 0.7 pixels to the last one drawn are skipped, ends are kept. */
export function linePath(points: readonly Pixel[]): string {
  let path = "";
  let last: Pixel | undefined;
  points.forEach((point, i) => {
    if (!Number.isFinite(point[0]) || !Number.isFinite(point[1])) {
      last = undefined;
      return;
    }
    const isEnd = i === points.length - 1 || !Number.isFinite(points[i + 1][0] + points[i + 1][1]);
    if (last !== undefined && !isEnd && Math.hypot(point[0] - last[0], point[1] - last[1]) < 0.7) return;
    path += `${last === undefined ? "M" : "L"}${point[0].toFixed(1)} ${point[1].toFixed(1)}`;
    last = point;
  });
  return path;
}
