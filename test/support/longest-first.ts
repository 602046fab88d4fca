import { relative } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** The files that take many seconds to minutes, the longest first. */
const longest = [
  "test/e2e/python-trainers.test.ts",
  "test/faults/python-trainer.test.ts",
  "test/e2e/serving.test.ts",
  "test/faults/inference-workers.test.ts",
  "src/learning/onnx/export.test.ts",
  "src/lifecycle/train/train-tasks.test.ts",
  "src/data/snapshot.test.ts",
  "src/features/offline/fold.test.ts",
  "src/lifecycle/views/backfill-features.test.ts",
  "src/learning/gbdt/train.test.ts",
];

/**
 * Runs the files that have a process of their own, then those that share one, each with its longest first: no
 * processor idles at the end while one long file runs. A file that is not named goes by what it took in an earlier
 * run, or by its size. No test depends on the order.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId, project }: TestSpecification) => {
      const named = longest.indexOf(relative(this.ctx.config.root, moduleId));
      const group = project.config.isolate ? 0 : longest.length + 1;
      return group + (named < 0 ? longest.length : named);
    };
    const sorted = await super.sort(files);
    return sorted.sort((one, other) => place(one) - place(other));
  }
}
