import { compileRowExpectations, type Source } from "../data/index.js";
import type { OnlineState } from "../features/index.js";
import { compileRecord, describeProblem, type AppendLog, type Value } from "../kernel/index.js";
import type { IngestReceipt } from "./live-project.js";
import type { LiveStart } from "./live-records.js";

/** A source that takes events: checks them, logs them, and then lets them count. */
export interface LiveEventSource {
  readonly source: Source;
  /** Last sequence number that counts. */
  sequence(): number;
  ingest(events: readonly unknown[]): Promise<IngestReceipt>;
}

export interface LiveSourceParts {
  readonly source: Source;
  readonly state: OnlineState;
  readonly log: AppendLog;
  readonly quarantine: AppendLog;
}

type Checked =
  { readonly values: readonly Value[] } | { readonly reasons: readonly string[]; readonly event: unknown };

/**
 * Makes a source that takes events. An event counts only after it is in the log, and the state applies
 * events in the order of the log: what a restart replays is what was there.
 */
export function liveEventSource({ source, state, log, quarantine }: LiveSourceParts): LiveEventSource {
  const parse = compileRecord(source.schema);
  const expectations = compileRowExpectations(source);
  let sequence = log.nextSequence - 1;

  function check(event: unknown): Checked {
    const result = parse(event);
    if (!result.ok) return { event, reasons: result.problems.map(describeProblem) };
    const breaches = expectations.checkValues(result.values).filter(({ severity }) => severity !== "warn");
    if (breaches.length > 0) return { event, reasons: breaches.map(({ reason }) => reason) };
    const objection = state.objection(source.name, result.values);
    return objection === undefined ? { values: result.values } : { event, reasons: [objection] };
  }

  async function ingest(events: readonly unknown[]): Promise<IngestReceipt> {
    const checked = events.map(check);
    const good = checked.flatMap((item) => ("values" in item ? [item.values] : []));
    const quarantined = checked.flatMap((item, index) =>
      "reasons" in item ? [{ index, reasons: item.reasons, event: item.event }] : [],
    );
    if (quarantined.length > 0) {
      await quarantine.append(quarantined.map(({ reasons, event }) => JSON.stringify({ reasons, event })));
    }
    if (good.length > 0) {
      const first = await log.append(good.map((values) => JSON.stringify(values)));
      for (const values of good) state.add(source.name, values);
      sequence = Math.max(sequence, first + good.length - 1);
    }
    return {
      accepted: good.length,
      quarantined: quarantined.map(({ index, reasons }) => ({ index, reasons })),
    };
  }

  return Object.freeze({ source, sequence: () => sequence, ingest });
}

/** The first record of an event log; undefined in an empty one. */
export async function readStart(log: Pick<AppendLog, "read">): Promise<LiveStart | undefined> {
  const records = log.read(1)[Symbol.asyncIterator]();
  const first = await records.next();
  await records.return?.();
  return first.done === true ? undefined : (JSON.parse(first.value.records[0]) as LiveStart);
}

/** The events of a log in order: everything behind its start. */
export async function* readEvents(
  log: Pick<AppendLog, "read">,
): AsyncGenerator<{ readonly sequence: number; readonly values: Value[] }> {
  for await (const { first, records } of log.read(2)) {
    for (const [i, record] of records.entries()) {
      yield { sequence: first + i, values: JSON.parse(record) as Value[] };
    }
  }
}
