import { readDataset, type DatasetVersion, type EventSource } from "../../data/index.js";
import { eventTable, type LoggedEvent, type RecordedEvents } from "../../features/index.js";
import { concatenateTables, sha256, tableOf, type AppendLog } from "../../kernel/index.js";
import { lifecycleErrors } from "../errors.js";
import { readEvents, readStart } from "./live-sources.js";
import type { Project } from "../project.js";

/** What to read of a source. */
export interface Recording {
  /** The live state whose history counts. */
  readonly live: string;
  /** All live states whose logs count, that one included. */
  readonly logs: readonly string[];
  /** The last record of each log to read; by default the last one there is. */
  readonly upTo?: number;
}

/** How far a log was read: number and SHA-256 of its last record. */
export type LogEnd = { readonly live: string; readonly sequence: number; readonly record: string };

/** Everything that a live state could know of a source, as it was at the moment of reading. */
export interface RecordedSource extends RecordedEvents {
  /** When a server took each row; NaN for rows that no server took. */
  readonly receivedMs: Float64Array;
  /** The history; undefined when the source had none. */
  readonly version: DatasetVersion | undefined;
  /** Rows of the history that were available before this count; of the others the availability is NaN. */
  readonly beforeMs: number;
}

/**
 * Everything that a live state could know of a source: its history, then the logs. A live state that has not
 * begun would begin with the latest dataset version.
 */
export async function recordedEvents(
  project: Project,
  source: EventSource,
  { live, logs, upTo = Infinity }: Recording,
): Promise<RecordedSource> {
  const start = await readStart(await project.readLog(live, `events-${source.name}`));
  const version =
    start === undefined
      ? await project.datasets.latest(source.name)
      : await project.datasets.get(start.dataset);
  const history = version === undefined ? tableOf(source.schema, []) : await readDataset(version, project);
  const read = await Promise.all(
    logs.map(async (name) => readLogged(await project.readLog(name, `events-${source.name}`), upTo)),
  );
  const logged = read.flat();
  const log = new Int16Array(history.rowCount + logged.length).fill(-1);
  log.set(
    read.flatMap((events, position) => events.map(() => position)),
    history.rowCount,
  );
  const sequence = new Float64Array(log.length);
  const receivedMs = new Float64Array(log.length).fill(NaN);
  logged.forEach((event, i) => {
    sequence[history.rowCount + i] = event.sequence;
    receivedMs[history.rowCount + i] = event.receivedMs ?? NaN;
  });
  const rows = tableOf(
    source.schema,
    logged.map(({ values }) => values),
  );
  const events = eventTable(source, concatenateTables(history, rows), receivedMs);
  const beforeMs = start?.beforeMs ?? Infinity;
  const availableMs = events.availableMs.map((at, i) => (log[i] >= 0 || at < beforeMs ? at : NaN));
  return { ...events, availableMs, logs, log, sequence, receivedMs, version, beforeMs };
}

type LogReader = Pick<AppendLog, "read">;

async function readLogged(log: LogReader, upTo: number): Promise<LoggedEvent[]> {
  const logged: LoggedEvent[] = [];
  for await (const event of readEvents(log)) {
    if (event.sequence > upTo) break;
    logged.push(event);
  }
  return logged;
}

/** How far the log of a source goes now; number 0 when it has not begun. */
export async function endOfLog(project: Project, source: string, live: string): Promise<LogEnd> {
  const log = await project.readLog(live, `events-${source}`);
  let [sequence, record] = [0, ""];
  for await (const { first, records } of log.read(1)) {
    sequence = first + records.length - 1;
    record = records[records.length - 1];
  }
  return { live, sequence, record: sha256(record) };
}

/** Throws MW1125 unless a live state has begun: its name would otherwise be taken for an empty one. */
export async function requireLive(project: Project, live: string): Promise<void> {
  for (const name of project.sources.keys()) {
    if ((await readStart(await project.readLog(live, `events-${name}`))) !== undefined) return;
  }
  throw lifecycleErrors.error("MW1125", {
    expected: `a live state named "${live}"`,
    found: "none that has begun",
    remedy: "Begin it with millwright serve --live, or name another one.",
    details: { live },
  });
}
