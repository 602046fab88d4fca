import { markup, type Markup } from "../markup.js";
import type { Tone } from "./line.js";

/** A dot with the interval around it, in pixels. */
export interface WhiskerMark {
  /** Position across the interval's direction. */
  readonly at: number;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly tone: Tone;
  readonly tip: string;
  /** Drawn hollow, e.g. for a window that has not ended. */
  readonly hollow?: boolean;
}

/** Dots whose intervals run up and down. */
export function verticalWhiskers(marks: readonly WhiskerMark[]): Markup {
  return markup`${marks.filter(isDrawable).map(
    (mark) => markup`<g class="mark ${mark.tone} ${mark.hollow ? "hollow" : ""}"><title>${mark.tip}</title>
      <line class="hit" x1="${mark.at}" x2="${mark.at}" y1="${mark.low + 6}" y2="${mark.high - 6}"/>
      <line class="whisker" x1="${mark.at}" x2="${mark.at}" y1="${mark.low}" y2="${mark.high}"/>
      <circle class="dot" cx="${mark.at}" cy="${mark.value}" r="3.6"/></g>`,
  )}`;
}

/** Dots whose intervals run left to right. */
export function horizontalWhiskers(marks: readonly WhiskerMark[]): Markup {
  return markup`${marks.filter(isDrawable).map(
    (mark) => markup`<g class="mark ${mark.tone} ${mark.hollow ? "hollow" : ""}"><title>${mark.tip}</title>
      <line class="hit" y1="${mark.at}" y2="${mark.at}" x1="${mark.low - 6}" x2="${mark.high + 6}"/>
      <line class="whisker" y1="${mark.at}" y2="${mark.at}" x1="${mark.low}" x2="${mark.high}"/>
      <circle class="dot" cy="${mark.at}" cx="${mark.value}" r="3.6"/></g>`,
  )}`;
}

function isDrawable(mark: WhiskerMark): boolean {
  return [mark.at, mark.value, mark.low, mark.high].every(Number.isFinite);
}
