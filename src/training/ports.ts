import type { Canonical } from "../kernel/index.js";

interface RunFacts {
  /** Chosen by the caller; unique. */
  readonly id: string;
  readonly model: string;
  /** Everything that the run is a pure function of. */
  readonly manifest: Canonical;
  readonly startedAtMs: number;
}

/** One execution of a training pipeline. A run that is `running` while its process is gone was killed. */
export type Run =
  | (RunFacts & { readonly status: "running" })
  | (RunFacts & {
      readonly status: "finished" | "failed" | "killed";
      readonly finishedAtMs: number;
      /** What was measured; for a failed run what there was. */
      readonly metrics: Canonical;
    });

/** The remembered output of a pipeline step. */
export interface StepRecord {
  /** Hash of all that the output depends on. */
  readonly key: string;
  readonly name: string;
  /** Small JSON; large results are blobs that it names. */
  readonly output: Canonical;
  readonly durationMs: number;
  readonly createdAtMs: number;
}

/**
 * Keeps runs and memoised steps. Each call is one atomic step. Steps are shared by all runs: equal keys
 * have equal outputs.
 */
export interface RunStore {
  /** Writes a run wholly, in place of what was kept under its id. */
  saveRun(run: Run): Promise<void>;
  findRun(id: string): Promise<Run | undefined>;
  /** The latest started first; of one model if given. */
  listRuns(model?: string): Promise<readonly Run[]>;
  /** The output of a step that was recorded under the key. */
  findStep(key: string): Promise<Canonical | undefined>;
  /** Remembers a step; the first record of a key stays. */
  recordStep(step: StepRecord): Promise<void>;
}
