/** The version of the code that a project stands in. */
export type CodeState = {
  /** The commit that is checked out. */
  readonly commit: string;
  /** SHA-256 of all that differs from it, files that are not tracked included; null when nothing does. */
  readonly dirty: string | null;
};

/** What a run was computed by. Nothing of it decides a result of the built-in learners; it explains differences. */
export type Machine = {
  readonly node: string;
  /** Operating system and processor, such as `linux x64`. */
  readonly platform: string;
  /** The processor's model. */
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  /** Name and version of what computes graphs and of what reads data. */
  readonly engines: readonly string[];
};
