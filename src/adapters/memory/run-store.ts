import type { Run, RunStore, StepRecord } from "../../training/index.js";

/** Runs and memoised steps in memory. */
export function memoryRunStore(): RunStore {
  const runs = new Map<string, Run>();
  const steps = new Map<string, StepRecord>();
  return Object.freeze({
    saveRun: async (run: Run) => {
      runs.set(run.id, structuredClone(run));
    },
    findRun: async (id: string) => structuredClone(runs.get(id)),
    listRuns: async (model?: string) =>
      [...runs.values()]
        .filter((run) => model === undefined || run.model === model)
        .sort((a, b) => b.startedAtMs - a.startedAtMs || (a.id < b.id ? -1 : 1))
        .map((run) => structuredClone(run)),
    findStep: async (key: string) => structuredClone(steps.get(key)?.output),
    recordStep: async (step: StepRecord) => {
      if (!steps.has(step.key)) steps.set(step.key, structuredClone(step));
    },
  });
}
