import type { Command } from "commander";
import { readVersion } from "../../lifecycle/index.js";
import { withCommonOptions } from "../options.js";
import { runOnProject, type CommonOptions } from "../run-command.js";
import { columns } from "../terminal.js";

export function addModels(program: Command): void {
  const models = program.command("models").description("list registered versions, and look at one");

  withCommonOptions(models.command("list", { isDefault: true }))
    .description("list the versions of all models, the newest first")
    .action((options: CommonOptions) =>
      runOnProject(options, async (project) => {
        const names = await project.registry.models();
        const versions = (await Promise.all(names.map((name) => project.registry.list(name)))).flat();
        const rows = versions.map(({ model, version, state, packageId, registeredAtMs }) => [
          model,
          String(version),
          state.kind === "aliased" ? state.aliases.join(" ") : state.kind,
          packageId.slice(0, 12),
          new Date(registeredAtMs).toISOString(),
        ]);
        const table = columns([["model", "version", "state", "package", "registered"], ...rows]);
        return {
          json: { versions },
          text: rows.length === 0 ? "No version yet: millwright train makes one." : table,
        };
      }),
    );

  withCommonOptions(models.command("show <model> [version]"))
    .description("show the model card of a version (the champion by default); loading it verifies its hashes")
    .action((model: string, ref: string | undefined, options: CommonOptions) =>
      runOnProject(options, async (project) => {
        const found = await readVersion(project, ref === undefined ? { model } : { model, ref });
        const { manifest, card, modelHash } = found.package;
        return { json: { ...found.version, modelHash, manifest }, text: card };
      }),
    );
}
