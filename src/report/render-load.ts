import type { LoadTestResult } from "../lifecycle/index.js";
import { loadCharts } from "./load-charts.js";
import { count, decimals, milliseconds, minute, percent, plain, seconds } from "./format.js";
import { markup, type Markup } from "./markup.js";
import { asJson, renderPage } from "./page.js";
import { figure, nothing, type Section } from "./section.js";
import { table, type TableColumn } from "./table.js";

type Step = LoadTestResult["steps"][number];

/** A load test as one self-contained HTML document. Equal data give equal text. */
export function renderLoad(given: LoadTestResult): string {
  const data = asJson(given);
  return renderPage({
    title: `${data.model}: load test`,
    header: header(data),
    sections: [latency(data), throughput(data), ...stepSections(data), recovery(data), setting(data)],
  });
}

const glyphs = { met: "✓", missed: "▲", insufficient: "·" } as const;
const looks = { met: "ok", missed: "drift", insufficient: "insufficient" } as const;

const badge = (state: Step["verdict"]["state"]): Markup =>
  markup`<span class="badge ${looks[state]}">${glyphs[state]} ${state}</span>`;

const shareText = (share: number): string => `${plain(share * 100)} %`;
const rate = (value: number): string => (value < 10 ? decimals(value, 1) : count(value));
const firstUpper = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;

function header(data: LoadTestResult): Markup {
  const { objective, verdict, sustained, peakPerSecond, interrupted, warnings } = data;
  const held =
    sustained === null
      ? "No step met the objective."
      : `The highest rate that was sustained is ${rate(sustained.perSecond)} a second, ${shareText(sustained.share)} of the peak.`;
  return markup`<header class="masthead">
    <p class="overline">load test · ${minute(data.startedAtMs)}</p>
    <h1>${data.model}</h1>
    <p class="finding">At the declared peak of ${rate(peakPerSecond)} requests a second the objective of ${milliseconds(objective.p95Ms)} at p95
      and ${plain(objective.availability * 100)} % good answers was ${badge(verdict.state)}. ${held}</p>
    <p>${firstUpper(verdict.reason)}</p>
    ${interrupted ? markup`<p class="absent">The test was broken off; this is what was measured until then.</p>` : undefined}
    ${warnings.map((warning) => markup`<p class="absent">Warning: ${warning}</p>`)}</header>`;
}

const stepColumns: readonly TableColumn<Step>[] = [
  {
    heading: "Load",
    cell: ({ kind, share }) => `${kind === "recovery" ? "then " : ""}${shareText(share)}`,
  },
  { heading: "Offered / s", cell: (step) => rate(step.offeredPerSecond), kind: "number" },
  { heading: "Sent / s", cell: (step) => rate(step.sentPerSecond), kind: "number" },
  { heading: "Good / s", cell: (step) => rate(step.goodPerSecond), kind: "number" },
  { heading: "Refused", cell: (step) => count(step.refused), kind: "number" },
  { heading: "Failed", cell: (step) => count(step.failed), kind: "number" },
  { heading: "p50", cell: ({ latency: { p50Ms } }) => milliseconds(p50Ms), kind: "number" },
  { heading: "p90", cell: ({ latency: { p90Ms } }) => milliseconds(p90Ms), kind: "number" },
  { heading: "p95 (95 % interval)", cell: p95Text, kind: "number" },
  { heading: "p99", cell: ({ latency: { p99Ms } }) => milliseconds(p99Ms), kind: "number" },
  { heading: "Longest", cell: ({ latency: { maxMs } }) => milliseconds(maxMs), kind: "number" },
  { heading: "All", cell: ({ verdict }) => badge(verdict.state) },
  { heading: "Accepted", cell: ({ acceptedVerdict }) => badge(acceptedVerdict.state) },
];

function p95Text({ latency: { p95Ms, p95LowMs, p95HighMs } }: Step): string {
  return `${milliseconds(p95Ms)} (${milliseconds(p95LowMs)} – ${milliseconds(p95HighMs)})`;
}

const stagesOf = ({ steps, recovery: last }: LoadTestResult): readonly Step[] =>
  last === undefined ? steps : [...steps, last.step];

function latency(data: LoadTestResult): Section {
  const peak = data.steps.find(({ share }) => share === 1);
  const { p95Ms = null } = peak?.latency ?? {};
  return {
    id: "latency",
    title: "Latency by load",
    finding:
      p95Ms === null
        ? `No 95th percentile was found at the peak; the objective is ${milliseconds(data.objective.p95Ms)}.`
        : `95 of 100 answers at the peak took at most ${milliseconds(p95Ms)}; the objective is ${milliseconds(data.objective.p95Ms)}.`,
    body: [loadCharts.percentiles(data), table(stagesOf(data), stepColumns, { caption: "The steps" })],
    convention:
      "From the moment at which a request was meant to be sent to the last byte of its answer, so that waiting behind a " +
      "slow answer counts. Refused requests are left out, failed ones count as endless: a dash is a percentile among them. " +
      "Intervals by order statistics, 95 %, each by itself.",
  };
}

function throughput(data: LoadTestResult): Section {
  const last = data.steps.at(-1);
  return {
    id: "throughput",
    title: "Offered and achieved",
    finding:
      last === undefined
        ? "Nothing was sent."
        : `At ${shareText(last.share)} of the peak ${rate(last.offeredPerSecond)} a second were offered and ${rate(last.goodPerSecond)} answered well.`,
    body: [loadCharts.rates(data), outcomes(data), generator(data)],
    convention:
      "Offered: meant to be sent in the step. Good: answers that came within the step, whenever they were asked for. " +
      "Refused: 429 or 503 with Retry-After.",
  };
}

function outcomes(data: LoadTestResult): Markup {
  const rows = stagesOf(data).flatMap((step) => step.outcomes.map((outcome) => ({ step, ...outcome })));
  const columns: TableColumn<(typeof rows)[number]>[] = [
    { heading: "Load", cell: ({ step }) => shareText(step.share) },
    { heading: "Answer", cell: ({ label }) => label },
    { heading: "Counts as", cell: ({ kind }) => kind },
    { heading: "Requests", cell: (row) => count(row.count), kind: "number" },
    { heading: "Share", cell: (row) => percent(row.count / row.step.requests), kind: "number" },
  ];
  return rows.length === 0
    ? nothing("Nothing was answered.")
    : table(rows, columns, { caption: "How requests ended" });
}

function generator(data: LoadTestResult): Markup {
  const columns: TableColumn<Step>[] = [
    { heading: "Load", cell: ({ share }) => shareText(share) },
    { heading: "Late, p99", cell: (step) => milliseconds(step.generator.lateP99Ms), kind: "number" },
    { heading: "Late, most", cell: (step) => milliseconds(step.generator.lateMaxMs), kind: "number" },
    {
      heading: "Waited for a connection",
      cell: (step) => count(step.generator.waitedForConnection),
      kind: "number",
    },
    { heading: "Thread at work", cell: (step) => percent(step.generator.utilization), kind: "number" },
    {
      heading: "Event loop held up, p99",
      cell: (step) => milliseconds(step.generator.loopDelayP99Ms),
      kind: "number",
    },
  ];
  return table(stagesOf(data), columns, { caption: "The generator itself" });
}

function stepSections(data: LoadTestResult): Section[] {
  return data.steps.map((step) => ({
    id: `step-${plain(step.share * 100).replace(/[^0-9]/g, "-")}`,
    title: `At ${shareText(step.share)}`,
    finding: `${step.verdict.state === "met" ? "All that was asked was within the objective" : firstUpper(step.verdict.reason).slice(0, -1)}.`,
    body: stepBody(data, step),
    ...(step.refused === 0
      ? {}
      : {
          convention: `For the ${count(step.requests - step.refused)} that were not refused: ${step.acceptedVerdict.state}, ${step.acceptedVerdict.reason}.`,
        }),
  }));
}

function stepBody(data: LoadTestResult, step: Step): Markup {
  if (step.good === 0) return nothing("There was no good answer.");
  return markup`<div class="pair">${figure("Latency over the step", loadCharts.overTime(data, step))}
    ${figure("Good answers by latency, logarithmic", loadCharts.distribution(data, step))}</div>`;
}

function recovery(data: LoadTestResult): Section {
  const frame = { id: "recovery", title: "After the overload" };
  if (data.recovery === undefined) {
    return { ...frame, finding: "Not measured.", body: nothing("The test was broken off before.") };
  }
  const { step, state, afterMs, reason } = data.recovery;
  const after = afterMs === null ? "" : `, ${seconds(afterMs / 1000)} after it`;
  return {
    ...frame,
    finding: `${firstUpper(`${state}${after}`)} ${firstUpper(reason)}`,
    body: stepBody(data, step),
    convention:
      "At half the peak, directly after the last step. Back is the first request from which on 19 of 20 are within the objective.",
  };
}

function setting(data: LoadTestResult): Section {
  const rows = [
    ["Server", data.url],
    ["Requests", data.requestsFrom],
    ["Arrivals", `${data.arrivals}, seed ${data.seed}`],
    ["Declared peak", `${rate(data.peakPerSecond)} requests a second`],
    ["Time limit of a request", milliseconds(data.timeoutMs)],
    ["Connections at most", count(data.connections)],
  ] as const;
  return {
    id: "setting",
    title: "Setting",
    finding: "What was asked, of whom, and how. The predictions were real ones and are in the server's log.",
    body: table(
      rows,
      [
        { heading: "What", cell: ([name]) => name },
        { heading: "Value", cell: ([, value]) => value },
      ],
      { caption: "Setting of the test", narrow: true },
    ),
  };
}
