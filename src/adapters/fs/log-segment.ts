import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { storageErrors } from "../../kernel/index.js";
import { decodeLines } from "./log-line.js";

const chunkBytes = 1 << 20;

/** A file of a log. Its name is the sequence number of its first record. */
export interface Segment {
  readonly path: string;
  readonly first: number;
}

export function segmentAt(folder: string, first: number): Segment {
  return { path: join(folder, `${String(first).padStart(16, "0")}.log`), first };
}

/** The segments of a folder, in order. */
export async function listSegments(folder: string): Promise<Segment[]> {
  const names = (await readdir(folder)).filter((name) => /^\d{16}\.log$/.test(name)).sort();
  return names.map((name) => segmentAt(folder, Number(name.slice(0, 16))));
}

export interface SegmentRun {
  readonly records: string[];
  /** Bytes from the beginning of the file to the end of the last of these records. */
  readonly endBytes: number;
}

/**
 * Reads a segment in runs of about a megabyte. A beginning of a line at the end of the file is left out.
 * Throws MW1004 at a line that does not match its checksum.
 */
export async function* readSegment({ path }: Segment): AsyncGenerator<SegmentRun> {
  const file = await open(path, "r");
  try {
    let rest: Buffer = Buffer.alloc(0);
    let endBytes = 0;
    let line = 1;
    for (;;) {
      const chunk = Buffer.allocUnsafe(chunkBytes);
      const { bytesRead } = await file.read(chunk, 0, chunkBytes, null);
      if (bytesRead === 0) return;
      const bytes =
        rest.length === 0
          ? chunk.subarray(0, bytesRead)
          : Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
      const { records, wholeBytes, damaged } = decodeLines(bytes);
      endBytes += wholeBytes;
      line += records.length;
      if (records.length > 0) yield { records, endBytes };
      if (damaged) throw logDamaged(path, line, "another checksum");
      rest = bytes.subarray(wholeBytes);
    }
  } finally {
    await file.close();
  }
}

/** The error of a record that cannot be what was once written. */
export function logDamaged(path: string, line: number, found: string) {
  return storageErrors.error("MW1004", {
    expected: `a record that matches its checksum at ${path}:${line}`,
    found,
    remedy: "Restore the file from a backup; records before this line are intact.",
    details: { path, line },
  });
}
