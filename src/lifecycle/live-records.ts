import type { Value } from "../kernel/index.js";

/** A prediction as it stands in the log: everything that is needed to compute it again. */
export interface PredictionRecord {
  readonly id: string;
  readonly model: string;
  readonly version: number;
  /** When it was asked for, epoch milliseconds: the request's own time. */
  readonly atMs: number;
  /** The time that its windows refer to. */
  readonly asOfMs: number;
  /** Last sequence number of each source's event log that could count. */
  readonly events: Readonly<Record<string, number>>;
  /** The request's fields, in the order of the model's request schema. */
  readonly request: readonly Value[];
  readonly numbers: Float32Array;
  readonly texts: readonly string[];
  readonly probability: number;
  /** Time from the request's arrival to the model's answer. */
  readonly latencyMs: number;
}

export interface LabelRecord {
  readonly id: string;
  readonly label: 0 | 1;
  /** When the label arrived, by the server's clock. */
  readonly atMs: number;
}

/** Begins every event log: which history the live state stands on. */
export interface LiveStart {
  readonly dataset: string;
  /** Rows of the dataset count if they were available before this time. */
  readonly beforeMs: number;
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
    record.probability,
    record.latencyMs,
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
  probability: number,
  latencyMs: number,
];

/** What a restart needs of every logged prediction; parsing whole lines for it would take seconds. */
export function skimPrediction(line: string): Pick<PredictionRecord, "id" | "asOfMs"> {
  const [id, , , , asOfMs] = line.split(",", 5);
  return { id: id.slice(2, -1), asOfMs: Number(asOfMs) };
}

export function readPrediction(line: string): PredictionRecord {
  const [id, model, version, atMs, asOfMs, events, request, bits, texts, probability, latencyMs] = JSON.parse(
    line,
  ) as PredictionLine;
  const bytes = Uint8Array.from(Buffer.from(bits, "base64"));
  const numbers = new Float32Array(bytes.buffer);
  return { id, model, version, atMs, asOfMs, events, request, numbers, texts, probability, latencyMs };
}
