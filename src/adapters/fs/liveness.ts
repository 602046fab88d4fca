import { readFileSync } from "node:fs";

/** Whether a process with this id runs on this machine. */
export function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid < 1) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, but belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/**
 * When a process started, in ticks since boot; empty where the system does not say (no /proc). Tells a
 * process from a later one with the same id, as containers have after every restart.
 */
export function startOf(pid: number): string {
  try {
    // The command, in parentheses, may hold anything; the start time is field 22, the 20th after it.
    const status = readFileSync(`/proc/${pid}/stat`, "utf8");
    return status.slice(status.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return "";
  }
}
