import { rm } from "node:fs/promises";
import { join } from "node:path";
import {
  DOUBLE,
  DuckDBDataChunk,
  INTEGER,
  VARCHAR,
  type DuckDBConnection,
  type DuckDBInstance,
  type DuckDBType,
} from "@duckdb/node-api";
import type { EventCounts, EventFile, WindowEngine, WindowRequest } from "../../features/index.js";
import { throwIfCancelled, type Table } from "../../kernel/index.js";
import type { DuckDBEngineOptions } from "./engine.js";
import { readRows } from "./read-table.js";
import { openScratch } from "./scratch.js";
import { openInstance, withConnection } from "./session.js";
import { columnsOfSchema } from "./sql.js";
import {
  columnsOfView,
  countsSql,
  eventsSql,
  isPlain,
  keyParts,
  largestUnits,
  rowsOfKeysSql,
  slotColumn,
  slotObjection,
  wantedColumns,
  type EventBounds,
} from "./window-slots.js";
import { binMsOf, binsSql, frameSql, outputCount, prefixSql, rangeSql } from "./window-strategies.js";

/** Adds windows up in DuckDB, from canonical Parquet. Close it to free its memory and its scratch folder. */
export async function duckdbWindows(options: DuckDBEngineOptions): Promise<WindowEngine> {
  const scratch = await openScratch(options.scratchFolder);
  const instance = await openInstance({
    threads: options.threads ?? 2,
    memoryLimit: options.memoryLimit ?? "1GB",
    spillFolder: join(scratch, "spill"),
  });
  return Object.freeze({
    objection: slotObjection,
    measure: (view: WindowRequest["view"], file: EventFile) =>
      withConnection(instance, (connection) => measure(connection, view, file)),
    addUp: (request: WindowRequest, signal?: AbortSignal) =>
      withConnection(instance, (connection) => addUp(connection, request, signal), { signal }),
    readKeys: (view: WindowRequest["view"], file: EventFile, keys: readonly string[]) =>
      withConnection(instance, (connection) => readKeys(connection, { view, file, keys })),
    close: () => close(instance, scratch),
  });
}

async function close(instance: DuckDBInstance, scratch: string): Promise<void> {
  instance.closeSync();
  await rm(scratch, { recursive: true, force: true });
}

async function measure(
  connection: DuckDBConnection,
  view: WindowRequest["view"],
  { path }: EventFile,
): Promise<EventCounts> {
  const result = await connection.runAndReadAll(countsSql(view, path));
  const [events, keys, perKey, spanMs] = result.getRows()[0].map(Number);
  return { events, keys, perKey, spanMs };
}

async function addUp(
  connection: DuckDBConnection,
  request: WindowRequest,
  signal?: AbortSignal,
): Promise<Float64Array[] | undefined> {
  const { windows, file, view } = request;
  const answers = emptyAnswers(request);
  const bounds = boundsOf(request);
  if (bounds === undefined) return answers;
  await createWanted(connection, request);
  await createAsked(connection, request);
  if (bounds.binMs !== undefined) await connection.run(`CREATE TEMP TABLE bins AS ${binsSql(request)}`);
  await connection.run(`CREATE TEMP TABLE ev AS ${eventsSql(view, file.path, bounds)}`);
  if (!(await isCertain(connection, request))) return undefined;
  throwIfCancelled(signal);
  const all = windows.map((_, w) => w);
  if (request.strategy === "prefix") {
    const selects = prefixSql(request);
    for (const w of all) await collect(connection, { select: selects[w], request, windows: [w], answers });
  } else {
    const select = request.strategy === "range" ? rangeSql(request) : frameSql(request);
    await collect(connection, { select, request, windows: all, answers });
  }
  return answers;
}

/** The events that some question may see; undefined when no question has a key. */
function boundsOf(request: WindowRequest): EventBounds | undefined {
  const { questions, windows, strategy } = request;
  let [beforeMs, fromMs] = [-Infinity, Infinity];
  for (let row = 0; row < questions.timeMs.length; row++) {
    if (!asks(questions, row)) continue;
    beforeMs = Math.max(beforeMs, questions.timeMs[row]);
    for (const { lowMs } of windows) fromMs = Math.min(fromMs, lowMs[row]);
  }
  if (beforeMs === -Infinity) return undefined;
  return { beforeMs, fromMs, ...(strategy === "range" ? { binMs: binMsOf(request) } : {}) };
}

const asks = ({ codes, timeMs }: WindowRequest["questions"], row: number) =>
  codes[row] >= 0 && !Number.isNaN(timeMs[row]);

const appendedRows = 2048;

/** Creates a table of rows. */
async function createTable(
  connection: DuckDBConnection,
  { name, columns }: { name: string; columns: readonly (readonly [string, DuckDBType])[] },
  rows: { readonly length: number; readonly read: (row: number) => (string | number | null)[] },
): Promise<void> {
  const definition = columns.map(([column, type]) => `${column} ${type.toString()}`);
  await connection.run(`CREATE TEMP TABLE ${name} (${definition.join(", ")})`);
  const appender = await connection.createAppender(name);
  const types = columns.map(([, type]) => type);
  for (let at = 0; at < rows.length; at += appendedRows) {
    const chunk = DuckDBDataChunk.create(types, Math.min(appendedRows, rows.length - at));
    const vectors = types.map((_, i) => chunk.getColumnVector(i));
    for (let i = 0; i < chunk.rowCount; i++) {
      rows.read(at + i).forEach((value, column) => vectors[column].setItem(i, value));
    }
    for (const vector of vectors) vector.flush();
    appender.appendDataChunk(chunk);
  }
  appender.closeSync();
}

async function createWanted(
  connection: DuckDBConnection,
  { view, keys }: Pick<WindowRequest, "view" | "keys">,
): Promise<void> {
  const parts = wantedColumns(view).map(
    (type, part) => [`p${part}`, type === "VARCHAR" ? VARCHAR : DOUBLE] as const,
  );
  await createTable(
    connection,
    { name: "wanted", columns: [["k", INTEGER], ...parts] },
    { length: keys.length, read: (key) => [key, ...keyParts(view, keys[key])] },
  );
}

async function createAsked(
  connection: DuckDBConnection,
  { questions, windows }: WindowRequest,
): Promise<void> {
  const rows: number[] = [];
  for (let row = 0; row < questions.timeMs.length; row++) if (asks(questions, row)) rows.push(row);
  const lows = windows.map((_, w) => [`lo${w}`, DOUBLE] as const);
  await createTable(
    connection,
    { name: "asked", columns: [["row", INTEGER], ["k", INTEGER], ["t", DOUBLE], ...lows] },
    {
      length: rows.length,
      read: (i) => {
        const row = rows[i];
        return [row, questions.codes[row], questions.timeMs[row], ...windows.map(({ lowMs }) => lowMs[row])];
      },
    },
  );
}

/** Whether every value is small enough to be added up, and every time as whole as the strategy needs. */
async function isCertain(connection: DuckDBConnection, { view, strategy }: WindowRequest): Promise<boolean> {
  const values = view.plan.slots.map((_, i) => `max(abs(${slotColumn(i)}))`);
  const result = await connection.runAndReadAll(
    `SELECT coalesce(greatest(0, ${values.join(", ")}), 0)::DOUBLE, coalesce(bool_and(x = floor(x)), true)::INTEGER, ` +
      `(SELECT coalesce(bool_and(t = floor(t)), true)::INTEGER FROM asked) FROM ev`,
  );
  const [largest, wholeEvents, wholeQuestions] = result.getRows()[0].map(Number);
  if (!(largest <= largestUnits)) return false;
  return strategy !== "frame" || (isPlain(view) && wholeEvents === 1 && wholeQuestions === 1);
}

/** Cells of no events. */
function emptyAnswers({ view, windows, questions }: WindowRequest): Float64Array[] {
  const { cellAt, identity, slots } = view.plan;
  return windows.map((window) => {
    const cells = window.slots.flatMap((slot) => [
      ...identity.subarray(cellAt[slot], slot + 1 < slots.length ? cellAt[slot + 1] : identity.length),
    ]);
    const answer = new Float64Array(questions.timeMs.length * cells.length);
    for (let i = 0; i < answer.length; i++) answer[i] = cells[i % cells.length];
    return answer;
  });
}

interface Collecting {
  readonly select: string;
  readonly request: WindowRequest;
  /** The windows whose outputs the select gives. */
  readonly windows: readonly number[];
  readonly answers: readonly Float64Array[];
}

/** Runs a select and writes its outputs as the cells of slots. */
async function collect(
  connection: DuckDBConnection,
  { select, request, windows, answers }: Collecting,
): Promise<void> {
  const result = await connection.stream(select);
  const { slots } = request.view.plan;
  const rowCount = request.questions.timeMs.length;
  for (
    let chunk = await result.fetchChunk();
    chunk !== null && chunk.rowCount > 0;
    chunk = await result.fetchChunk()
  ) {
    const rows = chunk.getColumnVector(0);
    let output = 1;
    for (const w of windows) {
      const width = answers[w].length / Math.max(1, rowCount);
      let cell = 0;
      for (const slot of request.windows[w].slots) {
        const { operation } = slots[slot];
        const vectors = Array.from({ length: outputCount(operation) }, (_, i) =>
          chunk.getColumnVector(output + i),
        );
        for (let i = 0; i < chunk.rowCount; i++) {
          const at = (rows.getItem(i) as number) * width + cell;
          const [first, second] = vectors.map((vector) => vector.getItem(i) as number | null);
          writeCells(operation, answers[w], { at, first, second: second ?? 0 });
        }
        output += vectors.length;
        cell += operation === "sum" ? 2 : vectors.length;
      }
    }
  }
}

const lowUnits = 2 ** 50;

function writeCells(
  operation: string,
  cells: Float64Array,
  { at, first, second }: { at: number; first: number | null; second: number },
): void {
  if (first === null) return;
  if (operation === "sum") {
    // A sum beyond 2^53 reads as null, whatever it is.
    const high = Number.isNaN(first) ? lowUnits : Math.floor(first / lowUnits);
    cells[at] = high;
    cells[at + 1] = Number.isNaN(first) ? 0 : first - high * lowUnits;
    return;
  }
  // Of the zeros only one is kept, as in fold.
  cells[at] = first + 0;
  if (operation === "squares") cells[at + 1] = second;
}

async function readKeys(
  connection: DuckDBConnection,
  { view, file, keys }: { view: WindowRequest["view"]; file: EventFile; keys: readonly string[] },
): Promise<Table> {
  await createWanted(connection, { view, keys });
  await connection.run(`CREATE TEMP TABLE sampled AS ${rowsOfKeysSql(view, file.path)}`);
  return readRows(connection, {
    from: "sampled",
    columns: columnsOfSchema(columnsOfView(view)),
  });
}
