import {
  openServedGraph,
  protect,
  stepStream,
  type Inferred,
  type ProtectionPorts,
  type StepStream,
  type Timers,
} from "../../inference/index.js";
import type { HostedModel } from "./model-host.js";
import type { Project } from "../project.js";
import { withCache } from "./with-cache.js";

/** A version of an imported graph, ready to answer. */
export interface HostedGraph extends HostedModel {
  readonly packageId: string;
  /** Answers what waits, then frees the memory; again is harmless. */
  dispose(): Promise<void>;
}

export interface GraphToHost {
  readonly name: string;
  readonly version: string;
  readonly packageId: string;
}

/** What stands around the calls of a graph besides the graph itself. */
export type GraphPorts = Omit<ProtectionPorts, "signature" | "versionId" | "clock">;

/** Loads, verifies and warms a version, with all around it that the configuration asks for. Throws what loading throws. */
export async function hostGraph(
  project: Project,
  { name, version, packageId }: GraphToHost,
  ports: GraphPorts,
): Promise<HostedGraph> {
  const serving = project.serving.ofModel(name);
  const { graph } = await openServedGraph(packageId, project, serving);
  let disposal: Promise<void> | undefined;
  try {
    const { signature, maxBatchRows } = graph;
    const streams = streamsUnderWay(ports.timers);
    const stream = serving.stream && streams.counted(stepStream(serving.stream, signature));
    const guarded = protect(graph.infer, serving.resilience, {
      ...{ ...ports, clock: project.clock, signature, versionId: packageId },
    });
    return Object.freeze({
      ...{ name, version, packageId, signature, platform: "onnxruntime_onnx" },
      maxBatchRows: maxBatchRows > 1 ? maxBatchRows : 0,
      infer: guarded.infer,
      breakerState: () => guarded.breakerState(),
      ...(stream && { stream }),
      ...(serving.pricePerPrediction !== undefined && { pricePerPrediction: serving.pricePerPrediction }),
      statistics: () => withCache(graph.statistics(), guarded),
      dispose: () => (disposal ??= streams.ended().then(() => graph.dispose())),
    });
  } catch (error) {
    await graph.dispose();
    throw error;
  }
}

/** A stream of a version that was replaced may go on for so long; then its next step fails, and the memory is freed. */
const streamGraceMs = 30_000;

/** Streams are of one version from their first step to their last, so that one waits for them before it goes. */
function streamsUnderWay(timers: Timers) {
  let open = 0;
  let last: (() => void) | undefined;
  async function* counting(steps: AsyncGenerator<Inferred, void, undefined>) {
    open++;
    try {
      yield* steps;
    } finally {
      if (--open === 0) last?.();
    }
  }
  return {
    counted: (stream: StepStream): StepStream =>
      Object.freeze({
        steps: stream.steps,
        run: (...asked: Parameters<StepStream["run"]>) => counting(stream.run(...asked)),
      }),
    async ended(): Promise<void> {
      if (open === 0) return;
      let callOff = (): void => undefined;
      await new Promise<void>((resolve) => {
        last = resolve;
        callOff = timers.after(streamGraceMs, resolve);
      });
      callOff();
    },
  };
}
