import type { Canonical } from "../kernel/index.js";
import type { Examples, GraphInfo, TargetKind } from "../learning/index.js";
import type { PythonEnvironment, PythonJob, PythonRunner } from "./ports.js";
import { pythonTrainerErrors } from "./python-trainer-errors.js";
import {
  badPython,
  checkParams,
  checkText,
  compilePythonOptions,
  shippedEnvironment,
  type CompiledPythonOptions,
  type LockOption,
  type PythonOptions,
} from "./python-trainer-options.js";
import { pythonTable } from "./python-trainer-table.js";
import { compileBoosting, compileSteps, compileTorch, torchOptionKeys } from "./python-trainer-libraries.js";
import type { BoostingOptions, SklearnOptions, TorchOptions } from "./python-trainer-libraries.js";
import type { FitContext, FittedPipeline, Trainer } from "./trainer.js";
import type { Parameters } from "./tuning/space.js";

const allTasks = ["binary", "multiclass", "regression", "ranking", "anomaly"] as const;
const supervisedTasks = ["binary", "multiclass", "regression", "ranking"] as const;

export interface ScriptOptions extends PythonOptions {
  /** The script by its path in the project. It defines `train(job)`, or what `function` names. */
  readonly script: string;
  /** Requirements file with hashes, by its path in the project; it names numpy, onnx, onnxruntime, pyarrow. */
  readonly requirements: string;
  /** The script's function. Default "train". */
  readonly function?: string;
  /** What the script finds as `job.options["params"]`: plain JSON. */
  readonly params?: Readonly<Record<string, unknown>>;
}

/** A user's own training, in Python: a script that returns a graph. Throws MW0103, MW0104, MW0515. */
export function python(given: ScriptOptions): Trainer {
  const where = "python()";
  const options = compilePythonOptions(given, ["script", "requirements", "function", "params"], where);
  const lock = { file: checkText(given.requirements, "requirements", where) };
  return pythonTrainer({
    trainer: "python",
    tasks: allTasks,
    environment: { lock, byVersion: [] },
    script: checkText(given.script, "script", where),
    library: {
      function: checkText(given.function ?? "train", "function", where),
      params: checkParams(given.params ?? {}, where),
    },
    options,
    remake: (tuned) => python(changed(given, tuned, ["seed"])),
  });
}

/** An estimator or pipeline of scikit-learn, by import path or from a script. Throws MW0103, MW0104, MW0515. */
export function sklearn(given: SklearnOptions): Trainer {
  const where = "sklearn()";
  const own = ["estimator", "params", "pipeline", "script", "function", "input", "requirements"];
  const options = compilePythonOptions(given, own, where);
  const { script, ...library } = compileSteps(given, where);
  return pythonTrainer({
    trainer: "sklearn",
    tasks: ["binary", "multiclass", "regression", "anomaly"],
    environment: shippedEnvironment("sklearn", given, where),
    ...(script === undefined ? {} : { script }),
    library,
    options,
    remake: (tuned) => sklearn(changed(given, tuned, ["seed"])),
  });
}

/** Boosted trees of LightGBM; a ranking learns lambdarank. Throws MW0103, MW0104, MW0515. */
export const lightgbm = (given: BoostingOptions = {}): Trainer => boosting("lightgbm", given);

/** Boosted trees of XGBoost. Throws MW0103, MW0104, MW0515. */
export const xgboost = (given: BoostingOptions = {}): Trainer => boosting("xgboost", given);

/** Boosted trees of CatBoost. Throws MW0103, MW0104, MW0515. */
export const catboost = (given: BoostingOptions = {}): Trainer => boosting("catboost", given);

function boosting(trainer: "lightgbm" | "xgboost" | "catboost", given: BoostingOptions): Trainer {
  const where = `${trainer}()`;
  const options = compilePythonOptions(given, ["rounds", "params", "requirements"], where);
  const library = compileBoosting(given, where);
  const environment = shippedEnvironment(trainer, given, where);
  const remake = (tuned: Parameters) => boosting(trainer, changed(given, tuned, ["seed", "rounds"]));
  return pythonTrainer({ trainer, tasks: supervisedTasks, environment, library, options, remake });
}

/** A PyTorch network that a script defines, trained with AdamW on the CPU. Throws MW0103, MW0104, MW0515. */
export function torch(given: TorchOptions): Trainer {
  const where = "torch()";
  const options = compilePythonOptions(given, torchOptionKeys, where);
  return pythonTrainer({
    trainer: "torch",
    tasks: ["binary", "multiclass", "regression"],
    environment: shippedEnvironment("torch", { ...lockOf(given), byVersion: ["torch==2.13.0"] }, where),
    script: checkText(given.script, "script", where),
    library: compileTorch(given, where),
    options,
    remake: (tuned) => torch(changed(given, tuned, ["seed", ...torchOptionKeys])),
  });
}

const lockOf = ({ requirements }: LockOption): LockOption =>
  requirements === undefined ? {} : { requirements };

interface Definition {
  readonly trainer: PythonJob["trainer"];
  readonly tasks: readonly TargetKind[];
  readonly environment: PythonEnvironment;
  readonly script?: string;
  readonly library: { readonly [name: string]: Canonical };
  readonly options: CompiledPythonOptions;
  /** The trainer with other options. */
  readonly remake: (options: Parameters) => Trainer;
}

/** Options with some changed: those that `own` names as they are, others among the library's `params`. */
function changed<Given extends { readonly params?: Readonly<Record<string, unknown>> }>(
  given: Given,
  options: Parameters,
  own: readonly string[],
): Given {
  const entries = Object.entries(options);
  const direct = Object.fromEntries(entries.filter(([name]) => own.includes(name)));
  const params = Object.fromEntries(entries.filter(([name]) => !own.includes(name)));
  return { ...given, ...direct, params: { ...given.params, ...params } };
}

/** Whether boosting ends when the watched rows no longer improve. */
const stopsEarly = ({ params }: Definition["library"]): boolean =>
  typeof params === "object" &&
  params !== null &&
  Object.keys(params).some((name) => name.startsWith("early_stopping") || name === "od_type");

function pythonTrainer(definition: Definition): Trainer {
  const { trainer, tasks, environment, script, library, options, remake } = definition;
  const { seed, threads, files } = options;
  const environmentJson: Canonical = { lock: { ...environment.lock }, byVersion: [...environment.byVersion] };
  const scripts = script === undefined ? {} : { script };
  return Object.freeze({
    name: trainer,
    tasks: Object.freeze([...tasks]),
    options: { ...scripts, ...library, seed, threads, environment: environmentJson, files: [...files] },
    seed,
    // A script may ask for rows to watch; of the libraries, those that were told when to stop do.
    watches: script !== undefined || stopsEarly(library),
    with: remake,
    fingerprint: (runner: PythonRunner) =>
      runner.fingerprint({ environment, files: [...(script === undefined ? [] : [script]), ...files] }),
    fit: (examples: Examples, graph: GraphInfo, context: FitContext) =>
      fitInPython(definition, { examples, graph, context }),
  });
}

async function fitInPython(
  { trainer, tasks, environment, script, library, options }: Definition,
  { examples, graph, context }: { examples: Examples; graph: GraphInfo; context: FitContext },
): Promise<FittedPipeline> {
  const { python: runner, validation, signal, onProgress, onLog } = context;
  const { kind } = examples.target;
  if (!tasks.includes(kind)) {
    throw badPython(`${trainer}()`, { option: "the task", expected: tasks.join(", "), found: kind });
  }
  if (runner === undefined) {
    const expected = "a way to run Python";
    const remedy = "Open the project by its configuration, or give fit() a runner as context.python.";
    throw pythonTrainerErrors.error("MW0516", { expected, found: "none", remedy });
  }
  return runner.run(
    {
      environment,
      trainer,
      task: kind,
      classes: examples.target.kind === "multiclass" ? examples.target.classes : [],
      features: examples.features.map(({ name, kind }) => ({ name, kind })),
      seed: options.seed,
      threads: options.threads,
      ...(script === undefined ? {} : { script }),
      options: library,
      train: pythonTable(examples),
      ...(validation === undefined ? {} : { validation: pythonTable(validation) }),
      graph,
      limits: options.limits,
    },
    {
      ...(signal === undefined ? {} : { signal }),
      ...(onProgress === undefined ? {} : { onProgress }),
      ...(onLog === undefined ? {} : { onLog }),
    },
  );
}
