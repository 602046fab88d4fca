import {
  canonicalHash,
  canonicalJson,
  isMillwrightError,
  type BlobStore,
  type Canonical,
} from "../../kernel/index.js";
import type { Project } from "../project.js";

/** How long a step took, and whether its result was remembered from an earlier run. */
export interface StepTiming {
  readonly step: string;
  readonly seconds: number;
  readonly reused: boolean;
}

/** A step whose output is remembered. */
export interface Step<Output> {
  readonly name: string;
  /** Everything that the output is a function of. */
  readonly inputs: Canonical;
  /** Whether what a remembered output names is still there and whole; by default it is. */
  readonly usable?: (output: Output) => Promise<boolean>;
  readonly compute: () => Promise<Output>;
}

/** Runs steps and remembers their outputs by the hash of what they depend on. */
export interface Steps {
  /**
   * The output of a step: remembered, or computed and then remembered. A process that dies meanwhile leaves
   * nothing behind, and the next run computes this step again. Outputs are plain JSON.
   */
  run<Output>(step: Step<Output>): Promise<Output>;
  /** Measures work that is not remembered. */
  time<T>(name: string, work: () => Promise<T>): Promise<T>;
  readonly timings: readonly StepTiming[];
  /** The innermost step that an error came out of; undefined when it came from between the steps. */
  failedIn(error: unknown): string | undefined;
}

/** Makes the steps of one run. Results of other versions of Millwright are not reused. */
export function createSteps({ runs, clock, producer }: Pick<Project, "runs" | "clock" | "producer">): Steps {
  const timings: StepTiming[] = [];
  /** Milliseconds that finished steps account for: a step does not count the steps within it. */
  let countedMs = 0;
  const failures = new Map<unknown, string>();

  async function time<T>(step: string, work: () => Promise<T>): Promise<T> {
    const startedMs = clock.monotonicMs();
    const countedBefore = countedMs;
    const result = await named(step, work);
    const elapsedMs = clock.monotonicMs() - startedMs;
    const ownMs = elapsedMs - (countedMs - countedBefore);
    countedMs = countedBefore + elapsedMs;
    timings.push({ step, seconds: ownMs / 1000, reused: false });
    return result;
  }

  async function named<T>(step: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!failures.has(error)) failures.set(error, step);
      throw error;
    }
  }

  async function run<Output>({ name, inputs, usable, compute }: Step<Output>): Promise<Output> {
    const key = canonicalHash({ step: name, producer, inputs });
    // The key hashes the step's name and version, so what was stored under it has this step's shape.
    const known = (await runs.findStep(key)) as Output | undefined;
    if (known !== undefined && ((await usable?.(known)) ?? true)) {
      timings.push({ step: name, seconds: 0, reused: true });
      return known;
    }
    // As the store gives it back, names in their order included: a step that is remembered and one that is not must
    // lead to the same bytes.
    const output = JSON.parse(
      canonicalJson(JSON.parse(JSON.stringify(await time(name, compute))) as Canonical),
    ) as Canonical;
    const durationMs = (timings.at(-1)?.seconds ?? 0) * 1000;
    await runs.recordStep({ key, name, output, durationMs, createdAtMs: clock.nowMs() });
    return output as Output;
  }

  return Object.freeze({ run, time, timings, failedIn: (error: unknown) => failures.get(error) });
}

/** Whether a blob is in the store and matches its name. */
export async function isWhole(blobs: BlobStore, hash: string): Promise<boolean> {
  return succeeds(() => blobs.get(hash));
}

/** Whether reading something succeeds; a coded error says that it is not there or damaged. */
export async function succeeds(read: () => Promise<unknown>): Promise<boolean> {
  try {
    await read();
    return true;
  } catch (error) {
    if (isMillwrightError(error)) return false;
    throw error;
  }
}
