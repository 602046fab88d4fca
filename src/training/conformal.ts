import { checkNumber, rejectUnknownKeys, type Canonical } from "../kernel/index.js";
import { badModel } from "./errors.js";
import type { Task } from "./task.js";
import type { Trainer } from "./trainer.js";

/** How far a value may lie from its prediction: `absolute` residuals, or distances from two predicted quantiles. */
export type ConformalScores = "absolute" | "quantiles";

export interface ConformalOptions {
  /** The share of new rows whose outcome is to be inside, 0.5 to 0.999. */
  readonly coverage: number;
  /**
   * Of `intervals`: `absolute` makes all intervals equally wide; `quantiles` fits two further models, and the
   * intervals are wider where the values scatter more. Default `absolute`.
   */
  readonly scores?: ConformalScores;
}

/** A promise of coverage, as {@link conformal} makes it. */
export interface Conformal {
  readonly kind: "conformal";
  readonly coverage: number;
  readonly scores: ConformalScores | undefined;
}

/**
 * Split-conformal prediction (Vovk, Gammerman, Shafer 2005), calibrated on held-back training rows that nothing else
 * looks at. The outcome of a row exchangeable with them is inside with the given probability or more; rows of a later
 * time are so only as far as nothing drifts. Throws MW0103 and MW0104, MW0501 for other `scores`.
 */
export function conformal(options: ConformalOptions): Conformal {
  rejectUnknownKeys(options, ["coverage", "scores"], "conformal()");
  const coverage = checkNumber(options.coverage, "the coverage of conformal()", { min: 0.5, max: 0.999 });
  return Object.freeze({ kind: "conformal", coverage, scores: options.scores });
}

/** What a model declares of how sure its answers are. */
interface Declared {
  readonly intervals?: Conformal | undefined;
  readonly sets?: Conformal | undefined;
}

/** What a model declares of its answers' certainty. Throws MW0501 where the task or a trainer does not fit. */
export function compileConformal(
  name: string,
  { intervals, sets }: Declared,
  { kind, candidates }: { readonly kind: Task["kind"]; readonly candidates: readonly Trainer[] },
): { readonly options: { readonly conformal?: Conformal }; readonly definition: Record<string, Canonical> } {
  const given = intervals ?? sets;
  if (given === undefined) return { options: {}, definition: {} };
  const option = intervals === undefined ? "sets" : "intervals";
  const refuse = (expected: string, found: string, remedy: string) =>
    badModel(name, { expected, found, remedy });
  const fitting = option === "intervals" ? kind === "regression" : kind === "binary" || kind === "multiclass";
  if (!fitting || (intervals !== undefined && sets !== undefined)) {
    const expected = "intervals of a regression, or sets of a binary or multiclass task";
    throw refuse(expected, `${option} of a ${kind} task`, "Leave the option out, or choose the other one.");
  }
  // What was written without the function is checked as what it makes.
  const { scores, coverage } = given;
  const made = conformal({ coverage, ...(scores === undefined ? {} : { scores }) });
  const known = option === "intervals" ? [undefined, "absolute", "quantiles"] : [undefined];
  if (!known.includes(scores)) {
    const expected = option === "intervals" ? "scores to be absolute or quantiles" : "sets without scores";
    throw refuse(expected, JSON.stringify(scores), "Mend the options of conformal().");
  }
  const without = candidates.find((candidate) => !("forQuantile" in candidate));
  if (scores === "quantiles" && without !== undefined) {
    const expected = "trainers that can predict quantiles";
    throw refuse(expected, without.name, 'Use gbdt(), or scores: "absolute".');
  }
  return {
    options: { conformal: made },
    definition: {
      [option]: option === "sets" ? { coverage } : { coverage, scores: scores ?? "absolute" },
    },
  };
}
