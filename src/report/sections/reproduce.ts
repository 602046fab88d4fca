import { markup } from "../markup.js";
import type { ReportData } from "../report-data.js";
import { nothing, type Section } from "../section.js";

/** What identifies this version, and the commands that make it again. */
export function reproduce({ hashes, commands }: ReportData): Section {
  const rows = [
    ["Model", hashes.model],
    ["Package", hashes.package],
    ["Feature set", hashes.featureSet],
    ["Dataset", hashes.dataset],
  ];
  return {
    id: "reproduce",
    title: "Reproduce",
    finding: "The same inputs give the same model hash, whatever the number of threads.",
    body: markup`<div class="pair"><dl class="hashes">${rows.map(
      ([name, hash]) => markup`<div><dt>${name}</dt><dd><code>${hash}</code></dd></div>`,
    )}</dl>${
      commands.length === 0
        ? nothing("No command was recorded.")
        : markup`<pre tabindex="0" aria-label="Commands"><code>${commands.map(
            (command) => markup`<span class="command">${command}</span>
`,
          )}</code></pre>`
    }</div>`,
    convention:
      "SHA-256 over content; a package is verified file by file, then by its probe set, before it loads.",
  };
}
