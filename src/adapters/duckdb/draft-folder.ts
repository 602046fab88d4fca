import { link, lstat, mkdir, open, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { storageErrors, type MillwrightError } from "../../kernel/index.js";

/** The folder of a draft, beside its output. */
export interface DraftFolder {
  readonly path: string;
  /** What was noted when it was begun. */
  readonly note: string;
  /** Lets the next process have it. */
  release(): Promise<void>;
  remove(): Promise<void>;
}

const infix = ".predict-";
const ownerFile = "owner";
const noteFile = "note.json";

/**
 * Makes the folder of a draft, or takes one that was left; undefined while a living process holds it. Others of the same
 * output that nobody holds are removed: what they were made for was given up.
 */
export async function takeDraftFolder(
  target: string,
  { key, note }: { readonly key: string; readonly note: string },
): Promise<DraftFolder | undefined> {
  const path = `${target}${infix}${key.slice(0, 16)}`;
  return orWriteFailed(target, async () => {
    await mkdir(path).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    });
    if (!(await claim(path))) return undefined;
    const release = () => rm(join(path, ownerFile), { force: true });
    try {
      await removeOthers(target, basename(path));
      const kept = await ifThere(readFile(join(path, noteFile), "utf8"));
      if (kept === undefined) await begin(path, note);
      return Object.freeze({
        ...{ path, note: kept ?? note, release },
        remove: () => rm(path, { recursive: true, force: true }),
      });
    } catch (error) {
      await release();
      throw error;
    }
  });
}

/** What lies in a folder without its note belongs to nobody. */
async function begin(path: string, note: string): Promise<void> {
  for (const name of await readdir(path))
    if (name !== ownerFile) await rm(join(path, name), { recursive: true, force: true });
  const unfinished = join(path, `${noteFile}.tmp`);
  await writeFile(unfinished, note);
  await rename(unfinished, join(path, noteFile));
}

async function claim(path: string): Promise<boolean> {
  const owner = join(path, ownerFile);
  for (let tries = 0; tries < 3; tries++) {
    try {
      await writeFile(owner, String(process.pid), { flag: "wx" });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    if (isAlive(await ownerOf(path))) return false;
    await rm(owner, { force: true });
  }
  return false;
}

const ownerOf = async (path: string): Promise<number> =>
  Number((await ifThere(readFile(join(path, ownerFile), "utf8"))) ?? "0");

async function removeOthers(target: string, own: string): Promise<void> {
  const prefix = `${basename(target)}${infix}`;
  for (const name of await readdir(dirname(target))) {
    if (!name.startsWith(prefix) || name === own || !/^[0-9a-f]{16}$/.test(name.slice(prefix.length)))
      continue;
    const path = join(dirname(target), name);
    if (!isAlive(await ownerOf(path))) await rm(path, { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid < 1) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, but belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** What is read of a file; undefined where there is none. That a file cannot be read does not say that it is not there. */
export const ifThere = <T>(reading: Promise<T>): Promise<T | undefined> =>
  reading.catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  });

/** Makes a finished file appear at a path, whole, and still there after a power cut. What is there is replaced. */
export async function moveWhole(from: string, to: string): Promise<void> {
  await onDisk(from);
  await rename(from, to);
}

/** As `moveWhole`, where nothing is yet: false where something is, which stays. */
export async function moveWholeIfFree(from: string, to: string): Promise<boolean> {
  await onDisk(from);
  try {
    await link(from, to);
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return false;
    if (!["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"].includes(code)) throw error;
    // A file system without links, on which nothing tells in one step whether a name is free.
    if ((await ifThere(lstat(to))) !== undefined) return false;
    await rename(from, to);
    return true;
  }
  await rm(from);
  return true;
}

async function onDisk(path: string): Promise<void> {
  const file = await open(path, "r+");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Runs work on files; what the system refuses is MW1003. */
export async function orWriteFailed<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Error && "errno" in error) throw writeFailed(path, error.message, error);
    throw error;
  }
}

/** MW1003. */
export function writeFailed(path: string, found: string, cause: unknown): MillwrightError {
  return storageErrors.error("MW1003", {
    expected: `room and rights to write ${path} and its draft beside it`,
    found: found.split("\n")[0],
    remedy:
      "Free disk space, or see that the folder is there and may be written, and run the same command again: it goes on behind the last finished part.",
    details: { path },
    cause,
  });
}
