import { seededRng, serveWorker } from "../../kernel/index.js";
import { growIsolationTree, sampleRows, type IsolationTree } from "./grow.js";

/** What each thread is given. */
export interface IsolationWorkerInput {
  /** In shared memory; at least one. */
  readonly columns: readonly Float32Array[];
  readonly sampleSize: number;
  readonly maxDepth: number;
  /** One per tree that this thread grows. */
  readonly treeSeeds: readonly number[];
}

serveWorker<IsolationWorkerInput, IsolationTree[]>(({ columns, sampleSize, maxDepth, treeSeeds }, onTree) =>
  treeSeeds.map((seed, done) => {
    const rng = seededRng(seed);
    const rows = sampleRows(columns[0].length, sampleSize, rng);
    const tree = growIsolationTree(columns, rows, { rng, maxDepth });
    onTree(done + 1);
    return tree;
  }),
);
