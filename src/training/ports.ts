import type { Canonical, Schema, Table } from "../kernel/index.js";
import type { FeatureImportance, GraphInfo, TargetKind } from "../learning/index.js";

interface RunFacts {
  /** Chosen by the caller; unique. */
  readonly id: string;
  readonly model: string;
  /** Everything that the run is a pure function of. */
  readonly manifest: Canonical;
  readonly startedAtMs: number;
}

/** A process that works on runs. */
export type RunWorker = {
  /** The name of its machine. */
  readonly host: string;
  readonly pid: number;
  /** When it was started, as the machine tells it: another process may get the same number later. */
  readonly started: string;
};

/** Knows processes. */
export interface RunWorkers {
  /** This process. */
  self(): RunWorker;
  /** Whether a process lives; undefined of one on another machine, which cannot be seen from here. */
  lives(worker: RunWorker): boolean | undefined;
}

/**
 * One execution of a training pipeline. While it runs its manifest names the process as `worker`, by which a run whose
 * process was killed is told from one that goes on.
 */
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

/** The lock files that ship with Millwright, one per ready-made trainer. */
export type ShippedLock = "sklearn" | "lightgbm" | "xgboost" | "catboost" | "torch";

/** What a Python environment holds. */
export interface PythonEnvironment {
  /** A requirements file, every line pinned with hashes, by its path in the project; or one that ships. */
  readonly lock: { readonly file: string } | { readonly shipped: ShippedLock };
  /**
   * Further packages as `name==version` without hashes, for those whose files differ from index to index
   * (PyTorch has builds per accelerator). What they need is pinned by the lock as far as it names it.
   */
  readonly byVersion: readonly string[];
}

/** A training set for Python: every feature by its name, then `__target__`, `__weight__` and `__group__`. */
export interface PythonTable {
  readonly table: Table;
  readonly schema: Schema;
}

/** One training in Python. */
export interface PythonJob {
  readonly environment: PythonEnvironment;
  /** Which module of `millwright_trainer` trains; `python`: the script alone. */
  readonly trainer: "python" | ShippedLock;
  readonly task: TargetKind;
  /** Names of the classes by number; empty unless the task is multiclass. */
  readonly classes: readonly string[];
  readonly features: readonly { readonly name: string; readonly kind: "number" | "text" }[];
  readonly seed: number;
  /** Threads that the libraries compute with: part of the result where a library's sums depend on it. */
  readonly threads: number;
  /** The user's script by its path in the project. */
  readonly script?: string;
  readonly options: { readonly [name: string]: Canonical };
  readonly train: PythonTable;
  readonly validation?: PythonTable;
  readonly graph: GraphInfo;
  readonly limits: PythonLimits;
}

export interface PythonLimits {
  /** Longest run in seconds, the making of the environment not counted. */
  readonly timeS: number;
  /** Longest time without any message in seconds; a living trainer sends one every second. */
  readonly silenceS: number;
  /** Memory of the trainer and all its children in MiB. Default: three quarters of the machine's. */
  readonly memoryMb?: number;
}

export interface PythonOutcome {
  readonly onnx: Uint8Array;
  readonly importances: readonly FeatureImportance[];
  readonly curves: readonly { readonly name: string; readonly values: readonly number[] }[];
  /** Lock, packages, Python, platform and processor; how well the graph agrees with the model itself. */
  readonly environment: Canonical;
}

/** What is told while a job runs. */
export interface PythonWatch {
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
  /** Lines that the script or a library printed, or logged. */
  readonly onLog?: (line: string) => void;
}

/** What the content of a trainer's files is known by. */
export interface PythonFiles {
  readonly environment: PythonEnvironment;
  /** Paths in the project: the script and what it imports. */
  readonly files: readonly string[];
}

/** Runs trainings in locked Python environments that it makes and keeps. */
export interface PythonRunner {
  /**
   * Makes an environment unless it is there; safe among processes. Throws MW1501 (no Python), MW1502 (not
   * locked), MW1503 (not installable), MW1504 (no such file), MW0105 (cancelled).
   */
  prepare(environment: PythonEnvironment, watch?: PythonWatch): Promise<void>;
  /**
   * Prepares the environment and trains in it. However it ends, no process and no file of it is left. Throws
   * what `prepare` throws, MW1505 (script failed), MW1506 (time), MW1507 (silence), MW1508 (memory), MW1509
   * (protocol), MW1510 (ended without a model), MW1511 (model refused).
   */
  run(job: PythonJob, watch?: PythonWatch): Promise<PythonOutcome>;
  /** Hashes of the files, the lock and the Python side of Millwright. Throws MW1504. */
  fingerprint(files: PythonFiles): Promise<Canonical>;
}
