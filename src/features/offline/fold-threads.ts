import { allResults, columnsRead, workerModule, type Column, type Table } from "../../kernel/index.js";
import { featureErrors } from "../errors.js";
import { groupsOf, jobOf, type FoldContext, type FoldOutput, type ViewFold } from "./fold.js";
import type { FoldGroups } from "./fold-groups.js";
import type { FoldJob } from "./fold-run.js";
import { settleTexts } from "./fold-texts.js";
import type { FoldWorkerInput, FoldWorkerResult } from "./fold-worker.js";
import type { SlotPlan } from "../algebra/slots.js";

/**
 * Folds views on worker threads, each its part of the entities, and writes the answers into the columns of
 * `out`, which must lie in shared memory. The answers do not depend on the number of threads. Columns of the
 * events that are not shared are copied once. Throws MW0105 when cancelled and MW0310 when a worker dies;
 * what was answered until then means nothing.
 */
export async function foldOnThreads(
  folds: readonly ViewFold[],
  { threads, signal, onProgress }: FoldContext & { readonly threads: number },
): Promise<void> {
  for (const { out } of folds.flatMap(({ lookups }) => lookups)) requireShared(out);
  const share = sharing();
  const groups = folds.map((one) => groupsOf(one, threads));
  const jobs = folds.map((one, i) => sharedJob(jobOf(one, groups[i]), share));
  const turns = heaviestFirst(groups);
  const taken = new Int32Array(new SharedArrayBuffer(4));
  const answered = new Float64Array(threads);
  const parts = await allResults<FoldWorkerResult>({
    module: workerModule(import.meta.url, "fold-worker.js"),
    inputs: Array.from({ length: threads }, (_, index): FoldWorkerInput => {
      return { seat: { index, of: threads }, jobs, turns, taken };
    }),
    signal,
    onProgress(done, thread) {
      answered[thread] = done;
      onProgress?.(answered.reduce((sum, one) => sum + one));
    },
    failure: workerFailed,
  });
  folds.forEach(({ lookups }, i) =>
    settleTexts(
      lookups,
      parts.map((part) => part[i]),
    ),
  );
}

/** A column that is copied to a thread is a column that nobody reads. */
function requireShared({ numbers, texts }: FoldOutput): void {
  const columns = [...numbers, ...texts.map(({ codes }) => codes)];
  if (columns.every(({ buffer }) => buffer instanceof SharedArrayBuffer)) return;
  throw new TypeError("the columns of a fold on threads must lie in shared memory");
}

function heaviestFirst(groups: readonly FoldGroups[]): FoldWorkerInput["turns"] {
  const weightOf = ([job, group]: readonly [number, number]) => groups[job].weights[group];
  const turns = groups.flatMap(({ weights }, job) =>
    Array.from(weights, (_, group): readonly [number, number] => [job, group]),
  );
  return turns.sort((a, b) => weightOf(b) - weightOf(a));
}

type NumberArray = Float64Array | Int32Array;

/** Arrays in shared memory: themselves, or one copy of each. */
function sharing(): <T extends NumberArray>(array: T) => T {
  const copies = new Map<NumberArray, NumberArray>();
  return <T extends NumberArray>(array: T): T => {
    if (array.buffer instanceof SharedArrayBuffer) return array;
    const known = copies.get(array);
    if (known !== undefined) return known as T;
    const buffer = new SharedArrayBuffer(array.byteLength);
    const copy = array instanceof Float64Array ? new Float64Array(buffer) : new Int32Array(buffer);
    copy.set(array);
    copies.set(array, copy);
    return copy as T;
  };
}

/** A job as threads can have it: no column that they do not read, none that is not shared. */
function sharedJob(job: FoldJob, share: ReturnType<typeof sharing>): FoldJob {
  const { timeMs, askedAt } = job.asked;
  return {
    ...job,
    table: sharedTable(job.table, job.plan, share),
    times: share(job.times),
    visibleFrom: share(job.visibleFrom),
    asked: { timeMs: share(timeMs), askedAt: share(askedAt) },
  };
}

function sharedTable({ rowCount, columns }: Table, plan: SlotPlan, share: ReturnType<typeof sharing>): Table {
  const nodes = plan.slots.flatMap(({ value, where }) => [value, where].filter((node) => node !== undefined));
  const names = [...new Set(nodes.flatMap(columnsRead))];
  const entries = names.map((name): [string, Column] => {
    const column = columns[name];
    return [
      name,
      column.kind === "number"
        ? { ...column, values: share(column.values) }
        : { ...column, codes: share(column.codes) },
    ];
  });
  return { rowCount, columns: Object.fromEntries(entries) };
}

function workerFailed(found: string, cause?: unknown) {
  return featureErrors.error("MW0310", {
    expected: "every thread that folds features to run to its end",
    found,
    remedy: "If memory ran out, build with fewer threads; otherwise report the message.",
    cause,
  });
}
