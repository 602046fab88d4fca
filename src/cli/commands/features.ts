import type { Command } from "commander";
import { findModel, verifyFeatures } from "../../lifecycle/index.js";
import { liveName, modelName, withCommonOptions } from "../options.js";
import { runOnProject, type CommonOptions } from "../run-command.js";
import { columns, counted } from "../terminal.js";

export function addFeatures(program: Command): void {
  const features = program.command("features").description("look at the features of a model, and prove them");

  withCommonOptions(features.command("list [model]"))
    .description("list the features that a model reads")
    .action((given: string | undefined, options: CommonOptions) =>
      runOnProject(options, async (project) => {
        const name = modelName(
          given,
          project.models.map((model) => model.name),
        );
        const { hash, columns: found } = findModel(project, name).features;
        return {
          json: { model: name, hash, features: found },
          text: columns([["feature", "kind", "origin"], ...found.map((f) => [f.name, f.kind, f.origin])]),
        };
      }),
    );

  withCommonOptions(features.command("verify [model]"))
    .description("recompute the features of all logged predictions offline and compare them bit by bit")
    .option("--live <name>", "live state to verify", liveName, "default")
    .action((given: string | undefined, options: CommonOptions & { live: string }) =>
      runOnProject(options, async (project, signal) => {
        const model = modelName(
          given,
          project.models.map(({ name }) => name),
        );
        const result = await verifyFeatures(project, { model, live: options.live }, signal);
        const examples = result.examples.map(
          (e) => `  ${e.id} ${e.feature}: logged ${e.logged}, recomputed ${e.recomputed}`,
        );
        const skipped =
          result.skipped === 0
            ? ""
            : `; ${counted(result.skipped, "prediction")} of another definition skipped`;
        const verdict = `${counted(result.predictions, "prediction")} recomputed, ${result.mismatches} with a mismatch${skipped}.`;
        return { json: result, text: [verdict, ...examples].join("\n"), refused: result.mismatches > 0 };
      }),
    );
}
