import { takeRows } from "../../data/index.js";
import type { DraftPart, FileDraft, FileRows, PartColumn, RowFile } from "../../data/index.js";
import { throwIfCancelled, type ProgressTask } from "../../kernel/index.js";
import { requireDifferent } from "./predict-columns.js";
import { predictErrors } from "./predict-errors.js";
import type { RefusedRow, RowPredictor, RowValues } from "./predict-rows.js";

/** What becomes of rows that are no valid requests. */
export type OnBadRow = "fail" | "skip" | "null";

/** What is known of the rows that were predicted. */
export type Predicted = {
  readonly refused: { readonly count: number; readonly first: readonly RefusedRow[] };
  /** The columns of the predictions. */
  readonly columns: readonly string[];
};

export interface PartsRequest {
  readonly draft: FileDraft;
  readonly rows: RowFile;
  readonly carried: readonly string[];
  readonly onBadRow: OnBadRow;
  readonly chunkRows: number | undefined;
}

interface PartsContext {
  /** Loads what predicts; only when there is something left to predict. */
  readonly open: () => Promise<RowPredictor>;
  readonly task: ProgressTask;
  readonly signal: AbortSignal | undefined;
}

const refusedShown = 10;

/**
 * Predicts the rows behind the parts that a draft has, as further parts. While one chunk is computed the next is read
 * and the one before is written.
 */
export async function predictParts(request: PartsRequest, context: PartsContext): Promise<Predicted> {
  const { draft, rows } = request;
  const from = draft.parts.reduce((sum, { rowCount }) => sum + rowCount, 0);
  if (draft.parts.length === 0 || from < rows.rowCount) {
    const predictor = await context.open();
    try {
      requireDifferent(
        request.carried,
        predictor.columns.map(({ name }) => name),
      );
      if (rows.rowCount === 0) await draft.add(partOf(request, predictor, emptyRows));
      else await predictRest(request, { ...context, predictor, from });
    } finally {
      await predictor.dispose();
    }
  }
  return draft.parts.map(({ note }) => JSON.parse(note) as Predicted).reduce(together);
}

const emptyRows = {
  chunk: { from: 0, table: { rowCount: 0, columns: {} }, matrices: {}, rejects: [], undivided: [] },
};

async function predictRest(
  request: PartsRequest,
  context: PartsContext & { readonly predictor: RowPredictor; readonly from: number },
): Promise<void> {
  const { draft, rows, chunkRows } = request;
  const { predictor, from, task, signal } = context;
  const { fields, matrices } = predictor;
  let computing: Promise<DraftPart | undefined> = Promise.resolve(undefined);
  let writing: Promise<void> = Promise.resolve();
  let written = from;
  const write = async (part: DraftPart | undefined) => {
    if (part === undefined) return;
    await draft.add(part);
    written += part.rowCount;
    task.update(written);
  };
  /** Waits until the chunk before is computed and handed to writing, and the one before that is written. */
  const settle = async () => {
    const part = await computing;
    await writing;
    throwIfCancelled(signal);
    writing = quiet(write(part));
  };
  const take = async (chunk: FileRows) => {
    const next = quiet(predictChunk(request, predictor, { chunk, signal }));
    await settle();
    computing = next;
  };
  const reading = { fields, matrices, from, chunkRows: chunkRows ?? predictor.chunkRows };
  try {
    await rows.read(reading, take, signal);
    await settle();
  } finally {
    await writing;
  }
}

/** A promise whose failure is not unhandled before somebody waits for it. */
function quiet<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

interface Chunk {
  readonly chunk: FileRows;
  readonly signal?: AbortSignal | undefined;
}

async function predictChunk(
  request: PartsRequest,
  predictor: RowPredictor,
  { chunk, signal }: Chunk,
): Promise<DraftPart> {
  const problems = new Map(predictor.check(chunk));
  for (const { row, reason } of chunk.undivided) problems.set(row - chunk.from, [reason]);
  if (problems.size > 0 && request.onBadRow === "fail") throw rowsRefused(problems, chunk);
  const { table } = chunk;
  if (problems.size === 0) {
    const columns = await predictor.predict(chunk, signal);
    return partOf(request, predictor, { chunk, columns });
  }
  const good = Int32Array.from(goodPositions(table.rowCount, problems));
  if (good.length === 0) return partOf(request, predictor, { chunk, problems });
  const answers = await predictor.predict(rowsAt(chunk, good), signal);
  const place = new Int32Array(table.rowCount).fill(-1);
  good.forEach((row, i) => (place[row] = i));
  const columns = answers.map((column): PartColumn => ({
    ...column,
    value: (row) => (place[row] < 0 ? null : column.value(place[row])),
  }));
  return partOf(request, predictor, { chunk, columns, problems });
}

function rowsAt({ table, matrices }: FileRows, positions: Int32Array): RowValues {
  const take = (matrix: Float32Array) => {
    const width = matrix.length / table.rowCount;
    const taken = new Float32Array(positions.length * width);
    positions.forEach((row, i) => taken.set(matrix.subarray(row * width, (row + 1) * width), i * width));
    return taken;
  };
  const entries = Object.entries(matrices).map(([name, matrix]) => [name, take(matrix)] as const);
  return { table: takeRows(table, positions), matrices: Object.fromEntries(entries) };
}

function* goodPositions(rowCount: number, problems: ReadonlyMap<number, unknown>): Iterable<number> {
  for (let row = 0; row < rowCount; row++) if (!problems.has(row)) yield row;
}

interface Computed {
  readonly chunk: FileRows;
  /** Absent where no row is good: then all are missing. */
  readonly columns?: readonly PartColumn[];
  readonly problems?: ReadonlyMap<number, readonly string[]>;
}

function partOf(
  { carried }: PartsRequest,
  predictor: RowPredictor,
  { chunk, columns, problems = new Map() }: Computed,
): DraftPart {
  const { rowCount } = chunk.table;
  const all = columns ?? predictor.columns.map((column) => ({ ...column, value: () => null }));
  const names = all.map(({ name }) => name);
  requireDifferent(carried, names);
  const refused = { count: problems.size, first: firstRefused(problems, chunk.from) };
  const facts: Predicted = { refused, columns: names };
  return { rowCount, columns: all, kept: (row) => !problems.has(row), note: JSON.stringify(facts) };
}

function firstRefused(problems: ReadonlyMap<number, readonly string[]>, from: number): RefusedRow[] {
  const rows = [...problems.keys()].sort((a, b) => a - b).slice(0, refusedShown);
  return rows.map((row) => ({ row: from + row, reasons: problems.get(row) ?? [] }));
}

const together = (a: Predicted, b: Predicted): Predicted => ({
  refused: {
    count: a.refused.count + b.refused.count,
    first: [...a.refused.first, ...b.refused.first].slice(0, refusedShown),
  },
  columns: [...new Set([...a.columns, ...b.columns])],
});

/** MW1172. */
function rowsRefused(problems: ReadonlyMap<number, readonly string[]>, { from, table }: FileRows) {
  const first = firstRefused(problems, from);
  const [{ row, reasons }] = first;
  const among = `rows ${from} to ${from + table.rowCount - 1}`;
  return predictErrors.error("MW1172", {
    expected: "a valid request in every row",
    found: `${problems.size} others among ${among}; row ${row}: ${reasons.join("; ")}`,
    remedy:
      "Mend the rows (they count from 0), or leave them out with --on-bad-row skip, or without a prediction with --on-bad-row null.",
    details: { count: problems.size, rows: first },
  });
}
