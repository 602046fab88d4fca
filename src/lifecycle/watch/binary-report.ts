import type { BinaryEvaluation, BinarySliceEvaluation, Comparison } from "../../training/index.js";
import type { TestReport } from "../train/evaluate-models.js";

/** The evaluation of a model of a yes-or-no outcome. */
export interface BinaryTestReport {
  readonly candidate: BinaryEvaluation;
  readonly baseline: Comparison | null;
  readonly ablation: Comparison | null;
  readonly slices: readonly BinarySliceEvaluation[];
}

/** A test report of a binary model, as such. What stands beside a binary candidate is binary too. */
export function binaryReport(report: TestReport): BinaryTestReport {
  const { candidate } = report;
  if (candidate.task !== "binary") throw new TypeError(`a ${candidate.task} model has no binary report`);
  return report as TestReport & BinaryTestReport;
}
