import { createHash } from "node:crypto";
import { access, open } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { FileDraft, RowFiles } from "../../data/index.js";
import { takeDraftFolder } from "./draft-folder.js";
import { openDraft, requireFile } from "./file-draft.js";
import { openInstance } from "./session.js";

export interface DuckDBRowFilesOptions {
  /** Threads of DuckDB, by draft; 2 by default. */
  readonly threads?: number;
  /** Memory of DuckDB, as it writes sizes; "1GB" by default. What does not fit spills into the draft's folder. */
  readonly memoryLimit?: string;
}

/** Reads and makes files on an engine for each draft, which goes with it. */
export function duckdbRowFiles({ threads = 2, memoryLimit = "1GB" }: DuckDBRowFilesOptions = {}): RowFiles {
  return Object.freeze({
    holds: (path: string) =>
      access(resolve(path)).then(
        () => true,
        () => false,
      ),
    fingerprint: (path: string) => fingerprintOf(resolve(path)),
    async begin({ target: given, ...draft }): Promise<FileDraft | undefined> {
      const target = resolve(given);
      const folder = await takeDraftFolder(target, draft);
      if (folder === undefined) return undefined;
      try {
        const spillFolder = join(folder.path, "spill");
        const instance = await openInstance({ threads, memoryLimit, spillFolder });
        return await openDraft(instance, folder, target).catch((error: unknown) => {
          instance.closeSync();
          throw error;
        });
      } catch (error) {
        await folder.release();
        throw error;
      }
    },
  } satisfies RowFiles);
}

const sampledBytes = 1 << 16;

/**
 * Size, node and both times of a file, and its first and last 64 KiB. No program can write to a file and give it the
 * time of its last change back, so the content need not be read, which would take longer than to predict from it.
 */
async function fingerprintOf(path: string): Promise<string> {
  await requireFile(path);
  const file = await open(path, "r");
  try {
    const { size, ino, mtimeNs, ctimeNs } = await file.stat({ bigint: true });
    const hash = createHash("sha256").update([size, ino, mtimeNs, ctimeNs].join(" "));
    const bytes = Buffer.alloc(sampledBytes);
    for (const position of [0, Math.max(0, Number(size) - sampledBytes)]) {
      const { bytesRead } = await file.read(bytes, 0, sampledBytes, position);
      hash.update(bytes.subarray(0, bytesRead));
    }
    return hash.digest("hex");
  } finally {
    await file.close();
  }
}
