import { readDataset } from "../../data/index.js";
import { eventTable, orderByTime, type EventTable } from "../../features/index.js";
import {
  evaluateNumbers,
  throwIfCancelled,
  valueAt,
  type Clock,
  type Schema,
  type Table,
} from "../../kernel/index.js";
import type { ModelDefinition } from "../../training/index.js";
import { lifecycleErrors } from "../errors.js";
import { latestOf, record } from "../live/live-predictions.js";
import { findTimedBinaryModel, type Project, type TimedBinaryModel } from "../project.js";

/** A running server, as a replay talks to it. */
export interface ReplayTarget {
  predict(model: string, request: Readonly<Record<string, unknown>>): Promise<{ readonly id: string }>;
  ingest(source: string, events: readonly object[]): Promise<{ readonly accepted: number }>;
  feedback(
    items: readonly { readonly id: string; readonly label: boolean }[],
  ): Promise<{ readonly accepted: number }>;
}

export interface ReplayRequest {
  readonly model: string;
  /** Predictions from `[fromMs, toMs)` are asked for. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly target: ReplayTarget;
  /** Where the result is kept for the report. Default `"default"`. */
  readonly live?: string;
}

/** How a replay went. Plain JSON. */
export interface ReplayResult {
  readonly model: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly predictions: number;
  readonly events: number;
  readonly labels: number;
  readonly seconds: number;
  readonly predictionsPerSecond: number;
  /** As the client saw it, over the network. */
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  /** `edgesMs` has one element more than `counts`. */
  readonly latencyHistogram: { readonly edgesMs: readonly number[]; readonly counts: readonly number[] };
}

/**
 * Replays a range of the dataset as live traffic in time order. At each moment first everything that became
 * known before it has been sent: the event of every row that became available, and the label of every
 * prediction whose outcome did. Then all predictions of the moment are asked for at once. Behind the range,
 * events and labels go on until the last outcome is known. Throws MW1111 when the range has no rows.
 */
export async function replay(
  project: Project,
  request: ReplayRequest,
  signal?: AbortSignal,
): Promise<ReplayResult> {
  const model = findTimedBinaryModel(project, request.model);
  const script = await readScript(project, model, request);
  const task = project.progress.start("replay live traffic", script.asked.length);
  const run = createRun({ model, script, target: request.target, clock: project.clock });
  // What became known between the beginning of the range and its first question comes before that question.
  await run.outcomesUntil(script.times[script.asked[0]]);
  const startedMs = project.clock.monotonicMs();
  let next = 0;
  while (next < script.asked.length) {
    const moment = script.times[script.asked[next]];
    let end = next + 1;
    while (end < script.asked.length && script.times[script.asked[end]] === moment) end++;
    const until = end < script.asked.length ? script.times[script.asked[end]] : moment + 1;
    await run.moment(script.asked.subarray(next, end), until);
    next = end;
    task.update(next);
    throwIfCancelled(signal);
  }
  const seconds = (project.clock.monotonicMs() - startedMs) / 1000;
  await run.outcomesUntil(Infinity);
  task.finish(`${next.toLocaleString("en")} predictions`);
  const result = { ...summarise(request, run), seconds, predictionsPerSecond: next / seconds };
  await record(project, request.live ?? "default", { name: "replays", value: result });
  return result;
}

/** What happens in a replay, in order. */
interface Script {
  readonly table: Table;
  readonly times: Float64Array;
  readonly events: EventTable;
  /** 0, 1 or NaN for each row. */
  readonly labels: Float64Array;
  /** Rows to predict, by time. */
  readonly asked: Uint32Array;
  /** Rows whose outcome becomes known from the beginning of the range on, by availability. */
  readonly known: Uint32Array;
}

async function readScript(
  project: Project,
  model: TimedBinaryModel,
  { fromMs, toMs }: ReplayRequest,
): Promise<Script> {
  const { source, time } = model.spine;
  const version = await project.datasets.latest(source.name);
  if (version === undefined) throw noRows(fromMs, toMs);
  const table = await readDataset(version, project);
  const column = table.columns[time];
  if (column.kind !== "number") throw new TypeError("a spine's time is a number column");
  const times = column.values;
  const events = eventTable(source, table);
  const asked = orderByTime(times.map((at) => (at >= fromMs && at < toMs ? at : NaN)));
  if (asked.length === 0) throw noRows(fromMs, toMs);
  const known = orderByTime(
    events.availableMs.map((at, row) => (at >= fromMs && times[row] < toMs ? at : NaN)),
  );
  return { table, times, events, labels: evaluateNumbers(model.task.label, table), asked, known };
}

function noRows(fromMs: number, toMs: number) {
  return lifecycleErrors.error("MW1111", {
    expected: "rows of the dataset in the range",
    found: `none from ${new Date(fromMs).toISOString()} to ${new Date(toMs).toISOString()}`,
    remedy: "Choose a range within the dataset, and snapshot it first.",
  });
}

/** Most items that are sent in one request. */
const batchItems = 500;

interface Run {
  /** Asks for the predictions of one moment and tells what becomes known until the next one. */
  moment(rows: Uint32Array, untilMs: number): Promise<void>;
  /** Sends the events and labels that become known before a time. */
  outcomesUntil(untilMs: number): Promise<void>;
  readonly latenciesMs: Float64Array;
  readonly sent: { readonly events: number; readonly labels: number };
}

function createRun({
  model,
  script,
  target,
  clock,
}: {
  model: ModelDefinition;
  script: Script;
  target: ReplayTarget;
  clock: Clock;
}): Run {
  const { source } = model.spine;
  const requestFields = fieldsOf(model.features.request, script.table);
  const eventFields = fieldsOf(source.schema, script.table);
  const latenciesMs = new Float64Array(script.asked.length);
  /** By row, from the moment the question is asked: a label may become known before the next question is due. */
  const ids = new Map<number, Promise<string>>();
  const sent = { events: 0, labels: 0 };
  let answered = 0;
  let nextKnown = 0;

  async function ask(row: number): Promise<string> {
    const request = recordOf(requestFields, row);
    const startedMs = clock.monotonicMs();
    const { id } = await target.predict(model.name, request);
    latenciesMs[answered++] = clock.monotonicMs() - startedMs;
    return id;
  }

  async function outcomesOf(batch: readonly number[]): Promise<{ id: string; label: boolean }[]> {
    const outcomes: { id: string; label: boolean }[] = [];
    for (const row of batch) {
      const id = await ids.get(row);
      ids.delete(row);
      if (id === undefined || Number.isNaN(script.labels[row])) continue;
      outcomes.push({ id, label: script.labels[row] === 1 });
    }
    return outcomes;
  }

  async function outcomesUntil(untilMs: number): Promise<void> {
    const { known, events } = script;
    while (nextKnown < known.length && events.availableMs[known[nextKnown]] < untilMs) {
      const batch: number[] = [];
      while (
        batch.length < batchItems &&
        nextKnown < known.length &&
        events.availableMs[known[nextKnown]] < untilMs
      ) {
        batch.push(known[nextKnown++]);
      }
      const outcomes = await outcomesOf(batch);
      const [ingested, recorded] = await Promise.all([
        target.ingest(
          source.name,
          batch.map((row) => recordOf(eventFields, row)),
        ),
        outcomes.length === 0 ? { accepted: 0 } : target.feedback(outcomes),
      ]);
      sent.events += ingested.accepted;
      sent.labels += recorded.accepted;
    }
  }

  return {
    latenciesMs,
    sent,
    outcomesUntil,
    // What becomes known from this moment on may travel beside its predictions: the server holds an event
    // back until a later question passes the time at which it was available.
    moment: async (rows, untilMs) => {
      for (const row of rows) ids.set(row, ask(row));
      await Promise.all([...Array.from(rows, (row) => ids.get(row)), outcomesUntil(untilMs)]);
    },
  };
}

type Field = readonly [name: string, read: (row: number) => unknown];

function fieldsOf(schema: Schema, table: Table): Field[] {
  return Object.entries(schema).map(([name, { kind }]): Field => {
    const column = table.columns[name];
    if (kind === "bool") return [name, (row) => booleanOf(valueAt(column, row))];
    return [name, (row) => valueAt(column, row)];
  });
}

function booleanOf(value: unknown): boolean | null {
  return value === null ? null : value === 1;
}

function recordOf(fields: readonly Field[], row: number): Record<string, unknown> {
  const record: Record<string, unknown> = {};
  for (const [name, read] of fields) record[name] = read(row);
  return record;
}

const histogramSteps = 40;

function summarise(
  { model, fromMs, toMs }: ReplayRequest,
  { latenciesMs, sent }: Run,
): Omit<ReplayResult, "seconds" | "predictionsPerSecond"> {
  const sorted = latenciesMs.toSorted();
  const quantile = (q: number) => sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)];
  const low = Math.log10(Math.max(sorted[0], 0.01));
  const step = (Math.log10(sorted[sorted.length - 1] * 1.0001) - low) / histogramSteps;
  const edgesMs = Array.from({ length: histogramSteps + 1 }, (_, i) => 10 ** (low + i * step));
  const counts = new Array<number>(histogramSteps).fill(0);
  for (const value of sorted) {
    const bin = step > 0 ? Math.floor((Math.log10(Math.max(value, 0.01)) - low) / step) : 0;
    counts[Math.max(0, Math.min(histogramSteps - 1, bin))]++;
  }
  return {
    model,
    fromMs,
    toMs,
    predictions: sorted.length,
    ...sent,
    p50Ms: quantile(0.5),
    p95Ms: quantile(0.95),
    p99Ms: quantile(0.99),
    latencyHistogram: { edgesMs, counts },
  };
}

/** The latest replay against a live state; undefined when there was none. */
export async function latestReplay(
  project: Project,
  model: string,
  live: string,
): Promise<ReplayResult | undefined> {
  return latestOf<ReplayResult>(await project.readLog(live, "replays"), (result) => result.model === model);
}
