import { mkdtempSync, rmSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sha256, storageErrors, systemClock, type BlobStore } from "../../kernel/index.js";

/**
 * A blob store that lives as long as the process. Engines that read files need a path, so `localPath`
 * writes the blob into a folder: by default a temporary one, removed when the process exits by itself.
 */
export function memoryBlobStore(localFolder?: string, clock = systemClock): BlobStore {
  const blobs = new Map<string, Uint8Array>();
  const modifiedAtMs = new Map<string, number>();
  let folder = localFolder;
  const get = (hash: string): Uint8Array => {
    const bytes = blobs.get(hash);
    if (bytes !== undefined) return bytes;
    throw storageErrors.error("MW1001", {
      expected: `blob ${hash}`,
      found: "no such blob in memory",
      remedy: "Run the command that made it again; memory keeps blobs for one process only.",
      details: { hash },
    });
  };
  const put = (bytes: Uint8Array): string => {
    const hash = sha256(bytes);
    if (!blobs.has(hash)) blobs.set(hash, Uint8Array.from(bytes));
    modifiedAtMs.set(hash, clock.nowMs());
    return hash;
  };

  return Object.freeze({
    put: async (bytes: Uint8Array) => Promise.resolve(put(bytes)),
    async adopt(path: string) {
      const hash = put(await readFile(path));
      await rm(path);
      return hash;
    },
    has: async (hash: string) => Promise.resolve(blobs.has(hash)),
    get: async (hash: string) => Promise.resolve(Uint8Array.from(get(hash))),
    async localPath(hash: string) {
      const bytes = get(hash);
      folder ??= temporaryFolder();
      const path = join(folder, hash);
      await writeFile(path, bytes);
      return path;
    },
    async *list() {
      for (const [hash, bytes] of [...blobs]) {
        yield { hash, sizeBytes: bytes.length, modifiedAtMs: modifiedAtMs.get(hash) ?? 0 };
      }
    },
    async remove(hash: string, { unmodifiedSinceMs }: { readonly unmodifiedSinceMs: number }) {
      if (!blobs.has(hash) || (modifiedAtMs.get(hash) ?? 0) > unmodifiedSinceMs) return false;
      modifiedAtMs.delete(hash);
      return blobs.delete(hash);
    },
  });
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "millwright-blobs-"));
  process.once("exit", () => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}
