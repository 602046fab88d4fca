import { createHash, randomUUID } from "node:crypto";
import { constants, createReadStream } from "node:fs";
import { access, chmod, copyFile, mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { stat, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isMillwrightError, sha256, storageErrors, systemClock } from "../../kernel/index.js";
import type { BlobEntry, BlobStore, Clock } from "../../kernel/index.js";
import { isAlive } from "./liveness.js";
import { writeFailed } from "./write-failed.js";

/**
 * A content-addressed folder: the blob `abcd…` is the read-only file `ab/cd…`. A blob is written to a
 * temporary file, synced and renamed, so it is there wholly or not at all; temporary files of dead
 * processes are removed at the first write. A blob's time is that of its file.
 */
export function fsBlobStore(root: string, clock = systemClock): BlobStore {
  return new FsBlobStore(root, clock);
}

class FsBlobStore implements BlobStore {
  /** Blobs that `localPath` has verified; nobody but a vandal changes a read-only file afterwards. */
  private readonly verified = new Set<string>();
  private temporaryFolder: Promise<string> | undefined;

  constructor(
    private readonly root: string,
    private readonly clock: Clock,
  ) {}

  async put(bytes: Uint8Array): Promise<string> {
    const hash = sha256(bytes);
    // In this order: a removal sees the new time, or the touch sees the removal.
    if ((await this.isWhole(hash)) && (await this.touch(hash))) return hash;
    const temporary = await this.temporaryFile();
    await orRemove(temporary, async () => {
      const file = await open(temporary, "wx");
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await this.publish(temporary, hash);
    });
    return hash;
  }

  /** Whether the blob is there and matches its name: writing a damaged one again mends it. */
  private async isWhole(hash: string): Promise<boolean> {
    try {
      await this.get(hash);
      return true;
    } catch (error) {
      if (isMillwrightError(error)) return false;
      throw error;
    }
  }

  async adopt(path: string): Promise<string> {
    const hash = await hashOfFile(path);
    if (await this.touch(hash)) {
      await rm(path);
      return hash;
    }
    const temporary = await this.temporaryFile();
    await orRemove(temporary, async () => {
      await moveFile(path, temporary);
      await syncPath(temporary);
      await this.publish(temporary, hash);
    });
    return hash;
  }

  async has(hash: string): Promise<boolean> {
    if (!isHash(hash)) return false;
    return access(this.pathOf(hash)).then(
      () => true,
      () => false,
    );
  }

  async get(hash: string): Promise<Uint8Array> {
    if (!isHash(hash)) throw missing(hash, this.root);
    const path = this.pathOf(hash);
    const bytes = await readFile(path).catch((error: unknown) => {
      throw missing(hash, path, error);
    });
    const found = sha256(bytes);
    if (found !== hash) throw damaged(hash, path, found);
    return bytes;
  }

  async localPath(hash: string): Promise<string> {
    if (!(await this.has(hash))) throw missing(hash, this.root);
    const path = this.pathOf(hash);
    if (this.verified.has(hash)) return path;
    const found = await hashOfFile(path);
    if (found !== hash) throw damaged(hash, path, found);
    this.verified.add(hash);
    return path;
  }

  async *list(): AsyncIterable<BlobEntry> {
    for (const folder of await namesIn(this.root)) {
      if (!/^[0-9a-f]{2}$/.test(folder)) continue;
      for (const name of await namesIn(join(this.root, folder))) {
        const hash = folder + name;
        const facts = isHash(hash) ? await factsOf(this.pathOf(hash)) : undefined;
        if (facts !== undefined) yield { hash, ...facts };
      }
    }
  }

  async remove(
    hash: string,
    { unmodifiedSinceMs }: { readonly unmodifiedSinceMs: number },
  ): Promise<boolean> {
    if (!isHash(hash)) return false;
    const path = this.pathOf(hash);
    const isOld = async (at: string) => ((await factsOf(at))?.modifiedAtMs ?? Infinity) <= unmodifiedSinceMs;
    if (!(await isOld(path))) return false;
    // Taken aside first: whoever touches it from now on finds nothing and writes it anew.
    const aside = await this.temporaryFile();
    if (!(await succeeds(rename(path, aside)))) return false;
    this.verified.delete(hash);
    if (await isOld(aside)) {
      await rm(aside, { force: true });
      return true;
    }
    await rename(aside, path);
    return false;
  }

  /** Makes the blob's time now; false when it is not there. */
  private touch(hash: string): Promise<boolean> {
    const now = new Date(this.clock.nowMs());
    return succeeds(utimes(this.pathOf(hash), now, now));
  }

  private pathOf(hash: string): string {
    return join(this.root, hash.slice(0, 2), hash.slice(2));
  }

  private async publish(temporary: string, hash: string): Promise<void> {
    const path = this.pathOf(hash);
    await mkdir(dirname(path), { recursive: true });
    await chmod(temporary, 0o444);
    await rename(temporary, path);
    await syncPath(dirname(path));
  }

  private async temporaryFile(): Promise<string> {
    this.temporaryFolder ??= openTemporary(join(this.root, "tmp"));
    return join(await this.temporaryFolder, `${process.pid}-${randomUUID()}`);
  }
}

/** The names in a folder; none when there is no such folder. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

async function factsOf(path: string): Promise<Omit<BlobEntry, "hash"> | undefined> {
  try {
    const { size, mtimeMs } = await stat(path);
    return { sizeBytes: size, modifiedAtMs: mtimeMs };
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** Whether a step succeeds; false when its file is not there. */
async function succeeds(step: Promise<void>): Promise<boolean> {
  try {
    await step;
    return true;
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
}

const isAbsent = (error: unknown) =>
  ["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "");

async function openTemporary(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(folder)) {
    const pid = Number(name.split("-")[0]);
    if (pid !== process.pid && !isAlive(pid)) await rm(join(folder, name), { force: true });
  }
  return folder;
}

/** Runs the steps of a write; when one fails, removes the temporary file and throws MW1003. */
async function orRemove(temporary: string, steps: () => Promise<void>): Promise<void> {
  try {
    await steps();
  } catch (error) {
    await rm(temporary, { force: true });
    throw writeFailed(temporary, error);
  }
}

/** Renames, or copies where the file lies on another device. */
async function moveFile(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EXDEV") throw error;
    await copyFile(from, to, constants.COPYFILE_EXCL);
    await rm(from);
  }
}

async function syncPath(path: string): Promise<void> {
  const file = await open(path, "r");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

async function hashOfFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const bytes of createReadStream(path, { highWaterMark: 1 << 20 }))
    hash.update(bytes as Uint8Array);
  return hash.digest("hex");
}

/** Anything else could leave the folder. */
const isHash = (text: string) => /^[0-9a-f]{64}$/.test(text);

function missing(hash: string, path: string, cause?: unknown) {
  return storageErrors.error("MW1001", {
    expected: `blob ${hash}`,
    found: `no such file at ${path}`,
    remedy: "Restore it from a backup, or run the command that made it again.",
    details: { hash },
    cause,
  });
}

function damaged(hash: string, path: string, found: string) {
  return storageErrors.error("MW1002", {
    expected: `bytes with the SHA-256 ${hash} at ${path}`,
    found: `bytes with ${found}`,
    remedy: "Remove the file, then restore it from a backup or run the command that made it again.",
    details: { hash, path },
  });
}
