import { open, type FileHandle } from "node:fs/promises";
import { throwIfCancelled } from "../../kernel/index.js";
import type { StoredPart } from "./draft-parts.js";
import { chunkFields, dataFields, magic, placeOf, structIn, wholeIn, type Footer } from "./parquet-footer.js";
import { encodePage, type Page } from "./parquet-pages.js";
import {
  chunkOf,
  footerBytes,
  type ComputedColumn,
  type OutputGroup,
  type OutputSchema,
} from "./parquet-schema.js";
import { i64, type ThriftStruct, type ThriftValue } from "./thrift.js";

/** A Parquet file in the making, of which row groups are known but not all of their columns. */
export interface Output {
  readonly file: FileHandle;
  at: number;
}

/** Columns that are carried from one file to another without being read. */
interface Carried {
  readonly path: string;
  readonly footer: Footer;
  readonly names: readonly string[];
}

/** Parts with the paths of their files. */
export interface PartFile extends StoredPart {
  readonly path: string;
}

/** Bytes that are copied at once: more do not stay in a processor's cache between reading and writing. */
const copiedBytes = 1 << 20;

export async function beginOutput(file: FileHandle): Promise<Output> {
  const output = { file, at: 0 };
  await write(output, magic);
  return output;
}

/** The chunks of the carried columns, copied, by row group. */
export async function carryColumns(
  output: Output,
  { path, footer, names }: Carried,
  signal: AbortSignal | undefined,
): Promise<readonly OutputGroup[]> {
  const leaves = names.flatMap((name) => footer.columns.find((column) => column.name === name)?.leaves ?? []);
  const runs: Run[] = [];
  let end = output.at;
  const groups: OutputGroup[] = [];
  for (const { rowCount, chunks } of footer.groups) {
    if (rowCount === 0) continue;
    const carried = leaves.map((leaf) => {
      const place = placeOf(chunks[leaf]);
      if (place === undefined) throw new TypeError("a chunk that lies nowhere is not carried");
      const moved = movedChunk(chunks[leaf], end - place.at);
      addTo(runs, place);
      end += place.size;
      return moved;
    });
    groups.push({ rowCount, chunks: carried });
  }
  await copyRuns(output, { path, runs }, signal);
  return groups;
}

/** Bytes of a file that lie one behind the other. */
interface Run {
  readonly at: number;
  size: number;
}

/** Chunks that lie side by side, as those of neighbouring columns do, are copied together. */
function addTo(runs: Run[], { at, size }: Readonly<Run>): void {
  const last = runs.at(-1);
  if (last !== undefined && last.at + last.size === at) last.size += size;
  else runs.push({ at, size });
}

async function copyRuns(
  output: Output,
  { path, runs }: { readonly path: string; readonly runs: readonly Run[] },
  signal: AbortSignal | undefined,
): Promise<void> {
  const buffer = Buffer.allocUnsafe(copiedBytes);
  const source = await open(path, "r");
  try {
    for (const { at, size } of runs) {
      for (let done = 0; done < size;) {
        throwIfCancelled(signal);
        const wanted = Math.min(buffer.length, size - done);
        const { bytesRead } = await source.read(buffer, 0, wanted, at + done);
        if (bytesRead === 0) throw new RangeError("a file that ends within a chunk");
        await write(output, buffer.subarray(0, bytesRead));
        done += bytesRead;
      }
    }
  } finally {
    await source.close();
  }
}

/** What says where something lies outside of the chunk (indexes, filters) is left out: that is not carried. */
function movedChunk(chunk: ThriftStruct, by: number): ThriftStruct {
  const data = structIn(chunk, chunkFields.data) ?? new Map<number, ThriftValue>();
  const { page, dictionary, bloomAt, bloomSize } = dataFields;
  const kept = [...data].filter(([number]) => number !== bloomAt && number !== bloomSize);
  const fields = new Map(kept);
  for (const number of [page, dictionary]) {
    const at = wholeIn(data, number) ?? 0;
    if (at > 0) fields.set(number, i64(at + by));
    else fields.delete(number);
  }
  const offset = fields.get(page) ?? i64(0);
  return new Map([
    [chunkFields.offset, offset],
    [chunkFields.data, { kind: "struct", fields }],
  ]);
}

/** Row groups for computed columns alone: one for each part. */
export const groupsOfParts = (parts: readonly StoredPart[]): readonly OutputGroup[] =>
  parts.flatMap(({ rowCount }) => (rowCount === 0 ? [] : [{ rowCount, chunks: [] }]));

/** The pages of computed columns as further chunks of the row groups, whose rows must be whole pages. */
export async function addComputed(
  output: Output,
  groups: readonly OutputGroup[],
  { parts, columns }: { readonly parts: readonly PartFile[]; readonly columns: readonly ComputedColumn[] },
): Promise<readonly OutputGroup[]> {
  const pages = pageReader(parts);
  const added: OutputGroup[] = [];
  try {
    for (const { rowCount, chunks } of groups) {
      const sources = pages.next(rowCount);
      const more: ThriftStruct[] = [];
      for (const column of columns) {
        const counts = { at: output.at, values: 0, rawBytes: 0, size: 0 };
        for (const source of sources) {
          const { bytes, values, rawBytes } = await pages.read(column, source);
          await write(output, bytes);
          counts.values += values;
          counts.rawBytes += rawBytes;
          counts.size += bytes.length;
        }
        more.push(chunkOf(column, counts));
      }
      added.push({ rowCount, chunks: [...chunks, ...more] });
    }
    return added;
  } finally {
    await pages.close();
  }
}

/** The `index`th page of each column of a part. */
interface PageSource {
  readonly part: PartFile;
  readonly index: number;
  readonly rows: number;
}

/** Reads the pages of parts from front to back. */
function pageReader(parts: readonly PartFile[]) {
  const sources = parts.flatMap((part) =>
    (part.columns.at(0)?.pages ?? []).map(({ rows }, index): PageSource => ({ part, index, rows })),
  );
  let taken = 0;
  let opened: { readonly part: PartFile; readonly file: FileHandle } | undefined;
  const close = async () => opened?.file.close();
  return {
    close,
    /** Those of so many rows behind the ones before. */
    next(rowCount: number): readonly PageSource[] {
      const first = taken;
      let rows = 0;
      while (rows < rowCount && taken < sources.length) rows += sources[taken++].rows;
      if (rows !== rowCount) throw new RangeError("pages that cross the end of a row group");
      return sources.slice(first, taken);
    },
    /** What a part does not have is null there. */
    async read({ name, type }: ComputedColumn, { part, index, rows }: PageSource): Promise<Page> {
      const page = part.columns.find((column) => column.name === name)?.pages[index];
      if (page === undefined) return encodePage({ type, value: () => null }, [0, rows]);
      if (opened?.part !== part) {
        await close();
        opened = { part, file: await open(part.path, "r") };
      }
      const bytes = Buffer.alloc(page.size);
      await opened.file.read(bytes, 0, page.size, page.at);
      return { ...page, bytes };
    },
  };
}

/** Writes the footer: then the file is a Parquet file. */
export const endOutput = (
  output: Output,
  groups: readonly OutputGroup[],
  schema: OutputSchema,
): Promise<void> => write(output, footerBytes(groups, schema));

async function write(output: Output, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await output.file.write(bytes, done, bytes.length - done, output.at);
    done += bytesWritten;
    output.at += bytesWritten;
  }
}
