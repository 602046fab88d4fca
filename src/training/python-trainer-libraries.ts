import { checkNumber, rejectUnknownKeys, type Canonical } from "../kernel/index.js";
import {
  badPython,
  checkParams,
  checkText,
  type LockOption,
  type PythonOptions,
} from "./python-trainer-options.js";

/** One estimator or transformer of scikit-learn. */
export interface SklearnStep {
  /** Import path, such as "sklearn.ensemble.RandomForestClassifier". */
  readonly estimator: string;
  /**
   * Its parameters. A `random_state` that is not given is the trainer's seed. A whole number arrives as an
   * `int`: where an estimator tells 1 from 1.0, as `max_samples` does, return it from a script.
   */
  readonly params?: Readonly<Record<string, unknown>>;
}

/** Exactly one of `estimator`, `pipeline` and `script` says what is fitted. */
export interface SklearnOptions extends PythonOptions, LockOption {
  readonly estimator?: string;
  /** Of `estimator`. */
  readonly params?: Readonly<Record<string, unknown>>;
  /** Steps one after the other; the last one predicts. */
  readonly pipeline?: readonly SklearnStep[];
  /** A script by its path in the project, whose function returns an estimator. */
  readonly script?: string;
  /** The script's function; it is given the job. Default "pipeline". */
  readonly function?: string;
  /**
   * What the estimator sees: one float32 `matrix` with texts encoded by their categories' mean target
   * (the default), or a pandas `frame` with a column per feature.
   */
  readonly input?: "matrix" | "frame";
}

export interface BoostingOptions extends PythonOptions, LockOption {
  /** Boosting rounds. Default 200, 1 to 100,000. */
  readonly rounds?: number;
  /** Further parameters by the library's own names. Task, seed and threads are set by Millwright. */
  readonly params?: Readonly<Record<string, unknown>>;
}

export interface TorchOptions extends PythonOptions, LockOption {
  /** A script by its path in the project. */
  readonly script: string;
  /** Its function `(job, width) -> torch.nn.Module`: [N, width] to [N, 1], or [N, classes] raw scores. Default "network". */
  readonly network?: string;
  /** Default 20, 1 to 100,000. */
  readonly epochs?: number;
  /** Rows of a step. Default 256, 2 to 1,000,000. */
  readonly batchSize?: number;
  /** Of AdamW. Default 0.001, 1e-9 to 10. */
  readonly learningRate?: number;
  /** Of AdamW. Default 0.01, 0 to 10. */
  readonly weightDecay?: number;
  /** What the script finds as `job.options["params"]`. */
  readonly params?: Readonly<Record<string, unknown>>;
}

type Library = Readonly<Record<string, Canonical>>;

/** How scikit-learn's estimator is made. Throws MW0103, MW0515. */
export function compileSteps(given: SklearnOptions, where: string): Library & { readonly script?: string } {
  const { estimator, params, pipeline, script, input = "matrix" } = given;
  const chosen = [estimator, pipeline, script].filter((one) => one !== undefined).length;
  if (chosen !== 1) {
    throw badPython(where, {
      option: "the estimator",
      expected: "given by exactly one of estimator, pipeline and script",
      found: chosen,
    });
  }
  if (!["matrix", "frame"].includes(input)) {
    throw badPython(where, { option: "input", expected: '"matrix" or "frame"', found: input });
  }
  if (script !== undefined) {
    const name = checkText(given.function ?? "pipeline", "function", where);
    return { script: checkText(script, "script", where), function: name, input };
  }
  const steps = pipeline ?? [{ estimator, params: params ?? {} }];
  if (!Array.isArray(steps) || steps.length === 0) {
    throw badPython(where, { option: "pipeline", expected: "a list of steps", found: pipeline });
  }
  return { pipeline: steps.map((step) => compileStep(step as SklearnStep, where)), input };
}

function compileStep(step: SklearnStep, where: string): Canonical {
  rejectUnknownKeys(step, ["estimator", "params"], `a step of ${where}`);
  const path = checkText(step.estimator, "estimator", where);
  if (!/^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$/.test(path)) {
    const expected = 'an import path such as "sklearn.ensemble.RandomForestClassifier"';
    throw badPython(where, { option: "estimator", expected, found: path });
  }
  return { estimator: path, params: checkParams(step.params ?? {}, where) };
}

/** Throws MW0104, MW0515. */
export function compileBoosting({ rounds = 200, params = {} }: BoostingOptions, where: string): Library {
  return {
    rounds: checkNumber(rounds, `rounds of ${where}`, { min: 1, max: 100_000, whole: true }),
    params: checkParams(params, where),
  };
}

export const torchOptionKeys = [
  "script",
  "network",
  "epochs",
  "batchSize",
  "learningRate",
  "weightDecay",
  "params",
  "requirements",
] as const satisfies readonly (keyof TorchOptions)[];

/** Throws MW0104, MW0515. */
export function compileTorch(given: TorchOptions, where: string): Library {
  const {
    network = "network",
    epochs = 20,
    batchSize = 256,
    learningRate = 1e-3,
    weightDecay = 0.01,
  } = given;
  const whole = (value: number, name: string, [min, max]: readonly [number, number]) =>
    checkNumber(value, `${name} of ${where}`, { min, max, whole: true });
  return {
    network: checkText(network, "network", where),
    epochs: whole(epochs, "epochs", [1, 100_000]),
    batchSize: whole(batchSize, "batchSize", [2, 1_000_000]),
    learningRate: checkNumber(learningRate, `learningRate of ${where}`, { min: 1e-9, max: 10 }),
    weightDecay: checkNumber(weightDecay, `weightDecay of ${where}`, { min: 0, max: 10 }),
    params: checkParams(given.params ?? {}, where),
  };
}
