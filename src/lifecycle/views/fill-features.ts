import type { TileStore, View } from "../../features/index.js";
import { throwIfCancelled, type AppendLog, type MillwrightError } from "../../kernel/index.js";
import { lifecycleErrors } from "../errors.js";
import { filledName } from "./feature-spaces.js";
import { liveCheckpoints, type LiveMemory } from "../live/live-checkpoint.js";
import type { SourceLogs } from "../live/live-logs.js";
import { readOn, restoreLive } from "../live/live-restore.js";
import { readStart } from "../live/live-sources.js";
import { memoryFeatures, sharedFeatures, type LiveFeatures } from "./open-features.js";
import { eventSources, type Project } from "../project.js";
import { baseName } from "../live/shared-base.js";

/** The logs of a live state as they are now, for reading beside the process that writes them. */
export interface ReadLogs {
  readonly live: string;
  readonly sources: readonly SourceLogs[];
  readonly predictions: AppendLog;
}

/** Opens the logs of a live state. Throws MW1125 when it has not begun. */
export async function readLogsOf(project: Project, live: string): Promise<ReadLogs> {
  const open = async (name: string) => readOnly(await project.readLog(live, name));
  const sources: SourceLogs[] = [];
  for (const source of eventSources(project)) {
    const log = await open(`events-${source.name}`);
    const start = await readStart(log);
    if (start === undefined) throw notBegun(live, source.name);
    sources.push({ source, log, start, quarantine: await open(`quarantine-${source.name}`) });
  }
  return { live, sources, predictions: await open("predictions") };
}

function notBegun(live: string, source: string) {
  return lifecycleErrors.error("MW1125", {
    expected: `a live state "${live}" that has begun with source "${source}"`,
    found: "no log of it",
    remedy: `Begin it with millwright serve --live ${live}; it fills its views at its start.`,
    details: { live, source },
  });
}

/** A log that another process writes. Nothing is appended to it here, and it is for the writer to sync. */
function readOnly({ read }: Pick<AppendLog, "read">): AppendLog {
  const refuse = () => Promise.reject(new TypeError("this log is open for reading alone"));
  const done = () => Promise.resolve();
  return Object.freeze({ nextSequence: Infinity, append: refuse, read, sync: done, close: done });
}

export interface Filling {
  readonly logs: ReadLogs;
  /** What is filled. */
  readonly views: readonly View[];
  /** The shared store; undefined: memory. */
  readonly tiles: TileStore | undefined;
}

/** The state of views, filled from a history and its logs. */
export interface Filled {
  readonly features: LiveFeatures;
  /** By source: the last record that was in it when it was filled, and the one up to which it was caught up. */
  readonly filled: ReadonlyMap<string, number>;
  readonly caughtUp: ReadonlyMap<string, number>;
  /** The checkpoint that holds it; null where a shared store does. */
  readonly checkpoint: string | null;
}

const rememberedIds = 5_000_000;

/** A log that grows all the time is never read to its end: what is left is a matter of milliseconds. */
const catchUps = 10;

/**
 * Fills the state of views from the history, takes the logs up to where they end, and what came meanwhile. In
 * memory nothing of it is seen by anybody else until its checkpoint is whole; in a shared store it has spaces
 * of its own, and a fill that was cut short goes on. Throws MW1117 when the checkpoint cannot be kept.
 */
export async function fillFeatures(
  project: Project,
  { logs, views, tiles }: Filling,
  signal?: AbortSignal,
): Promise<Filled> {
  const { live, sources, predictions } = logs;
  const baseOf = (name: string) => {
    const { start } = sources.find(({ source }) => source.name === name) as SourceLogs;
    return baseName(start);
  };
  const features =
    tiles === undefined ? memoryFeatures(views) : sharedFeatures(views, { tiles, live, baseOf, signal });
  const { memory } = await restoreLive(
    project,
    {
      ...{ live, logs: sources, predictions, features, views, rememberedIds },
      checkpoints: [],
      onWarning: () => undefined,
    },
    signal,
  );
  const filled = sequencesOf(memory);
  for (let round = 0; round < catchUps; round++) {
    if ((await catchUp(sources, memory, signal)) === 0) break;
  }
  const checkpoint = tiles === undefined ? await keep(project, logs, { memory, views }) : null;
  return { features, filled, caughtUp: sequencesOf(memory), checkpoint };
}

const sequencesOf = ({ events }: LiveMemory) =>
  new Map([...events].map(([source, { sequence }]) => [source, sequence]));

async function catchUp(
  sources: readonly SourceLogs[],
  { features, events, ids }: LiveMemory,
  signal?: AbortSignal,
): Promise<number> {
  let read = 0;
  for (const log of sources) {
    const { name } = log.source;
    const position = events.get(name);
    if (position === undefined) continue;
    const taker = { state: features.state(), ids: ids.get(name), position, from: position.sequence + 1 };
    read += await readOn(log, taker, signal);
  }
  throwIfCancelled(signal);
  return read;
}

async function keep(
  { checkpoints: store }: Project,
  { live, sources, predictions }: ReadLogs,
  { memory, views }: { readonly memory: LiveMemory; readonly views: readonly View[] },
): Promise<string> {
  const name = filledName(live, views);
  let problem: MillwrightError | undefined;
  const checkpoints = liveCheckpoints({
    ...{ store, live: name, memory, logs: sources, predictions, every: Infinity },
    onWarning: (found) => (problem = found),
  });
  checkpoints.note(1);
  await checkpoints.close();
  if (problem !== undefined) throw problem;
  return name;
}
