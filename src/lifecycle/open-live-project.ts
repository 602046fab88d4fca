import { lookupsOf, type TileStore } from "../features/index.js";
import { warmUp } from "../inference/index.js";
import { checkNumber, isMillwrightError, type AppendLog, type MillwrightError } from "../kernel/index.js";
import { lifecycleErrors } from "./errors.js";
import { liveCheckpoints, type LiveCheckpoints, type LiveMemory } from "./live-checkpoint.js";
import { liveFeedback } from "./live-feedback.js";
import { openSourceLogs, type SourceLogs } from "./live-logs.js";
import {
  liveModel,
  loadChampions,
  type Champion,
  type LiveModelParts,
  type ServedModel,
} from "./live-model.js";
import type { LiveProject, Readiness } from "./live-project.js";
import { clockLagMs } from "./live-records.js";
import { restoreLive } from "./live-restore.js";
import { liveReadiness } from "./live-readiness.js";
import { liveEventSource, type LiveEventSource } from "./live-sources.js";
import { eventWriter } from "./live-writer.js";
import { filledCheckpoints, recordServed } from "./feature-spaces.js";
import { memoryFeatures, sharedFeatures } from "./open-features.js";
import { findModel, findSource, type Project } from "./project.js";
import { baseName } from "./shared-base.js";

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
 * MW1106 when there is nothing to serve, MW1110 when the live state was begun otherwise and MW1113 when its
 * logs are of another format.
 */
export async function openLiveProject(
  project: Project,
  options: LiveOptions = {},
  signal?: AbortSignal,
): Promise<LiveProject> {
  const live = options.live ?? "default";
  const limits = limitsOf(options);
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
    return await assemble(project, { live, options, limits, champions, tiles, openLog, release }, signal);
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
  readonly tiles: TileStore | undefined;
  readonly openLog: (name: string) => Promise<AppendLog>;
  /** Frees the models, the logs and the connection to the store. */
  readonly release: () => Promise<void>;
}

async function assemble(project: Project, assembly: Assembly, signal?: AbortSignal): Promise<LiveProject> {
  const { live, options, limits, champions, tiles, openLog, release } = assembly;
  const onWarning = options.onWarning ?? (() => undefined);
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
  const models = await servedModels(project, { assembly, logs, memory, sources, predictions, checkpoints });
  const feedback = liveFeedback({ labels, known: memory.known, clock: project.clock });
  const readiness = liveReadiness({ sources: sources.values(), tiles });
  const timeIsGiven = logs.some(({ start }) => start.asOf);
  checkpoints.note(read);
  let closing = false;

  return Object.freeze({
    name: project.name,
    models: [...models.values()].map(({ info }) => info),
    sources: [...sources.values()].map(({ source }) => ({ name: source.name, schema: source.schema })),
    predict: (name: string, request: unknown) =>
      readiness.watch(async () => served(project, models, name).predict(request)),
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
        await release();
      }
    },
  });
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

async function servedModels(
  project: Project,
  parts: Parts & {
    readonly assembly: Assembly;
    readonly sources: ReadonlyMap<string, LiveEventSource>;
    readonly predictions: AppendLog;
  },
): Promise<Map<string, ServedModel>> {
  const { memory, logs, sources, predictions, checkpoints } = parts;
  const { champions } = parts.assembly;
  const { clock } = project;
  // Where time is what requests say, they say it of every source.
  const timeIsGiven = logs.some(({ start }) => start.asOf);
  const common: Omit<LiveModelParts, "champion"> = {
    ...{ state: memory.features.state(), sources, predictions, known: memory.known, clock },
    position: memory.predictions,
    onAnswered: () => checkpoints.note(1),
    latestMs: () => (timeIsGiven ? Infinity : clock.nowMs() + clockToleranceMs),
    nextId: idSource(project.newId("p")),
  };
  const models = champions.map((champion) => liveModel({ ...common, champion }));
  for (const { loaded } of champions) await warmUp(loaded, { clock });
  return new Map(models.map((model) => [model.info.name, model]));
}

function served(project: Project, models: ReadonlyMap<string, ServedModel>, name: string): ServedModel {
  const model = models.get(name);
  if (model !== undefined) return model;
  findModel(project, name);
  throw lifecycleErrors.error("MW1106", {
    expected: `a champion of model "${name}"`,
    found: "none when the server started",
    remedy: `Run millwright train ${name} and start the server again.`,
    details: { model: name },
  });
}

function idSource(server: string): () => string {
  let number = 0;
  return () => `${server}-${++number}`;
}
