import { allResults, seededRng, workerModule } from "../../kernel/index.js";
import { learningErrors } from "../errors.js";
import { encodeFeatures, type FittedFeature } from "../feature-encoding.js";
import { checkExamples, requireTarget, type Examples, type Feature } from "../feature-table.js";
import { frozen } from "../frozen.js";
import { compileOptions } from "../numeric-options.js";
import { workerFailed } from "../worker-failed.js";
import type { IsolationTree } from "./grow.js";
import type { IsolationModel } from "./model.js";
import { compileIsolationOptions, type IsolationOptions } from "./options.js";
import type { IsolationWorkerInput } from "./train-worker.js";

const threadRule = { threads: { default: 1, min: 1, max: 256, whole: true } };

/**
 * Isolation forest (Liu, Ting, Zhou 2008): rows that random decisions part from the others early are strange.
 * A table in which nothing varies gives every row the score 0.5. Equal examples and options give equal bytes on
 * any number of threads. Time: trees × sampleSize × features; memory of one copy of the columns. Throws MW0401,
 * MW0404, MW0405, MW0408, MW0410 if rows have weights, MW0420 for fewer than two rows, MW0105 when cancelled,
 * MW0407 if a worker dies.
 */
export async function trainIsolation(
  given: Examples,
  options: Partial<IsolationOptions>,
  context: {
    readonly threads: number;
    readonly signal?: AbortSignal | undefined;
    /** Trees done so far by all threads. */
    readonly onTree?: ((done: number) => void) | undefined;
  },
): Promise<IsolationModel> {
  const compiled = compileIsolationOptions(options);
  const { threads } = compileOptions(threadRule, { threads: context.threads });
  const examples = requireTarget(given, "isolationForest()", "anomaly");
  checkExamples(examples);
  checkRows(examples);
  const features = examples.features.map((feature) => fitShares(feature, examples.rowCount));
  const sampleSize = Math.min(compiled.sampleSize, examples.rowCount);
  const trees = await growOnThreads(
    {
      columns: encodeFeatures(features, examples),
      sampleSize,
      maxDepth: compiled.maxDepth === 0 ? Math.ceil(Math.log2(sampleSize)) : compiled.maxDepth,
      treeSeeds: seedsOf(compiled),
    },
    { ...context, threads: Math.min(threads, compiled.trees) },
  );
  const { rowCount } = examples;
  return frozen({ kind: "isolation", features, options: compiled, rowCount, sampleSize, trees });
}

function checkRows({ rowCount, weights }: Examples): void {
  if (weights !== undefined) {
    throw learningErrors.error("MW0410", {
      expected: "no weights for isolationForest(), where every row counts alike",
      found: "weights",
      remedy: "Leave the weights out.",
    });
  }
  if (rowCount >= 2) return;
  throw learningErrors.error("MW0420", {
    expected: "at least 2 rows for isolationForest()",
    found: String(rowCount),
    remedy: "Give the training part more rows.",
  });
}

/** A text becomes its category's share of the rows, since nothing else is known of it. */
function fitShares(feature: Feature, rowCount: number): FittedFeature {
  if (feature.kind === "number") return { kind: "number", name: feature.name };
  const { name, codes, dictionary } = feature;
  const counts = new Float64Array(dictionary.length);
  for (const code of codes) if (code >= 0) counts[code]++;
  const seen = [...dictionary.keys()].filter((code) => counts[code] > 0 && dictionary[code] !== "");
  return {
    kind: "text",
    name,
    categories: seen.map((code) => dictionary[code]),
    means: seen.map((code) => Math.fround(counts[code] / rowCount)),
    unseen: 0,
  };
}

function seedsOf({ seed, trees }: IsolationOptions): readonly number[] {
  const rng = seededRng(seed);
  return Array.from({ length: trees }, () => rng.below(2 ** 32));
}

/** Deals the trees to the threads like cards. */
async function growOnThreads(
  work: IsolationWorkerInput,
  context: Parameters<typeof trainIsolation>[2],
): Promise<readonly IsolationTree[]> {
  const { threads, signal, onTree } = context;
  const done = new Float64Array(threads);
  const hands = await allResults<IsolationTree[]>({
    module: workerModule(import.meta.url, "train-worker.js"),
    inputs: Array.from({ length: threads }, (_, thread) => ({
      ...work,
      treeSeeds: work.treeSeeds.filter((_, tree) => tree % threads === thread),
    })),
    signal,
    failure: workerFailed,
    onProgress: (trees, thread) => {
      done[thread] = trees;
      onTree?.(done.reduce((sum, count) => sum + count, 0));
    },
  });
  return work.treeSeeds.map((_, tree) => hands[tree % threads][Math.floor(tree / threads)]);
}
