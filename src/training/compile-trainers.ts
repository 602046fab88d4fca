import { badModel } from "./errors.js";
import type { Task } from "./task.js";
import { linear, logistic, trainingQuantile, type Trainer } from "./trainer.js";

/** One trainer, or several to choose from. */
export function candidatesOf(
  given: Trainer | readonly [Trainer, ...Trainer[]],
): readonly [Trainer, ...Trainer[]] {
  return "fit" in given ? [given] : given;
}

/** Throws MW0501 for a trainer of other tasks. */
export function checkTrainer(name: string, { kind }: Task, trainer: Trainer): void {
  if (trainer.tasks.includes(kind)) return;
  throw badModel(name, {
    expected: `a trainer of ${kind} tasks`,
    found: `${trainer.name}, which learns ${trainer.tasks.join(", ")}`,
    remedy: "Choose another trainer, or another task.",
  });
}

/** The quantile of all candidates: those of different quantiles have no common measure. Throws MW0501. */
export function commonQuantile(name: string, candidates: readonly Trainer[]): number | undefined {
  const [{ quantile }] = candidates;
  const other = candidates.find((candidate) => candidate.quantile !== quantile);
  if (other === undefined) return quantile;
  const said = (level: number | undefined) => (level === undefined ? "no quantile" : `the quantile ${level}`);
  throw badModel(name, {
    expected: "trainers of one quantile",
    found: `${said(quantile)} and ${said(other.quantile)}`,
    remedy: "Make a model for each quantile.",
  });
}

/** Nothing is simpler than a forest where there is nothing to learn from. */
export function defaultBaseline({ kind }: Task, quantile: number | undefined): Trainer | undefined {
  if (kind === "anomaly") return undefined;
  if (quantile !== undefined) return trainingQuantile(quantile);
  return kind === "binary" || kind === "multiclass" ? logistic() : linear();
}
