import { sentence } from "../kernel/index.js";
import type { RunComparison, RunView } from "../lifecycle/index.js";
import { xAxis, yAxis } from "./charts/axis.js";
import { line, type Tone } from "./charts/line.js";
import { drawing, plotArea, responsive } from "./charts/plot.js";
import { linearScale, niceScale } from "./charts/scale.js";
import { spread } from "./charts/spread.js";
import { clip, count, decimals, general, minute, seconds } from "./format.js";
import { markup, type Markup } from "./markup.js";
import { asJson, renderPage } from "./page.js";
import { figure, nothing, type Section } from "./section.js";
import { table, type TableColumn } from "./table.js";

/** Training runs side by side as one self-contained HTML document. Equal data give equal text. */
export function renderRuns(given: RunComparison): string {
  const data = asJson(given);
  const models = [...new Set(data.runs.map(({ model }) => model))].join(", ");
  return renderPage({
    title: `${models}: ${data.runs.length} training runs`,
    header: header(data, models),
    sections: [metrics(data), curves(data), parameters(data), importances(data), errors(data)].filter(
      (section) => section !== undefined,
    ),
  });
}

function header({ runs }: RunComparison, models: string): Markup {
  const columns: TableColumn<RunView>[] = [
    { heading: "Run", cell: ({ id }) => markup`<code>${id}</code>` },
    { heading: "Model", cell: ({ model }) => model },
    { heading: "Status", cell: ({ status }) => status },
    {
      heading: "Version",
      cell: ({ result }) => (result === null ? "" : String(result.version)),
      kind: "number",
    },
    { heading: "Champion", cell: ({ result }) => (result === null ? "" : result.promoted ? "yes" : "no") },
    {
      heading: "Training rows",
      cell: ({ result }) => (result === null ? "" : count(result.trainRows)),
      kind: "number",
    },
    { heading: "Started", cell: ({ startedAtMs }) => minute(startedAtMs) },
    { heading: "Took", cell: (run) => (run.seconds === null ? "" : seconds(run.seconds)), kind: "number" },
  ];
  return markup`<header class="masthead">
    <p class="overline">training runs</p>
    <h1>${models}</h1>
    ${table(runs, columns, { caption: "The runs" })}</header>`;
}

/** A table with one row per name and one column per run. */
function bySide<Value>(
  { runs }: RunComparison,
  rows: readonly { readonly name: string; readonly values: readonly (Value | null)[] }[],
  { caption, cell }: { readonly caption: string; readonly cell: (value: Value) => string },
): Markup {
  const columns: TableColumn<(typeof rows)[number]>[] = [
    { heading: "Name", cell: ({ name }) => name },
    ...runs.map(({ id }, i) => ({
      heading: id,
      cell: ({ values }: (typeof rows)[number]) => {
        const value = values[i];
        return value === null ? "" : cell(value);
      },
    })),
  ];
  return table(rows, columns, { caption });
}

function metrics(data: RunComparison): Section {
  const cell = ({ value, low, high }: RunComparison["metrics"][number]["values"][number] & object) =>
    `${decimals(value, 4)} (${decimals(low, 4)} – ${decimals(high, 4)})`;
  return {
    id: "metrics",
    title: "Metrics",
    finding: `On the test rows of each run, with 95 % intervals.`,
    body:
      data.metrics.length === 0
        ? nothing("No run was finished.")
        : bySide(data, data.metrics, { caption: "Metrics on the test rows", cell }),
  };
}

const tones: readonly Tone[] = ["one", "two", "three"];

function curves({ runs, curves: all }: RunComparison): Section {
  const charts = all.map((curve) =>
    figure(
      curve.name,
      responsive("half", (width) => drawCurve(runs, curve, width)),
    ),
  );
  return {
    id: "curves",
    title: "Curves",
    finding: "What the trainers told of every round.",
    body:
      charts.length === 0
        ? nothing("No trainer told anything of its rounds.")
        : markup`<div class="pair">${charts}</div>`,
  };
}

function drawCurve(
  runs: readonly RunView[],
  { name, lines }: RunComparison["curves"][number],
  width: number,
): Markup {
  const plot = plotArea(width, Math.round(width * 0.6), [34, 92, 42, 54]);
  const values = lines.flat().filter(Number.isFinite);
  const rounds = Math.max(2, ...lines.map((each) => each.length));
  const x = linearScale([1, rounds], [plot.left, plot.right]);
  const y = niceScale([Math.min(...values), Math.max(...values)], [plot.bottom, plot.top]);
  const drawn = lines.flatMap((each, i) =>
    each.length === 0 ? [] : [{ id: runs[i].id, tone: tones[i % tones.length], values: each }],
  );
  const ends = spread(
    drawn.map((each) => y.at(each.values[each.values.length - 1])),
    17,
    [plot.top, plot.bottom],
  );
  const description = drawn
    .map((each) => `${each.id} ends at ${general(each.values[each.values.length - 1])}`)
    .join("; ");
  return drawing(plot, { title: name, description }, [
    xAxis(plot, x, { label: "round", grid: false }),
    yAxis(plot, y, { label: name }),
    drawn.map((each) =>
      line(
        each.values.map((value, round) => [x.at(round + 1), y.at(value)] as const),
        each.tone,
      ),
    ),
    drawn.map(
      (each, i) =>
        markup`<text class="series ${each.tone}" x="${plot.right + 8}" y="${ends[i] + 4}">${clip(each.id, 14)}</text>`,
    ),
  ]);
}

/** Longer values are cut in the middle, so that the runs stay side by side. */
const longestValue = 44;

function parameters(data: RunComparison): Section {
  const cell = (value: RunComparison["parameters"][number]["values"][number]) =>
    clip(JSON.stringify(value) ?? "", longestValue);
  return {
    id: "parameters",
    title: "Differences",
    finding: "Everything that the runs were a function of and that was not the same.",
    body:
      data.parameters.length === 0
        ? nothing("The runs were given the same.")
        : bySide(data, data.parameters, { caption: "Parameters that differ", cell }),
  };
}

/** Features that no run gives a hundredth are left out. */
const leastShare = 0.01;

function importances(data: RunComparison): Section {
  const rows = data.importances.filter(({ values }) => values.some((value) => (value ?? 0) >= leastShare));
  return {
    id: "importances",
    title: "Features",
    finding: "The share of the loss that each feature's splits took away, or of the weights.",
    body:
      rows.length === 0
        ? nothing("No trainer told how important its features are.")
        : bySide(data, rows, { caption: "Importances", cell: (value) => decimals(value, 3) }),
  };
}

function errors({ runs }: RunComparison): Section | undefined {
  const failed = runs.flatMap(({ id, failure }) => (failure === null ? [] : [{ id, ...failure }]));
  if (failed.length === 0) return undefined;
  return {
    id: "errors",
    title: "Errors",
    finding: `${failed.length} of ${runs.length} runs did not finish.`,
    body: failed.map(
      ({ id, step, code, message, remedy }) =>
        markup`<p><code>${id}</code> ${step === null ? "" : `${step}: `}${code ?? ""} ${sentence(message)} ${remedy ?? ""}</p>`,
    ),
  };
}
