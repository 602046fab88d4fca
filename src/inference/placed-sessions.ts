import type { Clock } from "../kernel/index.js";
import { loadTensors, probeBatch, type ModelPackage, type Tensors } from "../registry/index.js";
import type { ServedGraph } from "./infer.js";
import { verifySession } from "./loaded-graph.js";
import type { LoadContext } from "./loaded-model.js";
import type { ModelServing } from "./model-serving.js";
import { choosePlacement, warmCalls, warmGraph, type GraphWarmUp } from "./queue/placement.js";
import type { Session } from "./ports.js";
import { rowsAreIndependent } from "./queue/row-independence.js";

/** Sessions of one package where its cost belongs. Whoever gets them disposes them. */
export interface PlacedSessions {
  /** One, or as many as are to compute at the same time. */
  readonly sessions: readonly Session[];
  readonly placement: ServedGraph["placement"];
  /** Whether rows of several calls may be computed together; false where nobody asked. */
  readonly independentRows: boolean;
  /** What one row cost in this thread; the placement follows from it. */
  readonly warmUp: GraphWarmUp;
}

/**
 * Opens a package's graph, runs the probes, warms it up and, where one row takes long, moves it into processes of its
 * own. A model of features in this thread is called without a queue: it has one session, and its rows are not compared.
 * Throws MW0608, MW0701, MW0702, MW0708, MW0709 and MW0714; then nothing is left in memory.
 */
export async function placeSessions(
  read: ModelPackage,
  { sessions, clock }: Pick<LoadContext, "sessions"> & { readonly clock: Clock },
  { batching, placement: wanted, limitMs, provider }: ModelServing,
): Promise<PlacedSessions> {
  const opened: Session[] = [];
  const open = async (count: number, apart?: { readonly limitMs: number }) => {
    for (let i = 0; i < count; i++)
      opened.push(await sessions.open(read.model, { threads: 1, provider, ...(apart && { apart }) }));
  };
  try {
    await open(1);
    const [first] = opened;
    await verifySession(read, first);
    const warmUp = await warmPackage(read, first, clock);
    const placement = wanted ?? choosePlacement(warmUp.medianMs);
    const queued = read.kind === "tensors" || placement === "worker";
    const { signature } = read.manifest;
    const independentRows = queued && (await rowsAreIndependent(first, signature, probeInputs(read)));
    if (placement === "worker") {
      await first.dispose();
      opened.length = 0;
      await open(batching.instances, { limitMs });
    } else if (queued) await open(batching.instances - 1);
    return { sessions: opened, placement, independentRows, warmUp };
  } catch (error) {
    await Promise.allSettled(opened.map((session) => session.dispose()));
    throw error;
  }
}

/** By the way in which the package's rows will be asked: what is to be warm is that code. */
async function warmPackage(read: ModelPackage, session: Session, clock: Clock): Promise<GraphWarmUp> {
  if (read.kind === "tensors") return warmGraph(session, probeInputs(read), { clock });
  const singles = read.probes.probes.map((probe) => probeBatch({ ...read.probes, probes: [probe] }));
  return warmCalls(
    singles.map(
      ({ numeric, rows, text }) =>
        () =>
          session.run(numeric, rows, text),
    ),
    { clock },
  );
}

/** The inputs of a package's probes, as tensors of its graph. */
function probeInputs(read: ModelPackage): readonly Tensors[] {
  if (read.kind === "tensors") return read.probes.probes.map(({ inputs }) => loadTensors(inputs));
  const takes = (name: string) => read.manifest.signature.inputs.some((input) => input.name === name);
  return read.probes.probes.map((probe): Tensors => {
    const { numeric, rows, text } = probeBatch({ ...read.probes, probes: [probe] });
    return {
      ...(takes("numeric") && {
        numeric: { dtype: "float32", shape: [rows, numeric.length / rows], data: numeric },
      }),
      ...(takes("text") && { text: { dtype: "string", shape: [rows, text.length / rows], data: text } }),
    };
  });
}
