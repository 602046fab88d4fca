import type { ColumnProfile, SourceProfile, Suggestion } from "../../data/index.js";
import type { Schema } from "../../kernel/index.js";
import { columns, counted } from "../terminal.js";

/** A profile as a table for people. */
export function profileText(
  { source, rowCount, quarantinedCount, columns: profile }: SourceProfile,
  schema: Schema,
) {
  const head = `${source}: ${counted(rowCount, "row")}, ${quarantinedCount.toLocaleString("en")} set aside`;
  const rows = Object.entries(profile).map(([name, column]) => [
    name,
    schema[name].kind,
    shareMissing(column),
    String(column.distinct),
    ...figures(column, schema[name].kind),
  ]);
  const table = columns([
    [
      "column",
      "type",
      "missing",
      "distinct",
      "min",
      "p05",
      "median",
      "p95",
      "max",
      "mean",
      "std or most frequent",
    ],
    ...rows,
  ]);
  return `${head}\n\n${table}`;
}

function figures(profile: ColumnProfile, kind: string): readonly string[] {
  if (profile.kind === "number") {
    const { min, max, mean, std, quantiles } = profile;
    const show = (value: number | null | undefined) => numberText(value, kind);
    const spread = kind === "timestamp" ? durationText(std) : numberText(std, "float");
    return [...[min, quantiles?.p05, quantiles?.p50, quantiles?.p95, max, mean].map(show), spread];
  }
  const { lengths, top, count } = profile;
  const length = (value: number | undefined) =>
    value === undefined ? "" : `${Number(value.toFixed(1))} chars`;
  const frequent = top
    .slice(0, 3)
    .map((text) => `${shortText(text.value)} ${percent(text.count / count)}`)
    .join(", ");
  return [length(lengths?.min), "", "", "", length(lengths?.max), length(lengths?.mean), frequent];
}

function shareMissing({ count, missing }: ColumnProfile): string {
  return missing === 0 ? "0%" : percent(missing / (count + missing));
}

/** Two significant digits, and never 0% for what occurs or 100% for what does not always. */
function percent(share: number): string {
  const text = `${Number((100 * share).toPrecision(2))}%`;
  return share < 1 && text === "100%" ? "99.9%" : text;
}

function numberText(value: number | null | undefined, kind: string): string {
  if (value === null || value === undefined) return "";
  if (kind === "timestamp" && Math.abs(value) <= 8.64e15) return new Date(value).toISOString().slice(0, 16);
  return String(Number(value.toPrecision(6)));
}

const durationText = (ms: number | null) =>
  ms === null ? "" : `${Number((ms / 86_400_000).toPrecision(3))} d`;

function shortText(text: string): string {
  const quoted = /^[\w.-]+$/.test(text) ? text : JSON.stringify(text);
  return quoted.length > 20 ? `${quoted.slice(0, 19)}…` : quoted;
}

/** Suggestions as code to paste into the configuration of the source. */
export function suggestionsText(suggestions: readonly Suggestion[]): string {
  if (suggestions.length === 0) return "// There are too few rows to suggest expectations.";
  const used = [...new Set(suggestions.map(({ code }) => code.slice(0, code.indexOf("("))))].sort();
  const lines = suggestions.map(({ code, because }) => `    ${code}, // ${because}`);
  return [
    `// import { ${used.join(", ")} } from "millwright";`,
    "  expectations: (f) => [",
    ...lines,
    "  ],",
  ].join("\n");
}
