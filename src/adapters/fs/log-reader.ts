import { existsSync } from "node:fs";
import type { AppendLog, LogBatch } from "../../kernel/index.js";
import { listSegments, readSegment } from "./log-segment.js";

/**
 * Reads a log that another process may be writing: what is whole at the moment of reading. A folder that
 * does not exist is an empty log. Throws MW1004.
 */
export function fsLogReader(folder: string): Pick<AppendLog, "read"> {
  async function* read(from: number): AsyncGenerator<LogBatch> {
    if (!existsSync(folder)) return;
    for (const segment of await listSegments(folder)) {
      let next = segment.first;
      for await (const { records } of readSegment(segment)) {
        const skipped = Math.max(0, Math.min(records.length, from - next));
        if (skipped < records.length) yield { first: next + skipped, records: records.slice(skipped) };
        next += records.length;
      }
    }
  }
  return Object.freeze({ read });
}
