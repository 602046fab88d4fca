import { readFile, rm, stat, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { DuckDBInstance } from "@duckdb/node-api";
import { dataErrors, type RejectedRow, type SourceLocation } from "../../data/index.js";
import type { DraftPart, FileDraft, Publication, RowFile } from "../../data/index.js";
import { isMillwrightError, throwIfCancelled } from "../../kernel/index.js";
import { moveWhole, moveWholeIfFree, orWriteFailed, writeFailed, type DraftFolder } from "./draft-folder.js";
import { carryRows, makeOutput, type CarriedRows, type DraftRows } from "./draft-output.js";
import { partFile, readPart } from "./draft-parts.js";
import { readFooter, type Footer } from "./parquet-footer.js";
import type { PartFile } from "./parquet-output.js";
import { openRowFile, unreadable, type ParquetRows } from "./row-file.js";
import { engineError, isResourceError, withConnection } from "./session.js";
import { requireHeader } from "./csv-header.js";
import { mendCsv } from "./mend-csv.js";
import { stageText, type TextLocation } from "./stage-text.js";

/** A draft in its folder, on an engine of its own; closing or discarding it frees both. */
export async function openDraft(
  instance: DuckDBInstance,
  folder: DraftFolder,
  target: string,
): Promise<FileDraft> {
  const parts = await orWriteFailed(target, () => readParts(folder));
  const whole = join(folder.path, "output.tmp");
  const ending = new AbortController();
  let rows: DraftRows | undefined;
  let carrying: Promise<CarriedRows> | undefined;
  let open = true;
  const end = async (last: () => Promise<void>) => {
    if (!open) return;
    open = false;
    ending.abort();
    const carried = await carrying?.catch(() => undefined);
    await carried?.begun?.output.file.close();
    instance.closeSync();
    await last();
  };

  return Object.freeze({
    note: folder.note,
    parts,
    async openRows(location: SourceLocation, signal?: AbortSignal) {
      const path = resolve(location.path);
      const found = await parquetOf({ ...location, path }, { instance, folder }, signal);
      const file = await openRowFile(instance, found);
      rows = { ...found, footer: await carriableFooter(found, file) };
      return file;
    },
    async carry(names: readonly string[]) {
      if (rows === undefined) throw new TypeError("rows are opened before they are carried");
      carrying = carry({ rows, names, path: whole }, { target, signal: ending.signal });
      await carrying;
    },
    add: (part: DraftPart) => addPart(parts, { part, target, folder, cuts: endsOf(rows?.footer) }),
    async publish(publication: Publication, signal?: AbortSignal) {
      if (carrying === undefined) throw new TypeError("rows are carried before a draft is published");
      const request = { carried: await carrying, parts, publication, folder: folder.path, path: whole };
      try {
        const make = () =>
          withConnection(instance, (connection) => makeOutput(connection, request), {
            ...{ signal, onError: failed(target) },
          });
        const written = await orWriteFailed(target, make);
        throwIfCancelled(signal);
        const { replace } = publication;
        const moved = await orWriteFailed(target, () => moveOutput(whole, { target, replace }));
        if (!moved) {
          await rm(whole, { force: true });
          return undefined;
        }
        await end(() => folder.remove());
        return written;
      } catch (error) {
        await rm(whole, { force: true });
        throw error;
      }
    },
    close: () => end(() => folder.release()),
    discard: () => end(() => folder.remove()),
  });
}

async function moveOutput(
  whole: string,
  { target, replace }: { readonly target: string; readonly replace: boolean },
): Promise<boolean> {
  if (!replace) return moveWholeIfFree(whole, target);
  await moveWhole(whole, target);
  return true;
}

interface Adding {
  readonly part: DraftPart;
  readonly target: string;
  readonly folder: DraftFolder;
  readonly cuts: readonly number[];
}

async function addPart(parts: PartFile[], { part, target, folder, cuts }: Adding): Promise<void> {
  const path = partPath(folder, parts.length);
  const from = parts.reduce((sum, { rowCount }) => sum + rowCount, 0);
  const { bytes, stored } = partFile(part, from, cuts);
  const unfinished = `${path}.tmp`;
  try {
    await orWriteFailed(target, async () => {
      await writeFile(unfinished, bytes);
      await moveWhole(unfinished, path);
    });
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
  parts.push({ ...stored, path });
}

type CarryRequest = Parameters<typeof carryRows>[0];

async function carry(
  request: CarryRequest,
  { target, signal }: { readonly target: string; readonly signal: AbortSignal },
): Promise<CarriedRows> {
  try {
    return await orWriteFailed(target, () => carryRows(request, signal));
  } catch (error) {
    if (error instanceof RangeError) throw unreadable(request.rows)(error.message, error);
    throw error;
  }
}

/** A footer that says of the rows what the engine found; JSON values are not what they are to become. */
async function carriableFooter(rows: ParquetRows, file: RowFile): Promise<Footer | undefined> {
  if (rows.format === "json") return undefined;
  const footer = await readFooter(rows.path);
  if (footer === undefined) return undefined;
  const rowCount = footer.groups.reduce((sum, group) => sum + group.rowCount, 0);
  const alike =
    footer.columns.length === file.columns.length &&
    footer.columns.every(({ name }, i) => name === file.columns[i].name);
  return alike && rowCount === file.rowCount ? footer : undefined;
}

/** Where row groups end. */
function endsOf(footer: Footer | undefined): readonly number[] {
  let end = 0;
  return (footer?.groups ?? []).map(({ rowCount }) => (end += rowCount));
}

const partPath = ({ path }: DraftFolder, number: number) =>
  join(path, `part-${String(number).padStart(6, "0")}`);

/** What goes wrong while a draft is written is the disk's fault, as far as it is not memory's. */
const failed = (target: string) => (message: string, cause: unknown) =>
  /^IO Error|No space left|File too large/i.test(message) || !isResourceError(message)
    ? writeFailed(target, message, cause)
    : engineError(message, cause);

/** The parts that are whole, up to the first one that is not. */
async function readParts(folder: DraftFolder): Promise<PartFile[]> {
  const parts: PartFile[] = [];
  for (;;) {
    const path = partPath(folder, parts.length);
    const part = await readPart(path);
    if (part === undefined) return parts;
    parts.push({ ...part, path });
  }
}

interface Staging {
  readonly instance: DuckDBInstance;
  readonly folder: DraftFolder;
}

/** The rows of a file as Parquet: itself, or what a text file is written into once. */
async function parquetOf(
  location: SourceLocation,
  { instance, folder }: Staging,
  signal?: AbortSignal,
): Promise<ParquetRows> {
  const { path: origin, format } = location;
  await requireFile(origin);
  await requireHeader(location);
  if (location.format === "parquet") return { path: origin, format, origin, undivided: [] };
  const path = join(folder.path, "rows.parquet");
  const noted = join(folder.path, "undivided.json");
  if (await isFile(path)) {
    const undivided = JSON.parse(await readFile(noted, "utf8")) as readonly RejectedRow[];
    return { path, format, origin, undivided };
  }
  const unfinished = `${path}.tmp`;
  const onDisk = failed(path);
  const onContent = unreadable({ origin, format });
  const onError = (message: string, cause: unknown) =>
    /No space left|File too large|Could not write/i.test(message)
      ? onDisk(message, cause)
      : onContent(message, cause);
  const stage = (from: TextLocation) =>
    withConnection(instance, (connection) => stageText(connection, from, unfinished), { signal, onError });
  const undivided = await stageMended({ ...location, path: origin }, { folder, stage, signal });
  await orWriteFailed(path, async () => {
    await writeFile(noted, JSON.stringify(undivided));
    await moveWhole(unfinished, path);
  });
  return { path, format, origin, undivided };
}

interface Mending {
  readonly folder: DraftFolder;
  readonly stage: (from: TextLocation) => Promise<void>;
  readonly signal: AbortSignal | undefined;
}

/**
 * Stages a text file; of a CSV file that the engine cannot divide, a copy with an empty row for each that it cannot, and
 * says which. A file of which no such copy can be read is refused as it was.
 */
async function stageMended(
  location: TextLocation,
  { folder, stage, signal }: Mending,
): Promise<readonly RejectedRow[]> {
  try {
    await stage(location);
    return [];
  } catch (error) {
    const refused = isMillwrightError(error) && error.code === "MW0202" && location.format === "csv";
    if (!refused) throw error;
    const { path, delimiter } = location;
    const target = join(folder.path, "mended.csv");
    try {
      const undivided = await orWriteFailed(target, () => mendCsv({ path, delimiter, target }, signal));
      if (undivided.length === 0) throw error;
      await stage({ ...location, path: target });
      return undivided;
    } finally {
      await rm(target, { force: true });
    }
  }
}

const isFile = (path: string) =>
  stat(path).then(
    (stats) => stats.isFile(),
    () => false,
  );

/** Throws MW0201. */
export async function requireFile(path: string): Promise<void> {
  if (await isFile(path)) return;
  throw dataErrors.error("MW0201", {
    expected: `a file at ${path}`,
    found: "none",
    remedy: "Check the path; relative paths start at the working directory.",
    details: { path },
  });
}
