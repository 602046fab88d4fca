import type { Command } from "commander";
import { evaluateRange } from "../../lifecycle/index.js";
import { modelName, time, withCommonOptions } from "../options.js";
import { runOnProject, type CommonOptions } from "../run-command.js";

export function addEvaluate(program: Command): void {
  withCommonOptions(program.command("evaluate [model]"))
    .description("evaluate the latest version offline on a range of its test rows")
    .requiredOption("--from <time>", "first time of a row")
    .requiredOption("--to <time>", "end of the range, exclusive")
    .action((given: string | undefined, options: CommonOptions & { from: string; to: string }) =>
      runOnProject(options, async (project) => {
        const model = modelName(
          given,
          project.models.map(({ name }) => name),
        );
        const range = { fromMs: time("--from", options.from), toMs: time("--to", options.to) };
        const result = await evaluateRange(project, { model, ...range });
        return {
          json: result,
          text: `AUC ${result.auc} on ${result.rows.toLocaleString("en")} rows, ${result.positives.toLocaleString("en")} positive.`,
        };
      }),
    );
}
