import { loadGraph, type LoadedGraph } from "../../inference/index.js";
import type { ModelVersion, Tensors } from "../../registry/index.js";
import type { Project } from "../project.js";
import { versionNamed } from "./read-version.js";

/** A version in memory, for the product's own process. */
export interface OpenedModel extends Pick<LoadedGraph, "signature" | "compute" | "dispose"> {
  readonly version: ModelVersion;
}

/**
 * Loads a registered version, given as `sentiment@3`, `sentiment@champion` or `sentiment`, its champion: hashes,
 * signature and probes are checked first. A model of features takes its graph's inputs, `numeric` and `text`, with
 * every feature computed by the caller; `openLiveProject` computes them. It stays in memory until `dispose`, whatever
 * becomes of the alias. `compute` blocks the event loop for as long as the graph computes. Throws MW0601 to MW0608, MW0618, MW0701 and MW0702.
 */
export async function openModel(
  project: Pick<Project, "registry" | "blobs" | "sessions">,
  reference: string,
): Promise<OpenedModel> {
  const { model, ref } = versionNamed(reference);
  const version = await project.registry.resolve(model, ref);
  const graph = await loadGraph(version.packageId, project);
  return Object.freeze({
    ...{ version, signature: graph.signature },
    compute: (inputs: Tensors) => graph.compute(inputs),
    dispose: () => graph.dispose(),
  });
}
