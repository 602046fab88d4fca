import type { FileField, FileMatrix, FileRows, PartColumn } from "../../data/index.js";

/** Rows without their place in the file. */
export type RowValues = Pick<FileRows, "table" | "matrices">;

/** What a model makes of the rows of a file. */
export interface RowPredictor {
  readonly fields: readonly FileField[];
  readonly matrices: readonly FileMatrix[];
  /** Rows that are best read at once. */
  readonly chunkRows: number;
  /** The columns of its answers, as far as that is known before it computed. */
  readonly columns: readonly Pick<PartColumn, "name" | "type">[];
  /** Why rows are no valid requests, by their position among the given; good rows are not in it. */
  check(rows: FileRows): ReadonlyMap<number, readonly string[]>;
  /** The answers for good rows. Calls may overlap. Throws MW1173 and what computing throws. */
  predict(rows: RowValues, signal?: AbortSignal): Promise<readonly PartColumn[]>;
  dispose(): Promise<void>;
}

/** One row that was refused; `row` is its zero-based position in the file. */
export interface RefusedRow {
  readonly row: number;
  readonly reasons: readonly string[];
}

/** Models in memory that compute side by side. */
export interface Pool<Graph> {
  /** Computes with the next one that has room, in the order of the calls. */
  run<T>(compute: (graph: Graph) => Promise<T>): Promise<T>;
  dispose(): Promise<void>;
}

/** Batches that a model has at once: one that it computes, and more for while this thread is held up. */
const batchesEach = 4;

export function poolOf<Graph extends { dispose(): Promise<void> }>(graphs: readonly Graph[]): Pool<Graph> {
  const free = Array.from({ length: batchesEach }, () => graphs).flat();
  const waiting: ((graph: Graph) => void)[] = [];
  const next = () => {
    const graph = free.pop();
    return graph === undefined
      ? new Promise<Graph>((resolve) => waiting.push(resolve))
      : Promise.resolve(graph);
  };
  return Object.freeze({
    async run<T>(compute: (graph: Graph) => Promise<T>): Promise<T> {
      const graph = await next();
      try {
        return await compute(graph);
      } finally {
        const first = waiting.shift();
        if (first === undefined) free.push(graph);
        else first(graph);
      }
    },
    dispose: async () => {
      await Promise.all(graphs.map((graph) => graph.dispose()));
    },
  });
}

/** The batches of so many rows: each `[from, to)`. The same whatever the number of threads. */
export function batchesOf(rowCount: number, batchRows: number): (readonly [from: number, to: number])[] {
  return Array.from({ length: Math.ceil(rowCount / batchRows) }, (_, batch) => [
    batch * batchRows,
    Math.min(rowCount, (batch + 1) * batchRows),
  ]);
}
