import type { LoadTestResult } from "../../lifecycle/index.js";
import { columns, seconds } from "../terminal.js";

type Step = LoadTestResult["steps"][number];

const number = (value: number) =>
  (value < 10 ? Number(value.toPrecision(2)) : Math.round(value)).toLocaleString("en");
const ms = (value: number | null) => (value === null ? "–" : `${value.toFixed(value < 100 ? 1 : 0)} ms`);
const percent = (share: number) => `${Number((share * 100).toPrecision(4))} %`;

/** A load test for people: the steps as a table, then what follows from them. */
export function loadText(result: LoadTestResult): string {
  const { model, url, peakPerSecond, arrivals, objective, verdict, interrupted } = result;
  const promise = `p95 within ${objective.p95Ms} ms, ${percent(objective.availability)} answered well`;
  const head = `Load test of ${model} at ${url}: ${number(peakPerSecond)} requests a second are 100 %, ${arrivals} arrivals`;
  return [
    head,
    `Objective: ${promise}; latencies count from when a request was meant to be sent.`,
    ...(interrupted ? ["The test was broken off; this is what was measured until then."] : []),
    "",
    columns([heads, ...result.steps.map((step) => row(percent(step.share), step)), ...recoveryRow(result)]),
    "",
    `At the declared peak: ${verdict.state}. ${sentence(verdict.reason)}`,
    sustainedText(result),
    ...recoveryText(result),
    ...overloadText(result),
    ...outcomesText(result),
    ...result.warnings.map((warning) => `Warning: ${warning}`),
    "The predictions were real ones and are in the server's log.",
  ].join("\n");
}

const heads = [
  "load",
  "offered/s",
  "sent/s",
  "good/s",
  "refused",
  "failed",
  "p50",
  "p95",
  "p99",
  "objective",
];

function row(name: string, step: Step): string[] {
  const { latency, refused, failed } = step;
  const { offeredPerSecond, sentPerSecond, goodPerSecond } = step;
  return [
    ...[name, number(offeredPerSecond), number(sentPerSecond), number(goodPerSecond)],
    ...[number(refused), number(failed), ms(latency.p50Ms), ms(latency.p95Ms), ms(latency.p99Ms)],
    step.verdict.state,
  ];
}

const recoveryRow = ({ recovery }: LoadTestResult): string[][] =>
  recovery === undefined ? [] : [row(`then ${percent(recovery.step.share)}`, recovery.step)];

const sentence = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;

function sustainedText({ sustained }: LoadTestResult): string {
  if (sustained === null) return "Sustained: no step met the objective.";
  return `Sustained: ${number(sustained.perSecond)} requests a second (${percent(sustained.share)}).`;
}

function recoveryText({ recovery }: LoadTestResult): string[] {
  if (recovery === undefined) return [];
  const after = recovery.afterMs === null ? "" : ` after ${seconds(recovery.afterMs)}`;
  return [`After the overload: ${recovery.state}${after}; ${recovery.reason}.`];
}

/** Refusals are no failures of those that were let in. */
function overloadText({ steps }: LoadTestResult): string[] {
  return steps
    .filter(({ refused }) => refused > 0)
    .map(
      ({ share, refused, requests, acceptedVerdict }) =>
        `At ${percent(share)} ${percent(refused / requests)} were refused early; for the rest the objective was ` +
        `${acceptedVerdict.state}: ${acceptedVerdict.reason}.`,
    );
}

function outcomesText({ steps }: LoadTestResult): string[] {
  const counts = new Map<string, number>();
  for (const { label, kind, count } of steps.flatMap(({ outcomes }) => outcomes)) {
    if (kind !== "good") counts.set(label, (counts.get(label) ?? 0) + count);
  }
  if (counts.size === 0) return [];
  const parts = [...counts].map(([label, count]) => `${count.toLocaleString("en")} × ${label}`);
  return [`Not answered well: ${parts.join(", ")}.`];
}
