import { stat } from "node:fs/promises";
import { dataErrors, type SourceLocation } from "../../data/index.js";

/** Throws MW0202 for a CSV file of nothing at all, for which the engine would make up a column. */
export async function requireHeader({ format, path }: SourceLocation): Promise<void> {
  if (format !== "csv" || (await stat(path)).size > 0) return;
  throw dataErrors.error("MW0202", {
    expected: `a CSV file with its header at ${path}`,
    found: "an empty file, 0 bytes",
    remedy: "Write or download the file again; one without rows still has its header.",
    details: { path, format },
  });
}
