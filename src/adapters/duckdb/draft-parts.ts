import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { DraftPart, PartColumn } from "../../data/index.js";
import { ifThere } from "./draft-folder.js";
import { encodePage, type Page } from "./parquet-pages.js";

/** The column that says whether a row is kept, where not all are; no output is called so, for a tab is in its name. */
export const keptColumn = "\tkept";

/** Where a page lies in the file of its part. */
interface StoredPage extends Omit<Page, "bytes"> {
  readonly at: number;
  readonly size: number;
}

interface StoredColumn extends Pick<PartColumn, "name" | "type"> {
  readonly pages: readonly StoredPage[];
}

/** A part that is whole. */
export interface StoredPart {
  readonly rowCount: number;
  readonly note: string;
  /** All with pages of the same rows. */
  readonly columns: readonly StoredColumn[];
}

/** A page is read as a whole by whoever reads the output. */
const longestPageRows = 65_536;
const lengthBytes = 4;
const hashBytes = 32;

/**
 * A part as the pages that the output will have, so that making the output is copying bytes. `from` is the position of
 * its first row, and no page crosses a position in `cuts`, where row groups of the output end. Behind the pages stand
 * where they are, as JSON, the length of that, and a hash of all.
 */
export function partFile(
  part: DraftPart,
  from: number,
  cuts: readonly number[],
): { readonly bytes: Uint8Array; readonly stored: StoredPart } {
  const spans = spansOf(from, from + part.rowCount, cuts);
  const pieces: Uint8Array[] = [];
  let at = 0;
  const store = (column: PartColumn, [first, end]: readonly [number, number]): StoredPage => {
    const { bytes, ...counts } = encodePage(column, [first - from, end - from]);
    const page = { ...counts, at, size: bytes.length };
    pieces.push(bytes);
    at += bytes.length;
    return page;
  };
  const columns = columnsOf(part).map((column) => ({
    ...{ name: column.name, type: column.type },
    pages: spans.map((span) => store(column, span)),
  }));
  const stored = { rowCount: part.rowCount, note: part.note, columns };
  const index = Buffer.from(JSON.stringify(stored));
  const length = Buffer.alloc(lengthBytes);
  length.writeUInt32LE(index.length);
  pieces.push(index, length);
  return { bytes: Buffer.concat([...pieces, hashOf(pieces)]), stored };
}

function columnsOf({ rowCount, columns, kept }: DraftPart): readonly PartColumn[] {
  for (let row = 0; row < rowCount; row++)
    if (!kept(row)) return [{ name: keptColumn, type: "bool", value: kept }, ...columns];
  return columns;
}

/** The rows `[from, to)` in pieces that cross no cut. */
function spansOf(from: number, to: number, cuts: readonly number[]): (readonly [number, number])[] {
  const inner = cuts.filter((cut) => cut > from && cut < to);
  return [from, ...inner].flatMap((begin, i) => {
    const end = inner[i] ?? to;
    return Array.from({ length: Math.ceil((end - begin) / longestPageRows) }, (_, k) => {
      const first = begin + k * longestPageRows;
      return [first, Math.min(end, first + longestPageRows)] as const;
    });
  });
}

/** What a part's file says, if it is there and whole: after a power cut a file may be there whose bytes are not. */
export async function readPart(path: string): Promise<StoredPart | undefined> {
  const bytes = await ifThere(readFile(path));
  if (bytes === undefined || bytes.length < lengthBytes + hashBytes) return undefined;
  const end = bytes.length - hashBytes;
  if (!bytes.subarray(end).equals(hashOf([bytes.subarray(0, end)]))) return undefined;
  const indexEnd = end - lengthBytes;
  const index = bytes.subarray(indexEnd - bytes.readUInt32LE(indexEnd), indexEnd);
  return JSON.parse(index.toString()) as StoredPart;
}

function hashOf(pieces: readonly Uint8Array[]): Uint8Array {
  const hash = createHash("sha256");
  for (const piece of pieces) hash.update(piece);
  return hash.digest();
}
