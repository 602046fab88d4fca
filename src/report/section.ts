import { markup, type Markup, type Part } from "./markup.js";
import type { NotRun } from "./report-data.js";

/** A part of the report: what it is called, what it found, the evidence, and how that was computed. */
export interface Section {
  /** Anchor and element id. */
  readonly id: string;
  readonly title: string;
  /** The finding in one sentence. */
  readonly finding: string;
  readonly body: Part;
  /** How the figures were computed, in one line; absent where there are none. */
  readonly convention?: string;
}

export function renderSection(section: Section): Markup {
  return markup`<section id="${section.id}" aria-labelledby="${section.id}-title">
    <header><h2 id="${section.id}-title">${section.title}</h2><p class="finding">${section.finding}</p></header>
    ${section.body}
    ${section.convention === undefined ? undefined : markup`<p class="convention">${section.convention}</p>`}</section>`;
}

/** A titled drawing or table within a section. */
export function figure(title: string, body: Part): Markup {
  return markup`<figure><figcaption>${title}</figcaption>${body}</figure>`;
}

/** Says plainly that something is absent and what would produce it. */
export function notRun(absence: NotRun): Markup {
  return markup`<p class="absent">${absence.notRun} To produce it: <code>${absence.command}</code></p>`;
}

/** Says plainly that there is nothing to show. */
export function nothing(sentence: string): Markup {
  return markup`<p class="absent">${sentence}</p>`;
}

/** Whether an optional part of the report was not produced. */
export function isNotRun(part: object): part is NotRun {
  return "notRun" in part;
}
