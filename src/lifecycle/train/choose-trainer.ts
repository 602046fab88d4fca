import { throwIfCancelled, type Canonical } from "../../kernel/index.js";
import {
  metricLoss,
  runTuning,
  scoredRows,
  type EvaluationMetric,
  type ModelDefinition,
  type Parameters,
  type Trainer,
  type TrialReport,
} from "../../training/index.js";
import { fitGraph, scoreGraph } from "./fit-graph.js";
import { holdForChoice } from "./held-rows.js";
import { knownRows } from "../watch/known-rows.js";
import type { Project } from "../project.js";
import type { Steps } from "./steps.js";
import type { TrainingData } from "./training-data.js";

/** How one of several trainers did on the held-back rows. Plain JSON. */
export type CandidateReport = {
  readonly trainer: string;
  readonly options: Canonical;
  /** The less the better; null where it could not be had. */
  readonly loss: number | null;
};

/** How the trainer was chosen. Plain JSON. */
export type Choice = {
  /** What the held-back rows were judged by. */
  readonly metric: EvaluationMetric;
  readonly heldRows: number;
  /** The model's trainers, each with the options that it was given; empty when there is one only. */
  readonly candidates: readonly CandidateReport[];
  readonly tuning: {
    readonly trainer: string;
    readonly trials: readonly TrialReport[];
    readonly best: number;
  } | null;
};

interface Choosing {
  readonly model: ModelDefinition;
  readonly data: TrainingData;
  readonly steps: Steps;
}

/**
 * Chooses the trainer that goes on: the best of several on held-back training rows, then its options by the
 * model's search. Every fit is a remembered step, so that a killed search goes on where it was. Null where
 * there is nothing to choose.
 */
export async function chooseTrainer(
  project: Project,
  choosing: Choosing,
  signal?: AbortSignal,
): Promise<{ readonly trainer: Trainer; readonly choice: Choice | null }> {
  const { model, data } = choosing;
  const { candidates, tuning, metric } = model;
  if (candidates.length === 1 && tuning === undefined) return { trainer: candidates[0], choice: null };
  const rows = holdForChoice(model, data);
  const judge = (trainer: Trainer, share: number, threads: number) =>
    judgeTrainer(project, { ...choosing, trainer, rows, share, metric, threads }, signal);
  const judged: CandidateReport[] = [];
  if (candidates.length > 1) {
    for (const trainer of candidates) {
      const loss = await judge(trainer, 1, project.threads);
      judged.push({ trainer: trainer.name, options: trainer.options, loss });
    }
  }
  const trainer = candidates[bestOf(judged)];
  const common = { metric, heldRows: rows.held.length, candidates: judged };
  if (tuning === undefined) return { trainer, choice: { ...common, tuning: null } };
  const threads = Math.max(1, Math.floor(project.threads / tuning.parallel));
  const task = project.progress.start(`tune ${trainer.name}`);
  const report = await runTuning(tuning, {
    judge: async (parameters: Parameters, share: number) => judge(trainer.with(parameters), share, threads),
    onTrial: (done, of) => task.update(done / of),
    ...(signal === undefined ? {} : { signal }),
  });
  const best = report.trials[report.best];
  task.finish(
    `${report.trials.length} trials, best ${metric} ${Math.abs(best.losses.at(-1) ?? NaN).toPrecision(5)}`,
  );
  return {
    trainer: trainer.with(best.parameters),
    choice: { ...common, tuning: { trainer: trainer.name, ...report } },
  };
}

/** The first with the smallest loss; those without a loss come last. */
function bestOf(judged: readonly CandidateReport[]): number {
  let best = 0;
  judged.forEach(({ loss }, i) => {
    if ((loss ?? Infinity) < (judged[best].loss ?? Infinity)) best = i;
  });
  return best;
}

interface Judging extends Choosing {
  readonly trainer: Trainer;
  readonly rows: { readonly fit: Uint32Array; readonly held: Uint32Array };
  /** The share of the rows to fit that is learned from. */
  readonly share: number;
  readonly metric: EvaluationMetric;
  readonly threads: number;
}

async function judgeTrainer(
  project: Project,
  judging: Judging,
  signal?: AbortSignal,
): Promise<number | null> {
  const { model, data, steps, trainer, rows, share, metric, threads } = judging;
  throwIfCancelled(signal);
  const { loss } = await steps.run({
    name: "trial",
    inputs: {
      trainingSet: data.trainingSet,
      split: model.split.definition,
      holdout: model.holdout,
      ...(model.conformal === undefined ? {} : { halved: true }),
      trainer: await identity(project, trainer),
      share,
      metric,
    },
    compute: async () => {
      const fit = everyNth(rows.fit, share);
      const { onnx } = await fitGraph(
        project,
        { model, data, trainer, set: model.features, rows: fit, watch: rows.held, threads },
        signal,
      );
      const scores = await scoreGraph(project, { data, onnx, rows: rows.held, set: model.features }, signal);
      return { loss: metricLoss(scoredRows(knownRows(model, data, rows.held), scores), metric) };
    },
  });
  return loss;
}

/** Everything that a trainer's result is a function of, besides the rows. */
export async function identity(project: Project, trainer: Trainer): Promise<Canonical> {
  const files = await trainer.fingerprint?.(project.python);
  return { name: trainer.name, options: trainer.options, ...(files === undefined ? {} : { files }) };
}

/** A share of the rows, evenly spaced. */
function everyNth(rows: Uint32Array, share: number): Uint32Array {
  const count = Math.max(1, Math.round(rows.length * share));
  return Uint32Array.from({ length: count }, (_, i) => rows[Math.floor((i * rows.length) / count)]);
}
