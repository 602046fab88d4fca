import type { Session, SessionFactory } from "../../inference/index.js";
import type { Project } from "../project.js";

/**
 * Rows of one computation: fewer pay for the call, more leave the caches of a processor between two layers. A network of
 * two layers of 512 takes 1.4 times as long for rows in batches of 4,096, and trees do not care.
 */
export const batchRows = 1024;

/** Batches that a session is given at once: each gift costs it and its giver as much as some fifty rows of trees. */
const batchesInCall = 8;

/** Rows that are read and noted at once: fewer cost more for their files, more are lost when a run ends. */
const chunkRows = 65_536;

/** So that wide rows, such as pictures, take no more memory than many narrow ones. */
const chunkValues = 8 << 20;

export interface RowsAtOnce {
  /** Rows that are read and noted. */
  readonly chunkRows: number;
  /** Rows that a session is given: whole batches. */
  readonly callRows: number;
  /** Rows of one computation. */
  readonly batchRows: number;
}

/** How many rows of so many values are read, given to a session and computed at once. */
export function rowsAtOnce(width: number): RowsAtOnce {
  const rows = Math.max(1, Math.min(chunkRows, Math.floor(chunkValues / width)));
  const batch = Math.max(1, Math.min(batchRows, Math.floor(rows / 4)));
  const batches = Math.max(1, Math.min(batchesInCall, Math.floor(rows / 4 / batch)));
  return { chunkRows: rows, callRows: batches * batch, batchRows: batch };
}

/** A batch that takes longer is given up: nobody is waiting, but a graph that loops for ever must not hold a file. */
const batchLimitMs = 600_000;

/** A thread for a session is worth its start from so many rows on. */
const rowsEach = 32_768;

/**
 * How many sessions predict so many rows: each in a thread of its own, so that this one is free to read and write.
 * One session computes in this thread. What they compute is the same.
 */
export function sessionCount({ threads }: Pick<Project, "threads">, rowCount: number): number {
  return Math.max(1, Math.min(threads, Math.floor(rowCount / rowsEach)));
}

/**
 * A project's sessions, in threads where there are several, and in processes where the graph might never end: a process
 * can be ended, and its way of inputs costs as much as reading them. `opened` is told of each.
 */
export function predictingSessions(
  { sessions }: Pick<Project, "sessions">,
  count: number,
  opened: (session: Session) => void = () => undefined,
): SessionFactory {
  const placeOf = (graph: Uint8Array) => {
    if (count === 1) return {};
    return mayLoop(graph) ? { apart: { limitMs: batchLimitMs } } : { inThread: true };
  };
  return Object.freeze({
    engine: sessions.engine,
    open: async (graph: Uint8Array, options: Parameters<SessionFactory["open"]>[1]) => {
      const session = await sessions.open(graph, { ...options, ...placeOf(graph) });
      opened(session);
      return session;
    },
  });
}

/** `Loop` is the one operator of ONNX without a bound, and whatever a file has of it has its name. */
const mayLoop = ({ buffer, byteOffset, byteLength }: Uint8Array): boolean =>
  Buffer.from(buffer, byteOffset, byteLength).includes("Loop");

/** Opens so many; when one fails, those that are open are disposed of. */
export async function openAll<Graph extends { dispose(): Promise<void> }>(
  count: number,
  open: () => Promise<Graph>,
): Promise<readonly Graph[]> {
  const settled = await Promise.allSettled(Array.from({ length: count }, open));
  const graphs = settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const failed = settled.find((one) => one.status === "rejected");
  if (failed === undefined) return graphs;
  await Promise.all(graphs.map((graph) => graph.dispose()));
  throw failed.reason;
}
