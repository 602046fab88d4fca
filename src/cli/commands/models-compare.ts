import type { Command } from "commander";
import { compareVersions, type VersionComparison } from "../../lifecycle/index.js";
import { withCommonOptions } from "../options.js";
import { runOnProject, type CommonOptions } from "../run-command.js";
import { columns, counted } from "../terminal.js";

export function addCompare(models: Command): void {
  withCommonOptions(models.command("compare <a> <b>"))
    .description(
      "compare two versions, such as churn@2 and churn@champion: metrics, data, parameters, features, " +
        "contract, and predictions on their probe rows",
    )
    .action((a: string, b: string, options: CommonOptions) =>
      runOnProject(options, async (project) => {
        const comparison = await compareVersions(project, { a, b });
        return { json: comparison, text: comparisonText(comparison) };
      }),
    );
}

function comparisonText(comparison: VersionComparison): string {
  const { versions, metrics, data, parameters, features, contract, predictions } = comparison;
  const { a, b } = versions;
  const side = (one: typeof a) =>
    one === null ? [] : [`${one.model}@${one.version}`, one.semver, one.stage, one.packageId.slice(0, 12)];
  const table = (head: string, rows: readonly (readonly string[])[]) =>
    rows.length === 0 ? [] : ["", columns([[head, "a", "b"], ...rows])];
  const known = data.dataset.a !== null && data.dataset.b !== null;
  const dataRows = [
    ["dataset", data.dataset.a ?? "", data.dataset.b ?? ""],
    ["rows", number(data.rows.a), number(data.rows.b)],
    ["split", plain(data.split.a), plain(data.split.b)],
  ];
  return [
    columns([
      ["", "version", "semver", "stage", "package"],
      ["a", ...side(a)],
      ["b", ...side(b)],
    ]),
    ...(metrics.length === 0
      ? []
      : [
          "",
          columns([
            ["metric", "a", "b", "difference"],
            ...metrics.map((row) => [row.name, figure(row.a), figure(row.b), signed(row.difference)]),
          ]),
        ]),
    ...table("data", dataRows.every(([, left, right]) => left === right) ? [] : dataRows),
    ...table(
      "parameter",
      parameters.map((row) => [row.name, plain(row.a), plain(row.b)]),
    ),
    "",
    ...(known && dataRows.every(([, left, right]) => left === right) ? ["Same data and split."] : []),
    ...(known && parameters.length === 0 ? ["Same trainer and parameters."] : []),
    ...(known && features.length === 0 ? ["Same features."] : []),
    ...(known ? [] : ["Of an imported graph neither data nor trainer nor metrics are known."]),
    ...contract.map(({ level, what }) => `${level}: ${what}`),
    predictionsText(predictions),
  ].join("\n");
}

function predictionsText(predictions: VersionComparison["predictions"]): string {
  if (predictions.kind === "incomparable") return `Predictions were not compared: ${predictions.reason}.`;
  const { rows, changed, largest, mean } = predictions;
  if (changed === 0) return `Same predictions on ${counted(rows, "probe row")}.`;
  const far =
    largest === null
      ? "other texts, shapes or NaN"
      : `largest change ${figure(largest)}, mean ${figure(mean)}`;
  return `Predictions changed on ${changed.toLocaleString("en")} of ${counted(rows, "probe row")}: ${far}.`;
}

const figure = (value: number | null) => (value === null ? "none" : value.toFixed(4));
const number = (value: number | null) => (value === null ? "unknown" : value.toLocaleString("en"));
const signed = (value: number | null) =>
  value === null ? "" : `${value > 0 ? "+" : value < 0 ? "−" : ""}${Math.abs(value).toFixed(4)}`;

/** A value in a table cell: JSON without the noise. */
function plain(value: unknown): string {
  if (value === null) return "none";
  const text = typeof value === "string" ? value : JSON.stringify(value).replaceAll(/[{}"]/g, "");
  return text.length > 28 ? `${text.slice(0, 27)}…` : text;
}
