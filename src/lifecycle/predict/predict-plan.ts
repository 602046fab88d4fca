import { dataErrors, readDataset, type DatasetVersion, type EventSource } from "../../data/index.js";
import { eventTable, lookupsOf, visibleByTime, type VisibleEvents } from "../../features/index.js";
import { canonicalHash, canonicalJson, type Canonical } from "../../kernel/index.js";
import type { ModelVersion } from "../../registry/index.js";
import type { ModelDefinition } from "../../training/index.js";
import { endOfLog, recordedEvents, requireLive } from "../live/recorded-events.js";
import type { Project } from "../project.js";

/** What a prediction of a file rests on besides the file; noted when it begins and kept until it ends. */
export type PredictionPlan = {
  /** When it began, epoch milliseconds. */
  readonly startedAtMs: number;
  /** Last record of each source's log that counts; null without a live state. */
  readonly live: Readonly<Record<string, number>> | null;
};

export interface PlanRequest {
  readonly model: ModelDefinition | undefined;
  readonly live?: string | undefined;
}

const sourcesOf = ({ features }: ModelDefinition): readonly EventSource[] => [
  ...new Map(lookupsOf(features).map(({ view: { source } }) => [source.name, source])).values(),
];

/** The latest dataset version of every source that the features are computed from. Throws MW0217. */
export async function latestVersions(
  { datasets }: Pick<Project, "datasets">,
  model: ModelDefinition | undefined,
): Promise<ReadonlyMap<string, DatasetVersion>> {
  const versions = new Map<string, DatasetVersion>();
  for (const { name } of model === undefined ? [] : sourcesOf(model)) {
    const version = await datasets.latest(name);
    if (version === undefined) throw noVersion(name);
    versions.set(name, version);
  }
  return versions;
}

function noVersion(source: string) {
  return dataErrors.error("MW0217", {
    expected: `a dataset version of source "${source}", which the features are computed from`,
    found: "none",
    remedy: `Make one with millwright data snapshot ${source}.`,
    details: { source },
  });
}

/** The plan as it would be now. Throws MW1125. */
export async function planNow(project: Project, { model, live }: PlanRequest): Promise<PredictionPlan> {
  const startedAtMs = project.clock.nowMs();
  if (live === undefined) return { startedAtMs, live: null };
  await requireLive(project, live);
  const ends: Record<string, number> = {};
  for (const { name } of model === undefined ? [] : sourcesOf(model))
    ends[name] = (await endOfLog(project, name, live)).sequence;
  return { startedAtMs, live: ends };
}

export const writePlan = (plan: PredictionPlan): string => canonicalJson(plan);

/** Reads what `writePlan` wrote. */
export const readPlan = (text: string): PredictionPlan => JSON.parse(text) as PredictionPlan;

/** Names all that predictions of a file are a function of, so that another of them begins anew. */
export function planKey(
  project: Pick<Project, "producer" | "sessions">,
  facts: {
    readonly version: ModelVersion;
    readonly versions: ReadonlyMap<string, DatasetVersion>;
    readonly options: Canonical;
  },
): string {
  const { version, versions, options } = facts;
  return canonicalHash({
    ...{ producer: project.producer, engine: project.sessions.engine, options },
    model: [version.model, version.version, version.packageId],
    datasets: Object.fromEntries([...versions].map(([name, { id }]) => [name, id])),
  });
}

export interface PlannedEvents extends PlanRequest {
  readonly plan: PredictionPlan;
  readonly versions: ReadonlyMap<string, DatasetVersion>;
}

/** The events of every source, in memory and in the order in which they became visible. */
export async function plannedEvents(
  project: Project,
  { model, live, plan, versions }: PlannedEvents,
): Promise<ReadonlyMap<string, VisibleEvents>> {
  const events = new Map<string, VisibleEvents>();
  for (const source of model === undefined ? [] : sourcesOf(model)) {
    const upTo = plan.live?.[source.name];
    const version = versions.get(source.name) as DatasetVersion;
    const taken =
      live === undefined || upTo === undefined
        ? eventTable(source, await readDataset(version, project))
        : await recordedEvents(project, source, { live, logs: [live], upTo });
    events.set(source.name, visibleByTime(taken));
  }
  return events;
}
