import { compileRowExpectations, type Breach, type EventSource } from "../../data/index.js";
import type { FeatureState, LoggedEvent } from "../../features/index.js";
import { compileRecord, describeProblem, type AppendLog, type Value } from "../../kernel/index.js";
import { lifecycleErrors } from "../errors.js";
import type { IngestReceipt, Remark } from "./live-project.js";
import { eventLogFormat, readEvent, type LiveStart } from "./live-records.js";
import type { EventWriter } from "./live-writer.js";

/** A source that takes events: checks them, logs them, and then lets them count. */
export interface LiveEventSource {
  readonly source: EventSource;
  ingest(events: readonly unknown[]): Promise<IngestReceipt>;
  /** Resolves once the state has all that was acknowledged. Throws MW1013 while its store is gone. */
  caughtUp(): void | Promise<void>;
  /** Whether the state missed events that were acknowledged. */
  isBehind(): boolean;
}

export interface LiveSourceParts {
  readonly source: EventSource;
  readonly state: FeatureState;
  readonly writer: EventWriter;
  readonly quarantine: AppendLog;
}

/** What the checks say of a batch. */
interface Checked {
  readonly good: { readonly index: number; readonly values: readonly Value[] }[];
  readonly quarantined: Remark[];
  readonly warned: Remark[];
}

const blockedShown = 10;

/**
 * Makes a source that takes events. What is to be quarantined is in its log first; then the good events are
 * written, and only then do they count: what a restart replays is what was there.
 */
export function liveEventSource({ source, state, writer, quarantine }: LiveSourceParts): LiveEventSource {
  const parse = compileRecord(source.schema);
  const expectations = compileRowExpectations(source);

  function checkOne(
    event: unknown,
    index: number,
    { good, quarantined, warned }: Checked,
  ): readonly Breach[] {
    const result = parse(event);
    if (!result.ok) {
      quarantined.push({ index, reasons: result.problems.map(describeProblem) });
      return [];
    }
    const { values } = result;
    const breaches = expectations.checkValues(values);
    const reasons = breaches.flatMap(({ severity, reason }) => (severity === "quarantine" ? [reason] : []));
    const objection = reasons.length > 0 ? undefined : state.objection(source.name, values);
    if (objection !== undefined) reasons.push(objection);
    if (reasons.length > 0) quarantined.push({ index, reasons });
    else {
      good.push({ index, values });
      if (breaches.length > 0) warned.push({ index, reasons: breaches.map(({ reason }) => reason) });
    }
    return breaches;
  }

  /** Throws MW1114. */
  function check(events: readonly unknown[]): Checked {
    const checked: Checked = { good: [], quarantined: [], warned: [] };
    const blocked: Remark[] = [];
    for (const [index, event] of events.entries()) {
      const blocking = checkOne(event, index, checked).filter(({ severity }) => severity === "block");
      if (blocking.length > 0) blocked.push({ index, reasons: blocking.map(({ reason }) => reason) });
    }
    if (blocked.length > 0) throw blocks(source.name, blocked);
    return checked;
  }

  async function ingest(events: readonly unknown[]): Promise<IngestReceipt> {
    const { good, quarantined, warned } = check(events);
    const setAside = () =>
      quarantine.append(
        quarantined.map(({ index, reasons }) => JSON.stringify({ reasons, event: events[index] })),
      );
    const { duplicates, sequence } = await writer.write(
      good.map(({ values }) => values),
      quarantined.length > 0 ? setAside : undefined,
    );
    const repeated = new Set(duplicates.map((position) => good[position].index));
    return {
      accepted: good.length - duplicates.length,
      duplicates: duplicates.length,
      quarantined,
      warned: warned.filter(({ index }) => !repeated.has(index)),
      sequence,
    };
  }

  return Object.freeze({
    source,
    ingest,
    caughtUp: () => writer.caughtUp(),
    isBehind: () => writer.isBehind(),
  });
}

function blocks(source: string, breaches: readonly Remark[]) {
  const [{ index, reasons }] = breaches;
  return lifecycleErrors.error("MW1114", {
    expected: `events of source "${source}" that break no expectation of severity "block"`,
    found: `event ${index}: ${reasons.join("; ")}${breaches.length > 1 ? `, and ${breaches.length - 1} more` : ""}`,
    remedy: "Mend these events and send the batch again; nothing of it was taken.",
    details: { source, breaches: breaches.slice(0, blockedShown) },
  });
}

/** The first record of an event log; undefined in an empty one. Throws MW1113 for a log of another format. */
export async function readStart(log: Pick<AppendLog, "read">): Promise<LiveStart | undefined> {
  const record = await recordAt(log, 1);
  if (record === undefined) return undefined;
  const start = JSON.parse(record) as Partial<LiveStart>;
  if (start.format === eventLogFormat) return start as LiveStart;
  throw lifecycleErrors.error("MW1113", {
    expected: `an event log of format ${eventLogFormat}`,
    found: start.format === undefined ? "one of an earlier version" : `format ${String(start.format)}`,
    remedy: "Use another --live name, or the version of Millwright that wrote the log.",
  });
}

/** The record of a number; undefined behind the last one. */
export async function recordAt(log: Pick<AppendLog, "read">, sequence: number): Promise<string | undefined> {
  const batches = log.read(sequence)[Symbol.asyncIterator]();
  const first = await batches.next();
  await batches.return?.();
  return first.done === true ? undefined : first.value.records[0];
}

/** The events of a log in order: everything behind its start. */
export async function* readEvents(log: Pick<AppendLog, "read">): AsyncGenerator<LoggedEvent> {
  for await (const { first, records } of log.read(2)) {
    for (const [i, record] of records.entries()) yield readEvent(record, first + i);
  }
}
