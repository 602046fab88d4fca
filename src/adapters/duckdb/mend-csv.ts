import { createReadStream, createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { RejectedRow } from "../../data/index.js";
import { csvRecords, type CsvRecord } from "./csv-records.js";

export interface CsvMending {
  readonly path: string;
  readonly delimiter: string;
  /** Where the copy is written. */
  readonly target: string;
}

const chunkBytes = 1 << 20;
const newLine = Buffer.from("\n");

/**
 * Copies a CSV file with an empty row in the place of every row that cannot be divided into as many fields as
 * the header has, and tells those. Line ends become alike.
 */
export async function mendCsv(
  { path, delimiter, target }: CsvMending,
  signal?: AbortSignal,
): Promise<RejectedRow[]> {
  const rejects: RejectedRow[] = [];

  async function* mended(): AsyncGenerator<Buffer> {
    let expected: number | undefined;
    let row = 0;
    for await (const record of csvRecords(createReadStream(path, { highWaterMark: chunkBytes }), delimiter)) {
      if (expected === undefined) {
        // A file begins with its header, or cannot be mended.
        if (record.fields === undefined) return;
        if (record.fields > 0) expected = record.fields;
        yield withNewLine(record.bytes);
        continue;
      }
      // An empty line is a row of nothing where there is one column, and no row elsewhere.
      if (record.fields === 0 && expected > 1) continue;
      const good = record.fields === expected || record.fields === 0;
      if (good) yield withNewLine(record.bytes);
      else {
        rejects.push({ row, ...problemOf(record, expected) });
        yield Buffer.from(expected === 1 ? '""\n' : `${delimiter.repeat(expected - 1)}\n`);
      }
      row++;
    }
  }

  await pipeline(Readable.from(inChunks(mended())), createWriteStream(target), { signal });
  return rejects;
}

function problemOf({ bytes, line, fields }: CsvRecord, expected: number): Omit<RejectedRow, "row"> {
  const found = fields === undefined ? "a quote that does not close as it should" : `${fields}`;
  return {
    reason: `line ${line}: expected ${expected} ${expected === 1 ? "field" : "fields"}, found ${found}`,
    text: bytes.toString().trimEnd(),
  };
}

function withNewLine(bytes: Buffer): Buffer {
  const end = bytes.at(-1) !== 10 ? bytes.length : bytes.at(-2) === 13 ? bytes.length - 2 : bytes.length - 1;
  return Buffer.concat([bytes.subarray(0, end), newLine]);
}

/** A write for every row would take longer than all the rest. */
async function* inChunks(rows: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let waiting: Buffer[] = [];
  let sizeBytes = 0;
  for await (const row of rows) {
    waiting.push(row);
    sizeBytes += row.length;
    if (sizeBytes < chunkBytes) continue;
    yield Buffer.concat(waiting);
    waiting = [];
    sizeBytes = 0;
  }
  yield Buffer.concat(waiting);
}
