import type { TableEngine } from "../../data/index.js";

export interface PythonRunnerOptions {
  /** Where relative paths of scripts and requirements start. */
  readonly projectFolder: string;
  /** Folder of the environments; several projects may share it. */
  readonly environments: string;
  /** Folder for the files of running jobs; what dead processes left there is removed. */
  readonly scratchFolder: string;
  /** Writes training sets as Parquet. */
  readonly tables: Pick<TableEngine, "writeTable" | "discard">;
  /** The interpreter to build on, by name or path. Default: MILLWRIGHT_PYTHON, or else "python3". */
  readonly python?: string;
  /** Time between SIGTERM and SIGKILL in milliseconds. Default 2,000. */
  readonly graceMs?: number;
}

/** The options, resolved. */
export type PythonPlaces = Required<PythonRunnerOptions>;
