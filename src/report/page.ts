import { createHash } from "node:crypto";
import { markup, textOf, verbatim, type Markup } from "./markup.js";
import { pageScript } from "./page-script.js";
import { renderSection, type Section } from "./section.js";
import { chartStyle } from "./style/chart-style.js";
import { pageStyle } from "./style/page-style.js";

/** What a page consists of. */
export interface Page {
  readonly title: string;
  readonly header: Markup;
  readonly sections: readonly Section[];
}

const style = pageStyle + chartStyle;

/**
 * One self-contained HTML document in UTF-8: style, drawings and script are inline, nothing is fetched. A policy in
 * the page allows exactly its own style and script, by hash, so that even markup that slipped through could not run.
 */
export function renderPage({ title, header, sections }: Page): string {
  return textOf(markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${verbatim(style)}</style>
</head>
<body>
<a class="skip" href="#${sections[0].id}">Skip to the evidence</a>
${patterns}
<main>
${header}
${contents(sections)}
${sections.map(renderSection)}
</main>
<footer>Made by Millwright. Times are in UTC. This page is complete in itself and needs no network.</footer>
<div id="tip" role="status" hidden></div>
<script>${verbatim(pageScript)}</script>
</body>
</html>
`);
}

/** JSON knows no NaN and no infinity: they become null, the one form of absence that sections handle. */
export function asJson<Data>(data: Data): Data {
  return JSON.parse(JSON.stringify(data)) as Data;
}

const fingerprint = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

const policy = [
  "default-src 'none'",
  `style-src ${fingerprint(style)}`,
  `script-src ${fingerprint(pageScript)}`,
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

function contents(parts: readonly Section[]): Markup {
  return markup`<nav aria-label="Contents"><ul>${parts.map(
    (part) => markup`<li><a href="#${part.id}">${part.title}</a></li>`,
  )}</ul></nav>`;
}

/** The hatch that marks cells with too few rows, shared by all drawings. */
const patterns = markup`<svg class="patterns" width="0" height="0" aria-hidden="true"><defs>
<pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><line class="hatch" x1="0" x2="0" y1="0" y2="6"/></pattern>
</defs></svg>`;
