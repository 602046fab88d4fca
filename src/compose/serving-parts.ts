import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { memoryRateStore, memoryResponseCache } from "../adapters/memory/index.js";
import { redisRateStore, redisResponseCache } from "../adapters/redis/index.js";
import type { Timers } from "../inference/index.js";
import type { Clock } from "../kernel/index.js";
import type { Project } from "../lifecycle/index.js";
import type { ProjectDefinition } from "./define-project.js";

/** What a project needs to be served: memory by default, a shared Redis where the configuration names one. */
export function servingParts(
  folder: string,
  { name, serving }: ProjectDefinition,
  clock: Clock,
): Pick<Project, "serving" | "timers" | "openResponseCache" | "openRates" | "readText"> {
  const { cacheStore } = serving;
  return {
    serving,
    timers: systemTimers,
    openResponseCache: (limits) =>
      cacheStore.kind === "memory"
        ? memoryResponseCache(limits, clock)
        : redisResponseCache({ ...cacheStore, prefix: cacheStore.prefix ?? name, clock }),
    openRates: (store) =>
      store.kind === "memory"
        ? memoryRateStore({ clock })
        : redisRateStore({ ...store, prefix: store.prefix ?? name }),
    readText: (path) => readFile(resolve(folder, path), "utf8"),
  };
}

/** They keep no process alive. */
const systemTimers: Timers = Object.freeze({
  after(delayMs: number, call: () => void) {
    const timer = setTimeout(call, delayMs).unref();
    return () => clearTimeout(timer);
  },
});
