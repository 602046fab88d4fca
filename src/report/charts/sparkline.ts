import { markup, type Markup } from "../markup.js";

/** A histogram the size of a word, for a table cell. Empty when there is nothing to draw. */
export function sparkline(counts: readonly number[], label: string): Markup {
  const top = Math.max(0, ...counts.filter(Number.isFinite));
  if (top === 0) return markup``;
  const step = 96 / counts.length;
  const bars = counts.map((count, i) => {
    const height = Number.isFinite(count) && count > 0 ? Math.max(0.75, (count / top) * 22) : 0;
    return markup`<rect class="bar one" x="${i * step}" y="${24 - height}" width="${Math.max(0.5, step - 0.75)}" height="${height}"/>`;
  });
  return markup`<svg class="sparkline" viewBox="0 0 96 24" width="96" height="24" role="img" aria-label="${label}">${bars}</svg>`;
}
