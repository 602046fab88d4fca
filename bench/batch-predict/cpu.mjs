import { readFileSync } from "node:fs";

const ticksPerSecond = 100;

/** Processor time of this process and of those that it started and that have ended; without Linux of this one alone. */
export function cpuSeconds() {
  const { user, system } = process.cpuUsage();
  const own = (user + system) / 1e6;
  if (process.platform !== "linux") return own;
  const fields = readFileSync("/proc/self/stat", "utf8").split(") ")[1].split(" ");
  return own + (Number(fields[13]) + Number(fields[14])) / ticksPerSecond;
}
