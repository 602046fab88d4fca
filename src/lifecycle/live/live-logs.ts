import type { EventSource } from "../../data/index.js";
import type { TileStore } from "../../features/index.js";
import type { AppendLog } from "../../kernel/index.js";
import { lifecycleErrors } from "../errors.js";
import { eventLogFormat, type LiveStart } from "./live-records.js";
import { readStart } from "./live-sources.js";
import { eventSources, type Project } from "../project.js";
import { adoptBase, baseName, otherBase } from "./shared-base.js";

/** The logs of one source in a live state. */
export interface SourceLogs {
  readonly source: EventSource;
  readonly log: AppendLog;
  readonly quarantine: AppendLog;
  readonly start: LiveStart;
}

export interface LogsOpening {
  readonly live: string;
  readonly asOfMs: number | undefined;
  readonly openLog: (name: string) => Promise<AppendLog>;
  /** The shared store of the features, if they have one. */
  readonly tiles: TileStore | undefined;
}

/**
 * Opens the logs of every source, and begins those that are new: at the same moment of the past as the others,
 * or now. Over a shared store all live states begin with the same history. Throws MW1110 when the live state was
 * begun otherwise, MW1113 for a log of another format, MW1118 when the shared store has another history.
 */
export async function openSourceLogs(project: Project, opening: LogsOpening): Promise<SourceLogs[]> {
  const opened: { source: EventSource; log: AppendLog; start: LiveStart | undefined }[] = [];
  for (const source of eventSources(project)) {
    const log = await opening.openLog(`events-${source.name}`);
    opened.push({ source, log, start: await readStart(log) });
  }
  const begun = opened.find(({ start }) => start !== undefined)?.start;
  const logs: SourceLogs[] = [];
  for (const { source, log, start: known } of opened) {
    const { asOfMs, tiles } = opening;
    const start = known ?? (await begin(project, { source, log, begun, asOfMs, tiles }));
    checkStart(start, opening);
    if (known !== undefined && tiles !== undefined) await checkBase(known, source.name, tiles);
    logs.push({ source, log, start, quarantine: await opening.openLog(`quarantine-${source.name}`) });
  }
  return logs;
}

interface Beginning {
  readonly source: EventSource;
  readonly log: AppendLog;
  /** How another log of the live state was begun. */
  readonly begun: LiveStart | undefined;
  readonly asOfMs: number | undefined;
  readonly tiles: TileStore | undefined;
}

async function begin(project: Project, beginning: Beginning): Promise<LiveStart> {
  const { source, log, begun, asOfMs, tiles } = beginning;
  const latest = await project.datasets.latest(source.name);
  const pastMs = begun?.asOf === true ? begun.beforeMs : asOfMs;
  const proposal = { dataset: latest?.id ?? "", beforeMs: pastMs ?? project.clock.nowMs() };
  const base = tiles === undefined ? proposal : await adoptBase(tiles, source.name, proposal);
  const start: LiveStart = { format: eventLogFormat, ...base, asOf: pastMs !== undefined };
  await log.append([JSON.stringify(start)]);
  return start;
}

/** A store that was emptied takes the history of the log; another history is refused. */
async function checkBase({ dataset, beforeMs }: LiveStart, source: string, tiles: TileStore): Promise<void> {
  const own = { dataset, beforeMs };
  const base = await adoptBase(tiles, source, own);
  if (baseName(base) !== baseName(own)) throw otherBase(source, baseName(own), baseName(base));
}

function checkStart(start: LiveStart, { live, asOfMs }: LogsOpening): void {
  if (asOfMs === undefined || asOfMs === start.beforeMs) return;
  throw lifecycleErrors.error("MW1110", {
    expected: `live state "${live}" to begin at ${new Date(asOfMs).toISOString()}`,
    found: `a state that begins at ${new Date(start.beforeMs).toISOString()}`,
    remedy: "Use another --live name, or leave --as-of out to go on with this one.",
  });
}
