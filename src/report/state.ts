import { markup, type Markup } from "./markup.js";
import type { EvidenceState } from "./report-data.js";

interface StateLook {
  /** Says without colour what the colour says. */
  readonly glyph: string;
  readonly meaning: string;
}

export const states: Readonly<Record<EvidenceState, StateLook>> = {
  ok: { glyph: "", meaning: "no change both large and significant" },
  drift: { glyph: "▲", meaning: "large and significant" },
  insufficient: { glyph: "·", meaning: "too few rows to decide" },
  unresolved: { glyph: "?", meaning: "the evidence does not settle it" },
  missing: { glyph: "∅", meaning: "no values at all" },
};

/** The state as a word with its glyph. */
export function stateBadge(state: EvidenceState): Markup {
  const { glyph } = states[state];
  return markup`<span class="badge ${state}">${glyph === "" ? "✓" : glyph} ${state}</span>`;
}
