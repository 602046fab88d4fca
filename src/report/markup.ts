const trusted = Symbol("trusted markup");

/** Markup that is safe to put into a page. The symbol key cannot be forged by JSON. */
export interface Markup {
  readonly [trusted]: string;
}

/** What a template accepts. Text is escaped; numbers are coordinates, rounded to 1/100. */
export type Part = Markup | string | number | readonly Part[] | undefined;

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/**
 * Text as it may stand in an element or a quoted attribute. Control characters and bidirectional
 * overrides, which could hide or reorder what surrounds them, become U+FFFD.
 */
export function escapeText(text: string): string {
  return text
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u202a-\u202e\u2066-\u2069]/g, "\ufffd")
    .replace(/[&<>"']/g, (character) => entities[character]);
}

function write(part: Part): string {
  if (part === undefined) return "";
  if (typeof part === "string") return escapeText(part);
  if (typeof part === "number") return Number.isFinite(part) ? String(Math.round(part * 100) / 100) : "—";
  if (trusted in part) return part[trusted];
  return part.map(write).join("");
}

/** Tagged template for HTML and SVG: every interpolated text is escaped, `Markup` is not. */
export function markup(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  let text = strings[0];
  for (let i = 0; i < parts.length; i++) text += write(parts[i]) + strings[i + 1];
  return Object.freeze({ [trusted]: text });
}

/** Markup from text written in this code base (style sheet, script). Never give it data. */
export function verbatim(text: string): Markup {
  return Object.freeze({ [trusted]: text });
}

/** The text of markup. */
export function textOf(markup: Markup): string {
  return markup[trusted];
}
