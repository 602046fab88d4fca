import { evaluationConvention, metricsOf, type Evaluation, type Figure } from "../../training/index.js";

/** The metrics of an evaluation with their names, the leading ones first. */
export function testMetrics({
  task,
  metrics,
}: Evaluation): readonly (readonly [name: string, figure: Figure])[] {
  return metricsOf(task).flatMap((name) => {
    const figure = metrics[name];
    return figure === undefined ? [] : [[name, figure] as const];
  });
}

/** How the figures of an evaluation were computed, in one line. */
export const evaluationLine = (evaluation: Evaluation): string => evaluationConvention(evaluation);
