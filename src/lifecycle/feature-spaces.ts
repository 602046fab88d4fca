import type { FeatureSpace, View } from "../features/index.js";
import { canonicalHash } from "../kernel/index.js";
import type { Project } from "./project.js";
import { baseName, type SharedBase } from "./shared-base.js";

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
