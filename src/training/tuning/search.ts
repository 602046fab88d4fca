import { rejectUnknownKeys, seededRng, type Canonical } from "../../kernel/index.js";
import { drawParameters, type JudgedTrial, type Parameters, type Space } from "./space.js";
import { tpeParameters } from "./tpe.js";

/** What a proposal rests on. */
export interface SearchState {
  readonly space: Space;
  readonly seed: number;
  /** All trials before this one, in order. */
  readonly trials: readonly JudgedTrial[];
}

/** Chooses the parameters of the next trial: a pure function, so that a search can be replayed. */
export interface Search {
  readonly definition: Canonical;
  propose(state: SearchState): Parameters;
}

/** Draws every trial evenly from the whole space, whatever others brought. */
export function randomSearch(): Search {
  return Object.freeze({
    definition: { search: "random" },
    propose: ({ space, seed, trials }: SearchState) => drawParameters(space, trialRng(seed, trials.length)),
  });
}

export interface TpeOptions {
  /** Trials drawn at random before the search begins to learn. Default 10. */
  readonly startup?: number;
  /** Candidates per trial, of which the most promising is tried. Default 24. */
  readonly candidates?: number;
}

/**
 * Tree-structured Parzen estimator (Bergstra et al. 2011) with one kernel per trial over all parameters
 * (Falkner et al. 2018). A trial that runs meanwhile counts as a bad one, so that parallel trials spread out.
 */
export function tpe(options: TpeOptions = {}): Search {
  rejectUnknownKeys(options, ["startup", "candidates"], "options of tpe()");
  const { startup = 10, candidates = 24 } = options;
  return Object.freeze({
    definition: { search: "tpe", startup, candidates },
    propose({ space, seed, trials }: SearchState) {
      const rng = trialRng(seed, trials.length);
      const judged = trials.filter(({ loss }) => loss !== undefined);
      if (judged.length < startup) return drawParameters(space, rng);
      return tpeParameters({ space, trials, candidates }, rng);
    },
  });
}

/** Every trial draws from a stream of its own. */
const trialRng = (seed: number, trial: number) => seededRng(Math.imul(seed + 1, 0x9e3779b1) ^ (trial + 1));
