import {
  dataErrors,
  readQuarantine,
  snapshotSource,
  type DatasetVersion,
  type QuarantinedRow,
  type Snapshot,
  type Source,
} from "../../data/index.js";
import { lookupsOf } from "../../features/index.js";
import type { ModelDefinition } from "../../training/index.js";
import type { Project } from "../project.js";

/** Makes the dataset version of a source, or finds the one that has its content already. */
export function snapshotData(project: Project, source: Source, signal?: AbortSignal): Promise<Snapshot> {
  const { engine, blobs, datasets, clock, progress } = project;
  return snapshotSource(source, {
    engine,
    blobs,
    catalog: datasets,
    clock,
    progress,
    ...(signal === undefined ? {} : { signal }),
  });
}

/** Snapshots every source that a model reads. */
export async function snapshotSources(
  project: Project,
  model: ModelDefinition,
  signal?: AbortSignal,
): Promise<Map<string, DatasetVersion>> {
  const sources = new Set([model.spine.source, ...lookupsOf(model.features).map(({ view }) => view.source)]);
  const versions = new Map<string, DatasetVersion>();
  for (const source of sources) {
    versions.set(source.name, (await snapshotData(project, source, signal)).version);
  }
  return versions;
}

/** The rows that the latest dataset version of a source set aside. Plain JSON. */
export interface Failures {
  readonly source: string;
  /** The dataset version. */
  readonly version: string;
  readonly quarantinedCount: number;
  /** In the order of the file. */
  readonly rows: readonly QuarantinedRow[];
}

/** Reads what the latest dataset version of a source set aside, and why. Throws MW0217 when there is none. */
export async function listFailures(project: Project, source: Source): Promise<Failures> {
  const version = await project.datasets.latest(source.name);
  if (version === undefined) {
    throw dataErrors.error("MW0217", {
      expected: `a dataset version of source "${source.name}"`,
      found: "none",
      remedy: `Make one with millwright data snapshot ${source.name}, or look without: millwright data validate ${source.name}.`,
      details: { source: source.name },
    });
  }
  const { name, id, quarantinedCount } = version;
  return { source: name, version: id, quarantinedCount, rows: await readQuarantine(version, project) };
}
