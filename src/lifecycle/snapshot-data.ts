import { snapshotSource, type Snapshot, type Source } from "../data/index.js";
import type { Project } from "./project.js";

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
