import { evaluationLine, testMetrics, type RunComparison, type RunView } from "../../lifecycle/index.js";
import { columns, counted } from "../terminal.js";

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
  const { id, model, status, startedAtMs, seconds, failure, worker, result, parameters } = run;
  const took = seconds === null ? "" : `  ${seconds.toFixed(1)} s`;
  return [
    `${id}  ${model}  ${status}  ${new Date(startedAtMs).toISOString()}${took}`,
    ...(worker === null ? [] : ["", workerText(worker, status)]),
    ...(failure === null ? [] : ["", ...failureLines(failure)]),
    ...(result === null ? [] : resultLines(result)),
    ...part("given", parameterLines(parameters)),
  ].join("\n");
}

function workerText({ host, pid }: NonNullable<RunView["worker"]>, status: RunView["status"]): string {
  const process = `process ${pid} on ${host}`;
  return status === "interrupted"
    ? `${process} is gone: millwright train goes on behind the last finished step`
    : `${process} works on it`;
}

function failureLines({ step, code, message, remedy }: NonNullable<RunView["failure"]>): string[] {
  return [
    ...(step === null ? [] : [`ended in the step: ${step}`]),
    code === null ? message : `${code} ${message}`,
    ...(remedy === null ? [] : [`do: ${remedy}`]),
  ];
}

/** Lines under a heading; nothing without lines. */
const part = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ["", `${title}:`, ...lines.map((line) => `  ${line}`)];

type Result = Exclude<RunView["result"], null>;

function resultLines(result: Result): string[] {
  const { report, version, promoted, warnings, gates, timings } = result;
  return [
    "",
    `version ${version}${promoted ? ", promoted" : `, not promoted: ${result.reasons.join("; ")}`}`,
    ...part("data", dataLines(result)),
    ...part("fit", fitLines(result)),
    "",
    metricsText(report.candidate),
    evaluationLine(report.candidate),
    ...part(
      "warnings",
      warnings.map((warning) => `! ${warning}`),
    ),
    ...part(
      "gates",
      gates.map(({ name, passed, detail }) => `${passed ? "✓" : "✗"} ${name}: ${detail}`),
    ),
    ...part("curves", curveLines(result)),
    ...part(
      "steps",
      timings.map(
        ({ step, seconds, reused }) => `${step}: ${reused ? "remembered" : `${seconds.toFixed(1)} s`}`,
      ),
    ),
  ];
}

/** What was measured; what this model or these rows do not have, such as quantiles, is not worth a line. */
export function metricsText(candidate: Result["report"]["candidate"]): string {
  const rows = testMetrics(candidate).flatMap(([name, { value, interval }]) =>
    value === null ? [] : [[name, ...[value, interval.low, interval.high].map(figure)]],
  );
  return columns([["metric", "value", "low", "high"], ...rows]);
}

function dataLines({ trainRows, testRows, trainRange, testRange, datasets, trainingSet }: Result): string[] {
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);
  const rows = (count: number, [from, to]: Result["trainRange"]) =>
    `${counted(count, "row")}${from === 0 && to === 0 ? "" : `, ${day(from)} to ${day(to)}`}`;
  return [
    `training: ${rows(trainRows, trainRange)}`,
    `test: ${rows(testRows, testRange)}`,
    ...Object.entries(datasets).map(([source, version]) => `${source}: dataset version ${version}`),
    `training set ${trainingSet}`,
  ];
}

function fitLines({ trainer, choice, calibration, conformal }: Result): string[] {
  // Runs of earlier versions do not have it.
  const sure = conformal ?? null;
  return [
    `trainer ${trainer.name}`,
    ...(choice === null
      ? []
      : [`chosen by ${choice.metric} on ${counted(choice.heldRows, "held-back row")}`]),
    ...(calibration === null ? [] : [`calibrated by ${calibration.kind}`]),
    ...(sure === null
      ? []
      : [
          `${sure.kind} with a coverage of ${sure.coverage}, from ${sure.scores} of ${counted(sure.rows, "held-back row")}`,
        ]),
  ];
}

function curveLines({ curves }: Result): string[] {
  return curves.map(
    ({ name, values }) =>
      `${name}  ${sparkline(values)}  ${values[0].toPrecision(4)} → ${(values.at(-1) ?? NaN).toPrecision(4)}, ${values.length} rounds`,
  );
}

/** What the definition says of the trainer stands in full; expressions are shortened, for they may be long. */
function parameterLines(parameters: RunView["parameters"]): string[] {
  const rows = Object.entries(parameters).map(([name, value]) => [name, plainly(value)]);
  return rows.length === 0
    ? []
    : columns([["", ""], ...rows])
        .split("\n")
        .slice(1);
}

const longestValue = 80;

/** A value without the quotation marks of JSON, cut where it would fill the screen. */
function plainly(value: RunView["parameters"][string]): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
  return text.length <= longestValue ? text : `${text.slice(0, longestValue - 1)}…`;
}

/** Runs side by side. */
export function comparisonText({ runs, metrics, parameters, curves, importances }: RunComparison): string {
  const ids = runs.map(({ id }) => id);
  const table = (title: string, head: readonly string[], rows: readonly (readonly string[])[]) =>
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
    ...table(
      "metric",
      ids,
      metrics.map(({ name, values }) => [
        name,
        ...values.map((found) => (found === null ? "" : figure(found.value))),
      ]),
    ),
    ...table(
      "differs",
      ids,
      parameters.map(({ name, values }) => [name, ...values.map(shortly)]),
    ),
    ...drawn,
    ...table(
      "feature",
      ids,
      important.map(({ name, values }) => [
        name,
        ...values.map((share) => (share === null ? "" : share.toFixed(3))),
      ]),
    ),
  ].join("\n");
}
