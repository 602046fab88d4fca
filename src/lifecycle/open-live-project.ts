import { readDataset, type Source } from "../data/index.js";
import { createOnlineState, type OnlineState } from "../features/index.js";
import { warmUp } from "../inference/index.js";
import { throwIfCancelled, type AppendLog } from "../kernel/index.js";
import type { LiveProject, Readiness } from "./live-project.js";
import { lifecycleErrors } from "./errors.js";
import { knownPredictions, type KnownPredictions } from "./known-predictions.js";
import { liveFeedback } from "./live-feedback.js";
import {
  liveModel,
  loadChampions,
  type Champion,
  type LiveModelParts,
  type ServedModel,
} from "./live-model.js";
import { skimPrediction, type LiveStart } from "./live-records.js";
import { liveEventSource, readEvents, readStart, type LiveEventSource } from "./live-sources.js";
import { findModel, findSource, type Project } from "./project.js";

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
}

/** How far ahead of the server's clock a request's time may be. */
const clockToleranceMs = 5 * 60_000;

/**
 * Loads every model with a champion, brings the online state to where the logs end, and answers. Throws
 * MW1106 when there is nothing to serve and MW1110 when the live state was begun otherwise.
 */
export async function openLiveProject(
  project: Project,
  options: LiveOptions = {},
  signal?: AbortSignal,
): Promise<LiveProject> {
  const live = options.live ?? "default";
  const champions = await loadChampions(project, options.versions ?? {});
  const logs: AppendLog[] = [];
  const openLog = async (name: string) => {
    const log = await project.openLog(live, name);
    logs.push(log);
    return log;
  };
  const release = async () => {
    for (const { loaded } of champions) await loaded.dispose();
    for (const log of logs) await log.close();
  };
  try {
    return await assemble(project, { live, options, champions, openLog, release }, signal);
  } catch (error) {
    await release();
    throw error;
  }
}

interface Assembly {
  readonly live: string;
  readonly options: LiveOptions;
  readonly champions: readonly Champion[];
  readonly openLog: (name: string) => Promise<AppendLog>;
  /** Frees the models and the logs. */
  readonly release: () => Promise<void>;
}

async function assemble(project: Project, assembly: Assembly, signal?: AbortSignal): Promise<LiveProject> {
  const { options, champions, openLog, release } = assembly;
  const views = champions.flatMap(({ model }) => model.features.groups.flatMap((group) => group.views));
  const state = createOnlineState(views);
  const sources = new Map<string, LiveEventSource>();
  for (const source of new Set([...project.sources.values()])) {
    sources.set(source.name, await openSource(project, { source, state, assembly }, signal));
  }
  const predictions = await openLog("predictions");
  const { known, clockMs } = await answeredBefore(predictions);
  state.advance(clockMs);
  const labels = await openLog("labels");
  const feedback = liveFeedback({ labels, known, clock: project.clock });
  const parts: Omit<LiveModelParts, "champion"> = {
    state,
    sources,
    predictions,
    known,
    clock: project.clock,
    latestMs: () => (options.asOfMs === undefined ? project.clock.nowMs() + clockToleranceMs : Infinity),
    nextId: idSource(project.newId("p")),
  };
  const models = new Map<string, ServedModel>(
    champions.map((champion) => [champion.model.name, liveModel({ ...parts, champion })]),
  );
  for (const { loaded } of champions) await warmUp(loaded, { clock: project.clock });
  let closing = false;

  return Object.freeze({
    name: project.name,
    models: [...models.values()].map(({ info }) => info),
    sources: [...sources.values()].map(({ source }) => ({ name: source.name, schema: source.schema })),
    predict: async (name: string, request: unknown) => served(project, models, name).predict(request),
    feedback: feedback.record,
    ingest: async (name: string, events: readonly unknown[]) =>
      (sources.get(findSource(project, name).name) as LiveEventSource).ingest(events),
    readiness: (): Readiness =>
      closing ? { ready: false, reasons: ["shutting down"] } : { ready: true, reasons: [] },
    async close() {
      closing = true;
      await release();
    },
  });
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

/** What the log says of the life before: the ids that were answered, and how far the state's clock had come. */
async function answeredBefore(predictions: AppendLog): Promise<{ known: KnownPredictions; clockMs: number }> {
  const known = knownPredictions();
  let clockMs = -Infinity;
  for await (const { records } of predictions.read(1)) {
    for (const record of records) {
      const { id, asOfMs } = skimPrediction(record);
      known.add(id);
      clockMs = Math.max(clockMs, asOfMs);
    }
  }
  return { known, clockMs };
}

interface SourceOpening {
  readonly source: Source;
  readonly state: OnlineState;
  readonly assembly: Assembly;
}

/** Loads the history of a source into the state and replays its log behind it. */
async function openSource(
  project: Project,
  { source, state, assembly }: SourceOpening,
  signal?: AbortSignal,
): Promise<LiveEventSource> {
  const log = await assembly.openLog(`events-${source.name}`);
  const start = await startOf(project, { ...assembly, source }, log);
  const version = start.dataset === "" ? undefined : await project.datasets.get(start.dataset);
  if (version !== undefined) {
    const task = project.progress.start(`load history of ${source.name}`, 2);
    const table = await readDataset(version, project);
    task.update(1);
    state.load(source, table, start.beforeMs);
    task.finish(`${table.rowCount.toLocaleString("en")} rows`);
  }
  throwIfCancelled(signal);
  for await (const { values } of readEvents(log)) state.add(source.name, values);
  const quarantine = await assembly.openLog(`quarantine-${source.name}`);
  return liveEventSource({ source, state, log, quarantine });
}

async function startOf(
  project: Project,
  { source, options, live }: Pick<Assembly, "options" | "live"> & { source: Source },
  log: AppendLog,
): Promise<LiveStart> {
  const known = await readStart(log);
  if (known !== undefined) {
    if (options.asOfMs === undefined || options.asOfMs === known.beforeMs) return known;
    throw lifecycleErrors.error("MW1110", {
      expected: `live state "${live}" to begin at ${new Date(options.asOfMs).toISOString()}`,
      found: `a state that begins at ${new Date(known.beforeMs).toISOString()}`,
      remedy: "Use another --live name, or leave --as-of out to go on with this one.",
    });
  }
  const latest = await project.datasets.latest(source.name);
  const start = { dataset: latest?.id ?? "", beforeMs: options.asOfMs ?? project.clock.nowMs() };
  await log.append([JSON.stringify(start)]);
  return start;
}
