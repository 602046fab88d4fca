import { checkNumber, rejectUnknownKeys, throwIfCancelled, type Canonical } from "../../kernel/index.js";
import { trainingErrors } from "../errors.js";
import { badTuning } from "./bad-tuning.js";
import { tpe, type Search } from "./search.js";
import type { JudgedTrial, Parameters, Space } from "./space.js";

export interface HalvingOptions {
  /** Of so many trials one goes on to the next rung, with so many times the rows. Default 3. */
  readonly eta?: number;
  /** Rungs; the last one learns from all rows. Default 3. */
  readonly rungs?: number;
}

export interface TuneOptions {
  /** What is searched, by the name of the trainer's option. */
  readonly space: Space;
  /** Default `tpe()`. */
  readonly search?: Search;
  /** How many parameter sets are tried: 1 to 10,000. */
  readonly trials: number;
  /** What the held-back rows are judged by. Default: the task's first metric. */
  readonly metric?: string;
  /** Trials at a time: 1 to 64, default 1. What is proposed depends on it, and not on which trial ends first. */
  readonly parallel?: number;
  /** Default 0. */
  readonly seed?: number;
  /** Try all on few rows, and the best on more (successive halving, Jamieson and Talwalkar 2016). */
  readonly halving?: HalvingOptions;
}

/** How a trainer's options are chosen. */
export interface Tuning {
  readonly space: Space;
  readonly search: Search;
  readonly trials: number;
  readonly metric?: string;
  readonly parallel: number;
  readonly seed: number;
  /** The share of the rows that each rung learns from, ascending to 1. */
  readonly shares: readonly number[];
  readonly eta: number;
  readonly definition: Canonical;
}

/** Declares a search for a trainer's options. Throws MW0532. */
export function tune(options: TuneOptions): Tuning {
  rejectUnknownKeys(
    options,
    ["space", "search", "trials", "metric", "parallel", "seed", "halving"],
    "options of tune()",
  );
  const { space, search = tpe(), metric, halving } = options;
  if (typeof space !== "object" || space === null || Object.keys(space).length === 0) {
    throw badTuning("a space with at least one parameter", JSON.stringify(space) ?? "nothing");
  }
  const whole = (value: number, name: string, [min, max]: readonly [number, number]) =>
    checkNumber(value, `${name} of tune()`, { min, max, whole: true });
  const trials = whole(options.trials, "trials", [1, 10_000]);
  const parallel = whole(options.parallel ?? 1, "parallel", [1, 64]);
  const seed = whole(options.seed ?? 0, "seed", [0, 2 ** 31]);
  if (halving !== undefined) rejectUnknownKeys(halving, ["eta", "rungs"], "halving of tune()");
  const eta = whole(halving?.eta ?? 3, "eta", [2, 100]);
  const rungs = halving === undefined ? 1 : whole(halving.rungs ?? 3, "rungs", [2, 10]);
  const shares = Array.from({ length: rungs }, (_, rung) => eta ** (rung - rungs + 1));
  const chosen = metric === undefined ? {} : { metric };
  const definition = {
    space: Object.fromEntries(Object.entries(space).map(([name, dimension]) => [name, { ...dimension }])),
    search: search.definition,
    ...{ trials, parallel, seed, shares, eta },
    ...chosen,
  };
  return Object.freeze({ space, search, trials, ...chosen, parallel, seed, shares, eta, definition });
}

/** What a trial brought on each rung that it reached. Plain JSON. */
export type TrialReport = {
  readonly parameters: Parameters;
  /** The less the better; null where the trial failed. */
  readonly losses: readonly (number | null)[];
};

/** Plain JSON. */
export type TuningReport = {
  /** In the order in which they were proposed. */
  readonly trials: readonly TrialReport[];
  /** The position of the best trial: of those on the highest rung, the first with the smallest loss. */
  readonly best: number;
};

export interface TuningContext {
  /** The loss of a parameter set that learned from a share of the rows; null when it cannot be had. */
  readonly judge: (parameters: Parameters, share: number) => Promise<number | null>;
  readonly onTrial?: (done: number, of: number) => void;
  readonly signal?: AbortSignal;
}

/** Searches. Equal losses give an equal search, whichever trial ends first. Throws MW0533 when every trial failed. */
export async function runTuning(tuning: Tuning, context: TuningContext): Promise<TuningReport> {
  const { trials, shares, eta } = tuning;
  const counts = shares.map((_, rung) => Math.max(1, Math.floor(trials / eta ** rung)));
  const total = counts.reduce((sum, count) => sum + count, 0);
  let done = 0;
  const judge = async (parameters: Parameters, share: number) => {
    throwIfCancelled(context.signal);
    const loss = await context.judge(parameters, share);
    context.onTrial?.(++done, total);
    return loss;
  };
  const first = await firstRung(tuning, (parameters) => judge(parameters, shares[0]));
  const losses = first.map(({ loss }) => [loss]);
  let rung = first.map((_, trial) => trial);
  for (const [number, count] of counts.entries()) {
    rung = ranked(rung, losses).slice(0, count);
    if (number === 0) continue;
    for (let from = 0; from < rung.length; from += tuning.parallel) {
      const batch = rung.slice(from, from + tuning.parallel);
      const judged = await Promise.all(batch.map((trial) => judge(first[trial].parameters, shares[number])));
      batch.forEach((trial, i) => losses[trial].push(judged[i]));
    }
  }
  const [best] = ranked(rung, losses);
  if ((losses[best].at(-1) ?? null) === null) {
    throw trainingErrors.error("MW0533", {
      expected: "a trial that can be judged",
      found: `${trials} trials that failed`,
      remedy: "Narrow the space to options that the trainer can fit.",
    });
  }
  return { trials: first.map(({ parameters }, trial) => ({ parameters, losses: losses[trial] })), best };
}

interface FirstTrial {
  readonly parameters: Parameters;
  readonly loss: number | null;
}

/** Proposes and judges all trials, as many at a time as run in parallel. */
async function firstRung(
  { space, search, trials, parallel, seed }: Tuning,
  judge: (parameters: Parameters) => Promise<number | null>,
): Promise<FirstTrial[]> {
  const finished: FirstTrial[] = [];
  while (finished.length < trials) {
    const known: JudgedTrial[] = finished.map(({ parameters, loss }) => ({
      parameters,
      loss: loss ?? Infinity,
    }));
    const batch: Parameters[] = [];
    while (batch.length < parallel && finished.length + batch.length < trials) {
      const running = batch.map((parameters) => ({ parameters }));
      batch.push(search.propose({ space, seed, trials: [...known, ...running] }));
    }
    const losses = await Promise.all(batch.map(judge));
    batch.forEach((parameters, i) => finished.push({ parameters, loss: losses[i] }));
  }
  return finished;
}

/** Trials by their latest loss, the smallest first; failed ones last, equal ones by number. */
function ranked(trials: readonly number[], losses: readonly (readonly (number | null)[])[]): number[] {
  const lossOf = (trial: number) => losses[trial].at(-1) ?? Infinity;
  return [...trials].sort((a, b) => (lossOf(a) === lossOf(b) ? a - b : lossOf(a) - lossOf(b)));
}
