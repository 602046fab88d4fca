import type { FeatureSpace, View } from "../../features/index.js";
import { canonicalHash } from "../../kernel/index.js";
import type { LiveMemory } from "../live/live-checkpoint.js";
import type { SourceLogs } from "../live/live-logs.js";
import type { Project } from "../project.js";
import { baseName, type SharedBase } from "../live/shared-base.js";

/** Names a view's definition and the history that its state stands on. */
export const spaceName = ({ hash }: View, base: SharedBase): string =>
  `${hash.slice(0, 16)}:${baseName(base)}`;

/** The checkpoint that holds views which were filled together. No live state has such a name. */
export const filledName = (live: string, views: readonly View[]): string =>
  `${live}/filled-${canonicalHash([...new Set(views.map(({ hash }) => hash))].sort()).slice(0, 16)}`;

/** The checkpoints in which views were filled, those that are read first. */
export async function filledCheckpoints(
  project: Project,
  live: string,
  views: readonly View[],
): Promise<string[]> {
  const hashes = new Set(views.map(({ hash }) => hash));
  const rank = ({ state }: FeatureSpace) => ["active", "retired", "shadow", "building"].indexOf(state);
  const held = (await project.spaces.list(live)).filter(
    ({ hash, state, mismatches }) => hashes.has(hash) && state !== "building" && mismatches === 0,
  );
  return [...new Set(held.sort((a, b) => rank(a) - rank(b)).flatMap(({ checkpoint }) => checkpoint ?? []))];
}

export interface ServedViews {
  readonly live: string;
  readonly views: readonly View[];
  readonly logs: readonly SourceLogs[];
  readonly memory: LiveMemory;
  /** Whether a shared store holds the features. */
  readonly shared: boolean;
}

/**
 * Records the views that a live state serves as active where none of their name is: a backfill compares with
 * them, and a rollback comes back to them. What a backfill made active stays, whoever serves.
 */
export async function recordServed(
  { spaces, clock }: Project,
  { live, views, logs, memory, shared }: ServedViews,
): Promise<void> {
  const known = new Set(
    (await spaces.list(live)).flatMap(({ view, state }) => (state === "active" ? [view] : [])),
  );
  const isAlone = ({ name, hash }: View) => views.every((one) => one.name !== name || one.hash === hash);
  const served = [...new Map(views.map((view) => [view.hash, view])).values()];
  const checkpoint = shared ? null : filledName(live, served);
  const added = served.filter((view) => !known.has(view.name) && isAlone(view));
  const atMs = clock.nowMs();
  const found = added.map((view) => {
    const { name } = view.source;
    const log = logs.find(({ source }) => source.name === name) as SourceLogs;
    return {
      ...{
        live,
        view: view.name,
        name: spaceName(view, log.start),
        hash: view.hash,
        state: "shadow" as const,
      },
      ...{ definition: view.definition, sequence: memory.events.get(name)?.sequence ?? 0, checkpoint },
      ...{ compared: 0, mismatches: 0, startedAtMs: atMs, changedAtMs: atMs },
    };
  });
  for (const space of found) await spaces.save(space);
  if (found.length > 0) await spaces.activate(live, found, { from: "shadow", atMs });
}

/**
 * Keeps what a live state knew of views that are to be retired under the names that their spaces give, for the
 * server's own checkpoint will soon be about others.
 */
export async function keepServed(
  { checkpoints }: Pick<Project, "checkpoints">,
  live: string,
  retiring: readonly FeatureSpace[],
): Promise<void> {
  for (const name of new Set(retiring.flatMap(({ checkpoint }) => checkpoint ?? []))) {
    if ((await checkpoints.list(name)).length > 0) continue;
    const newest = (await checkpoints.list(live)).at(0);
    if (newest !== undefined) await checkpoints.save(name, newest.read());
  }
}
