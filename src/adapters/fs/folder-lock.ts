import { randomUUID } from "node:crypto";
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { storageErrors } from "../../kernel/index.js";
import { isAlive, startOf } from "./liveness.js";

export interface FolderLock {
  release(): void;
}

/**
 * Takes the folder for this process: a file `lock` that holds the process id and start time. The lock of a
 * dead process is taken over. It holds among processes that see each other's ids, so not between two
 * containers on one volume. Throws MW1005 while another holder lives, which may be this very process.
 */
export function lockFolder(folder: string): FolderLock {
  const path = join(folder, "lock");
  const own = `${process.pid} ${startOf(process.pid)}`;
  const temporary = join(folder, `lock-${randomUUID()}`);
  writeFileSync(temporary, own, { flag: "wx" });
  try {
    // A link appears together with its content, so nobody ever reads half a lock.
    while (!tryLink(temporary, path)) {
      const holder = readLock(path);
      if (holder === undefined) continue;
      if (holderLives(holder)) throw inUse(folder, holder);
      removeStale(path, holder);
    }
  } finally {
    rmSync(temporary, { force: true });
  }
  return Object.freeze({
    release() {
      if (readLock(path) === own) rmSync(path);
    },
  });
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function readLock(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function holderLives(holder: string): boolean {
  const [pid, start] = holder.split(" ");
  return isAlive(Number(pid)) && startOf(Number(pid)) === start;
}

/** Renames before it removes: of two processes that find the same stale lock, one may have replaced it. */
function removeStale(path: string, stale: string): void {
  const aside = `${path}-${randomUUID()}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  if (readLock(aside) !== stale) tryLink(aside, path);
  rmSync(aside);
}

function inUse(folder: string, holder: string) {
  const [pid] = holder.split(" ");
  return storageErrors.error("MW1005", {
    expected: `the log in ${folder} to be free`,
    found: `process ${pid} writing to it`,
    remedy:
      "Stop that process first, or give this one logs of its own: another live state, by --live <name> or the option live.",
    details: { folder, pid: Number(pid) },
  });
}
