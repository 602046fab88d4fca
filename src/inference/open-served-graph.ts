import type { Clock } from "../kernel/index.js";
import { readPackage, type Manifest } from "../registry/index.js";
import type { ServedGraph } from "./infer.js";
import type { LoadContext } from "./loaded-model.js";
import type { ModelServing } from "./model-serving.js";
import { placeSessions } from "./placed-sessions.js";
import type { GraphWarmUp } from "./queue/placement.js";
import { serveGraph } from "./queue/served-graph.js";

/** A package in memory, verified and warm, behind its queue. */
export interface OpenedGraph {
  readonly packageId: string;
  readonly manifest: Manifest;
  readonly graph: ServedGraph;
  /** What one row cost while it was warmed up in this thread; the placement follows from it. */
  readonly warmUp: GraphWarmUp;
}

/**
 * Loads a package of either kind and puts it behind its queue: verifies every hash, opens the graph, runs the probes,
 * finds out whether rows can be batched, warms up and, where one row takes long, moves the graph into processes of its
 * own. Throws MW0604 to MW0608, MW0701, MW0702, MW0708, MW0709 and MW0714; then nothing is left in memory.
 */
export async function openServedGraph(
  packageId: string,
  context: LoadContext & { readonly clock: Clock },
  serving: ModelServing,
): Promise<OpenedGraph> {
  const read = await readPackage(packageId, context.blobs);
  const { inputs, outputs } = read.manifest.signature;
  const signature = Object.freeze({ inputs, outputs });
  const { sessions, placement, independentRows, warmUp } = await placeSessions(read, context, serving);
  const { clock } = context;
  const { batching } = serving;
  const graph = serveGraph(sessions, signature, { clock, batching, placement, independentRows });
  return Object.freeze({ packageId, manifest: read.manifest, graph, warmUp });
}
