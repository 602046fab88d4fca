import type { LoggedEvent, Seen } from "../../features/index.js";
import type { Value } from "../../kernel/index.js";
import type { Fallback } from "./model-answers.js";

/** A prediction as it stands in the log: everything that is needed to compute it again. */
export interface PredictionRecord {
  readonly id: string;
  readonly model: string;
  readonly version: number;
  /** When it was asked for, epoch milliseconds: the request's own time. */
  readonly atMs: number;
  /** The time that its windows refer to. */
  readonly asOfMs: number;
  /** Last sequence number of each source's event log of this live state that could count. */
  readonly events: Readonly<Record<string, number>>;
  /** What each lookup saw of each log, where live states share a store; else all saw `events` before `asOfMs`. */
  readonly seen?: Exclude<Seen["lookups"], undefined>;
  /** The request's fields, in the order of the model's request schema. */
  readonly request: readonly Value[];
  readonly numbers: Float32Array;
  readonly texts: readonly string[];
  /** What the graph, or what stood in for it, gave for the row. */
  readonly outputs: readonly number[];
  /** Time from the request's arrival to the model's answer. */
  readonly latencyMs: number;
  /** What answered instead of the model, and why; such an answer says nothing of the model. */
  readonly fallback?: Fallback;
}

export interface LabelRecord {
  readonly id: string;
  readonly label: 0 | 1;
  /** When the label arrived, by the server's clock. */
  readonly atMs: number;
}

/**
 * Where the system clock rules, how far behind it the clock of the state may stay when events come in and nobody
 * asks: long enough for a question on its way, and short enough that only its events wait in memory.
 */
export const clockLagMs = 1000;

/** Counts up with every change of what a record of an event log means. */
export const eventLogFormat = 2;

/** Begins every event log: which history the live state stands on. */
export interface LiveStart {
  readonly format: typeof eventLogFormat;
  readonly dataset: string;
  /** Rows of the dataset count if they were available before this time. */
  readonly beforeMs: number;
  /** Begun at a moment of the past: time is what events and requests say, and no event has a time of receipt. */
  readonly asOf: boolean;
}

/** The last record of a log that counts; it moves on. */
export interface LogPosition {
  /** 0: none. */
  sequence: number;
  record: string;
}

type EventLine = [receivedMs: number | null, values: Value[]];

export const writeEvent = (...event: EventLine): string => JSON.stringify(event);

export function readEvent(line: string, sequence: number): LoggedEvent {
  const [receivedMs, values] = JSON.parse(line) as EventLine;
  return { sequence, receivedMs, values };
}

/** Numbers are kept by their bits, so that a recomputed feature can be compared exactly. */
export function writePrediction(record: PredictionRecord): string {
  const { numbers } = record;
  const bits = Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength).toString("base64");
  return JSON.stringify([
    record.id,
    record.model,
    record.version,
    record.atMs,
    record.asOfMs,
    record.events,
    record.request,
    bits,
    record.texts,
    record.outputs.length === 1 ? record.outputs[0] : record.outputs,
    record.latencyMs,
    ...(record.seen === undefined && record.fallback === undefined ? [] : [record.seen ?? null]),
    ...(record.fallback === undefined ? [] : [[record.fallback.by, record.fallback.because]]),
  ]);
}

type PredictionLine = [
  id: string,
  model: string,
  version: number,
  atMs: number,
  asOfMs: number,
  events: Record<string, number>,
  request: Value[],
  bits: string,
  texts: string[],
  outputs: number | number[],
  latencyMs: number,
  seen?: Exclude<Seen["lookups"], undefined> | null,
  fallback?: [by: string, because: string],
];

/** What a restart needs of every logged prediction; parsing whole lines for it would take seconds. */
export function skimPrediction(line: string): Pick<PredictionRecord, "id" | "asOfMs"> {
  const [id, , , , asOfMs] = line.split(",", 5);
  return { id: id.slice(2, -1), asOfMs: Number(asOfMs) };
}

export function readPrediction(line: string): PredictionRecord {
  const [id, model, version, atMs, asOfMs, events, request, bits, texts, outputs, latencyMs, ...more] =
    JSON.parse(line) as PredictionLine;
  const [seen, fallback] = more;
  const bytes = Uint8Array.from(Buffer.from(bits, "base64"));
  const numbers = new Float32Array(bytes.buffer);
  return {
    id,
    model,
    version,
    atMs,
    asOfMs,
    events,
    request,
    numbers,
    texts,
    outputs: typeof outputs === "number" ? [outputs] : outputs,
    latencyMs,
    ...(seen && { seen }),
    ...(fallback && { fallback: { by: fallback[0], because: fallback[1] } }),
  };
}
