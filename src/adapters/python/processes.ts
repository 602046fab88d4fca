import { readdirSync, readFileSync } from "node:fs";

/** Sends a signal to a process group; harmless when there is none. */
export function signalGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leader, signal);
  } catch (error) {
    // ESRCH: nobody is left. EPERM: only zombies are (macOS).
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ESRCH" && code !== "EPERM") throw error;
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // Gone, or another user's.
    return undefined;
  }
}

/**
 * Processes whose environment was given a mark when they, or a forebear, were started: also those that left
 * the process group. Empty where the system does not say (no /proc).
 */
function markedProcesses(mark: string): number[] {
  let names: string[];
  try {
    names = readdirSync("/proc");
  } catch {
    return [];
  }
  return names
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => read(`/proc/${name}/environ`)?.includes(mark))
    .map(Number);
}

/** Kills a group and whatever carries its mark. A process that forks while it is looked for is found again. */
export function killAll(leader: number, mark: string): void {
  signalGroup(leader, "SIGKILL");
  for (let round = 0; round < 20; round++) {
    const found = markedProcesses(mark);
    if (found.length === 0) return;
    for (const pid of found) {
      try {
        process.kill(pid, "SIGKILL");
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
      }
    }
  }
}

/**
 * Memory in bytes that a process and its descendants hold: the sum of their resident sets, in which pages
 * that they share count once each. Undefined where the system does not say.
 */
export function residentBytes(leader: number): number | undefined {
  const own = residentOf(leader);
  if (own === undefined) return undefined;
  let total = 0;
  const pending = [leader];
  for (let pid = pending.pop(); pid !== undefined; pid = pending.pop()) {
    total += residentOf(pid) ?? 0;
    const children = read(`/proc/${pid}/task/${pid}/children`) ?? "";
    pending.push(...children.split(" ").filter(Boolean).map(Number));
  }
  return total;
}

function residentOf(pid: number): number | undefined {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`) ?? "")?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}
