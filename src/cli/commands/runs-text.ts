import { testMetrics, type RunComparison, type RunView } from "../../lifecycle/index.js";
import { columns } from "../terminal.js";

const blocks = "▁▂▃▄▅▆▇█";
const curveWidth = 40;

/** Values as a line of blocks, low to high; longer curves by evenly spaced values. */
export function sparkline(values: readonly number[]): string {
  const known = values.filter(Number.isFinite);
  if (known.length === 0) return "";
  const low = Math.min(...known);
  const width = Math.max(...known) - low;
  const count = Math.min(curveWidth, values.length);
  return Array.from({ length: count }, (_, i) => {
    const value = values[count === 1 ? 0 : Math.round((i * (values.length - 1)) / (count - 1))];
    if (!Number.isFinite(value)) return " ";
    const level = width === 0 ? 0 : (value - low) / width;
    return blocks[Math.min(blocks.length - 1, Math.floor(level * blocks.length))];
  }).join("");
}

const figure = (value: number) => value.toFixed(4);

/** A value in JSON, cut where it would not fit beside others; absent ones are left blank. */
function shortly(value: RunComparison["parameters"][number]["values"][number]): string {
  if (value === null) return "";
  const text = JSON.stringify(value) ?? "";
  return text.length <= 32 ? text : `${text.slice(0, 31)}…`;
}

/** One run. */
export function runText(run: RunView): string {
  const { id, model, status, startedAtMs, seconds, error, result, parameters } = run;
  const head = `${id}  ${model}  ${status}  ${new Date(startedAtMs).toISOString()}${seconds === null ? "" : `  ${seconds.toFixed(1)} s`}`;
  const given = Object.entries(parameters).map(([name, value]) => `  ${name} ${JSON.stringify(value)}`);
  return [
    head,
    ...(error === null ? [] : ["", error]),
    ...(result === null ? [] : resultLines(result)),
    "",
    "given:",
    ...given,
  ].join("\n");
}

function resultLines(result: Exclude<RunView["result"], null>): string[] {
  const { report, curves, warnings, version, promoted, trainRows, testRows, dataset, trainingSet } = result;
  const rows = testMetrics(report.candidate).map(([name, found]) =>
    found.value === null
      ? [name, "", "", "", found.reason]
      : [name, ...[found.value, found.interval.low, found.interval.high].map(figure), ""],
  );
  const drawn = curves.map(
    ({ name, values }) =>
      `${name}  ${sparkline(values)}  ${values[0].toPrecision(4)} → ${(values.at(-1) ?? NaN).toPrecision(4)}, ${values.length} rounds`,
  );
  return [
    "",
    `version ${version}${promoted ? ", promoted" : ", not promoted"}; ${trainRows.toLocaleString("en")} training rows, ${testRows.toLocaleString("en")} test rows`,
    `dataset ${dataset}, training set ${trainingSet}`,
    ...warnings.map((warning) => `! ${warning}`),
    "",
    columns([["metric", "value", "low", "high", ""], ...rows]),
    ...(drawn.length === 0 ? [] : ["", ...drawn]),
  ];
}

/** Runs side by side. */
export function comparisonText({ runs, metrics, parameters, curves, importances }: RunComparison): string {
  const ids = runs.map(({ id }) => id);
  const part = (title: string, head: readonly string[], rows: readonly (readonly string[])[]) =>
    rows.length === 0 ? [] : ["", columns([[title, ...head], ...rows])];
  const drawn = curves.flatMap(({ name, lines }) => [
    "",
    name,
    ...lines.map(
      (values, i) => `  ${ids[i]}  ${sparkline(values)}  ${values.at(-1)?.toPrecision(4) ?? "none"}`,
    ),
  ]);
  const important = importances.filter(({ values }) => values.some((value) => (value ?? 0) >= 0.01));
  return [
    columns([
      ["run", "model", "status", "version"],
      ...runs.map(({ id, model, status, result }) => [id, model, status, String(result?.version ?? "")]),
    ]),
    ...part(
      "metric",
      ids,
      metrics.map(({ name, values }) => [
        name,
        ...values.map((found) => (found === null ? "" : figure(found.value))),
      ]),
    ),
    ...part(
      "differs",
      ids,
      parameters.map(({ name, values }) => [name, ...values.map(shortly)]),
    ),
    ...drawn,
    ...part(
      "feature",
      ids,
      important.map(({ name, values }) => [
        name,
        ...values.map((share) => (share === null ? "" : share.toFixed(3))),
      ]),
    ),
  ].join("\n");
}
