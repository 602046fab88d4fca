import {
  profileSource,
  suggestExpectations,
  validateSource,
  type Source,
  type SourceProfile,
  type Suggestion,
  type Validated,
} from "../../data/index.js";
import type { Project } from "../project.js";

/** Judges all expectations of a source on its rows as they are now, and keeps nothing. */
export function validateData(project: Project, source: Source, signal?: AbortSignal): Promise<Validated> {
  return validateSource(source, ports(project, signal));
}

/** A source in figures, and the expectations that its rows suggest. Plain JSON. */
export interface DataProfile extends SourceProfile {
  readonly suggestions: readonly Suggestion[];
}

/** Profiles a source as it is now, whatever expectations it breaks, and keeps nothing. */
export async function profileData(
  project: Project,
  source: Source,
  signal?: AbortSignal,
): Promise<DataProfile> {
  const profile = await profileSource(source, ports(project, signal));
  return { ...profile, suggestions: suggestExpectations(profile.columns, source.schema) };
}

function ports({ engine, datasets, clock, progress }: Project, signal?: AbortSignal) {
  return { engine, catalog: datasets, clock, progress, ...(signal === undefined ? {} : { signal }) };
}
