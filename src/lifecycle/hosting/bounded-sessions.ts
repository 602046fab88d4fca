import { inferenceErrors, type Session, type SessionFactory } from "../../inference/index.js";
import type { Tensors } from "../../registry/index.js";
import type { Project } from "../project.js";

/** How much a graph that nobody knows yet may take. */
export interface GraphBounds {
  /** Longest time of one computation. */
  readonly limitMs: number;
  /** Longest time of all computations together. */
  readonly totalMs: number;
  readonly memoryBytes: number;
}

/**
 * A project's sessions, each in a process of its own that lives no longer than the signal allows. Computing throws
 * MW0708 when a bound of time is passed; what is under way when the signal fires ends with MW0706.
 */
export function boundedSessions(
  { sessions, clock }: Pick<Project, "sessions" | "clock">,
  { limitMs, totalMs, memoryBytes }: GraphBounds,
  signal?: AbortSignal,
): SessionFactory {
  let spentMs = 0;
  const timed = async <Answer>(compute: () => Promise<Answer>): Promise<Answer> => {
    if (spentMs > totalMs) throw tookTooLong(totalMs);
    const startMs = clock.monotonicMs();
    try {
      return await compute();
    } finally {
      spentMs += clock.monotonicMs() - startMs;
    }
  };
  return Object.freeze({
    engine: sessions.engine,
    open: async (graph: Uint8Array, options: Parameters<SessionFactory["open"]>[1]): Promise<Session> => {
      const session = await sessions.open(graph, { ...options, apart: { limitMs, memoryBytes } });
      const end = () => void session.dispose();
      signal?.addEventListener("abort", end);
      if (signal?.aborted === true) end();
      return Object.freeze({
        ...session,
        compute: (inputs: Tensors) => timed(() => session.compute(inputs)),
        computeBatches: (inputs: Tensors, batchRows: number) =>
          timed(() => session.computeBatches(inputs, batchRows)),
        dispose: () => {
          signal?.removeEventListener("abort", end);
          return session.dispose();
        },
      });
    },
  });
}

function tookTooLong(totalMs: number) {
  return inferenceErrors.error("MW0708", {
    expected: `all probes to be computed within ${totalMs} ms`,
    found: "a graph that takes longer",
    remedy: "Give fewer or smaller probes with --probes.",
    details: { totalMs },
  });
}
