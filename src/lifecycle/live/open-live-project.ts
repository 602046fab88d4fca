import { lookupsOf, type TileStore } from "../../features/index.js";
import type { InferOptions } from "../../inference/index.js";
import { checkNumber, isMillwrightError, type AppendLog, type MillwrightError } from "../../kernel/index.js";
import { loadChampions, type Champion } from "../train/champions.js";
import { liveCheckpoints, type LiveCheckpoints, type LiveMemory } from "./live-checkpoint.js";
import { liveFeedback } from "./live-feedback.js";
import { openSourceLogs, type SourceLogs } from "./live-logs.js";
import type { LiveProject, Readiness } from "./live-project.js";
import { clockLagMs } from "./live-records.js";
import { restoreLive } from "./live-restore.js";
import { liveReadiness } from "./live-readiness.js";
import { liveEventSource, type LiveEventSource } from "./live-sources.js";
import { eventWriter } from "./live-writer.js";
import { filledCheckpoints, recordServed } from "../views/feature-spaces.js";
import { memoryFeatures, sharedFeatures } from "../views/open-features.js";
import { findSource, type Project } from "../project.js";
import { notServed, servedModels } from "../hosting/served-models.js";
import { baseName } from "./shared-base.js";
import { compileStandIns, type StandIns } from "../hosting/stand-ins.js";

export interface LiveOptions {
  /** Names the state: its logs lie under this name. Default `"default"`. */
  readonly live?: string;
  /**
   * Starts the state as it was at a moment of the past, for replaying what came after: rows of the dataset
   * count if they were available before it, and time is what requests and events say. Without it the whole
   * dataset counts and the system clock rules.
   */
  readonly asOfMs?: number;
  /** Versions to serve instead of the champions, by model. */
  readonly versions?: Readonly<Record<string, string>>;
  /** Events and predictions from one checkpoint to the next. Default 500,000. */
  readonly checkpointEvery?: number;
  /** How many of the latest event ids are remembered of every source that has ids. Default 5,000,000. */
  readonly rememberedIds?: number;
  /** Most events of a source that may wait for its log. Default 100,000. */
  readonly maxWaitingEvents?: number;
  /** Told of what went wrong without harm, such as a checkpoint that could not be used or saved. */
  readonly onWarning?: (problem: MillwrightError) => void;
}

/** How far ahead of the server's clock a request's time may be. */
const clockToleranceMs = 5 * 60_000;

interface Limits {
  readonly checkpointEvery: number;
  readonly rememberedIds: number;
  readonly maxWaitingEvents: number;
}

/** Throws MW0104. */
function limitsOf(options: LiveOptions): Limits {
  const whole = (name: keyof Limits, standard: number) =>
    checkNumber(options[name] ?? standard, name, { min: 1, max: 1e9, whole: true });
  return {
    checkpointEvery: whole("checkpointEvery", 500_000),
    rememberedIds: whole("rememberedIds", 5_000_000),
    maxWaitingEvents: whole("maxWaitingEvents", 100_000),
  };
}

/**
 * Loads every model with a champion, brings the online state to where the logs end, and answers. Throws
 * MW1106 when there is nothing to serve, MW1110 when the live state was begun otherwise, MW1113 when its logs are of
 * another format and MW1163 to MW1165 when a fallback cannot answer what its model is asked.
 */
export async function openLiveProject(
  project: Project,
  options: LiveOptions = {},
  signal?: AbortSignal,
): Promise<LiveProject> {
  const live = options.live ?? "default";
  const limits = limitsOf(options);
  const standIns = compileStandIns(project);
  const champions = await loadChampions(project, options.versions ?? {});
  const logs: AppendLog[] = [];
  const openLog = async (name: string) => {
    const log = await project.openLog(live, name);
    logs.push(log);
    return log;
  };
  const tiles = project.openTiles?.();
  const release = async () => {
    for (const { loaded } of champions) await loaded.dispose();
    for (const log of logs) await log.close();
    await tiles?.close();
  };
  try {
    return await assemble(
      project,
      { live, options, limits, champions, standIns, tiles, openLog, release },
      signal,
    );
  } catch (error) {
    await release();
    throw error;
  }
}

interface Assembly {
  readonly live: string;
  readonly options: LiveOptions;
  readonly limits: Limits;
  readonly champions: readonly Champion[];
  readonly standIns: StandIns;
  readonly tiles: TileStore | undefined;
  readonly openLog: (name: string) => Promise<AppendLog>;
  /** Frees the models, the logs and the connection to the store. */
  readonly release: () => Promise<void>;
}

async function assemble(project: Project, assembly: Assembly, signal?: AbortSignal): Promise<LiveProject> {
  const { live, options, limits, champions, standIns, tiles, openLog, release } = assembly;
  const onWarning = options.onWarning ?? (() => undefined);
  for (const name of absentStandIns(assembly)) onWarning(notServed(name));
  const logs = await openSourceLogs(project, { live, asOfMs: options.asOfMs, openLog, tiles });
  const predictions = await openLog("predictions");
  const labels = await openLog("labels");
  const views = champions.flatMap(({ model }) => lookupsOf(model.features).map(({ view }) => view));
  const features =
    tiles === undefined
      ? memoryFeatures(views)
      : sharedFeatures(views, { tiles, live, baseOf: (name) => baseName(startOf(logs, name)), signal });
  const { memory, read } = await restoreLive(
    project,
    {
      ...{ live, logs, predictions, features, views, rememberedIds: limits.rememberedIds, onWarning },
      checkpoints: [live, ...(await filledCheckpoints(project, live, views))],
    },
    signal,
  );
  try {
    await recordServed(project, { live, views, logs, memory, shared: tiles !== undefined });
  } catch (error) {
    // Without room to record what is served, serving goes on: the next start records it.
    if (!isMillwrightError(error, "MW1003")) throw error;
    onWarning(error);
  }
  const checkpoints = liveCheckpoints({
    ...{ store: project.checkpoints, live, memory, logs, predictions, every: limits.checkpointEvery },
    onWarning,
  });
  const sources = eventSources(project, { logs, memory, limits, checkpoints });
  const timeIsGiven = logs.some(({ start }) => start.asOf);
  const models = servedModels(project, champions, {
    ...{ state: memory.features.state(), sources, predictions, known: memory.known, standIns },
    position: memory.predictions,
    onAnswered: () => checkpoints.note(1),
    // Where time is what requests say, they say it of every source.
    latestMs: () => (timeIsGiven ? Infinity : project.clock.nowMs() + clockToleranceMs),
    nextId: idSource(project.newId("p")),
  });
  const feedback = liveFeedback({ labels, known: memory.known, clock: project.clock });
  const readiness = liveReadiness({ sources: sources.values(), state: memory.features.state() });
  checkpoints.note(read);
  let closing = false;

  return Object.freeze({
    name: project.name,
    get models() {
      return models.infos();
    },
    sources: [...sources.values()].map(({ source }) => ({ name: source.name, schema: source.schema })),
    predict: (name: string, request: unknown, options?: InferOptions) =>
      readiness.watch(async () => models.find(name).predict(request, options)),
    breakerState: (name: string) => models.find(name).breakerState(),
    statistics: (name: string) => models.find(name).statistics(),
    swap: (...asked: Parameters<LiveProject["swap"]>) => models.swap(...asked),
    feedback: feedback.record,
    ingest: async (name: string, events: readonly unknown[]) =>
      (sources.get(findSource(project, name).name) as LiveEventSource).ingest(events),
    keepUp: () =>
      readiness.keepUp(() => {
        if (tiles !== undefined && !timeIsGiven)
          return features.state().advance(project.clock.nowMs() - clockLagMs);
      }),
    readiness(): Readiness {
      const reasons = closing ? ["shutting down"] : readiness.reasons();
      return { ready: reasons.length === 0, reasons };
    },
    async close() {
      if (closing) return;
      closing = true;
      try {
        await checkpoints.close();
      } finally {
        await models.retire();
        await release();
      }
    },
  });
}

/** Fallbacks that will give no answer: models without a champion. */
function absentStandIns({ champions, standIns }: Assembly): Set<string> {
  const served = new Set(champions.map(({ model }) => model.name));
  const wanted = [...served].flatMap((name) => [...(standIns.get(name)?.keys() ?? [])]);
  return new Set(wanted.filter((name) => !served.has(name)));
}

function startOf(logs: readonly SourceLogs[], source: string) {
  const found = logs.find((log) => log.source.name === source);
  if (found === undefined) throw new TypeError(`source "${source}" has no log`);
  return found.start;
}

interface Parts {
  readonly logs: readonly SourceLogs[];
  readonly memory: LiveMemory;
  readonly checkpoints: LiveCheckpoints;
}

function eventSources(
  { clock }: Project,
  { logs, memory, limits, checkpoints }: Parts & { readonly limits: Limits },
): Map<string, LiveEventSource> {
  const state = memory.features.state();
  return new Map(
    logs.map(({ source, log, quarantine, start }): [string, LiveEventSource] => {
      const { name, id } = source;
      const seen = memory.ids.get(name);
      const writer = eventWriter({
        ...{ source: name, log, state, maxWaiting: limits.maxWaitingEvents },
        position: positionOf(memory, name),
        receivedMs: start.asOf ? () => null : () => clock.nowMs(),
        onAccepted: (count) => checkpoints.note(count),
        ...(id === undefined || seen === undefined
          ? {}
          : { ids: { seen, column: Object.keys(source.schema).indexOf(id) } }),
      });
      return [name, liveEventSource({ source, state, writer, quarantine })];
    }),
  );
}

function positionOf({ events }: LiveMemory, source: string) {
  const position = events.get(source);
  if (position === undefined) throw new TypeError(`the log of "${source}" was not read`);
  return position;
}

function idSource(server: string): () => string {
  let number = 0;
  return () => `${server}-${++number}`;
}
