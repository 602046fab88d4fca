import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import type { RunWorker, RunWorkers } from "../training/index.js";

/**
 * Knows the processes of this machine by number and start. Machines are told apart by their names: two containers of
 * one name take each other's processes for gone.
 */
export function processWorkers(): RunWorkers {
  const host = hostname();
  let self: RunWorker | undefined;
  return Object.freeze({
    self: () => (self ??= Object.freeze({ host, pid: process.pid, started: startOf(process.pid) ?? "" })),
    lives: (worker: RunWorker) => (worker.host === host ? startOf(worker.pid) === worker.started : undefined),
  });
}

/** When a process was started; undefined where it is gone. */
function startOf(pid: number): string | undefined {
  return process.platform === "linux" ? startOnLinux(pid) : startByPs(pid);
}

/** The boot and the clock ticks from it to the start, field 22 of `proc_pid_stat(5)`. */
function startOnLinux(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name, in parentheses, may hold anything.
    const [state, ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (state === "Z" || state === "X") return undefined;
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return `${boot} ${fields[18]}`;
  } catch {
    return undefined;
  }
}

/** Where there is no `ps`, a living process of the number is taken for the same one. */
function startByPs(pid: number): string | undefined {
  if (!isThere(pid)) return undefined;
  try {
    return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim();
  } catch {
    return "";
  }
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
