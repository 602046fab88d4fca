import type { Command } from "commander";
import { listVersions, readVersion, rollBack, standingOf, versionNamed } from "../../lifecycle/index.js";
import { withCommonOptions } from "../options.js";
import { runOnProject, type CommonOptions } from "../run-command.js";
import { columns } from "../terminal.js";
import { addAudit } from "./models-audit.js";
import { addCompare } from "./models-compare.js";
import { addExchange } from "./models-exchange.js";
import { addDecisions, standingText } from "./models-decide.js";
import { addLineage } from "./models-lineage.js";

export function addModels(program: Command): void {
  const models = program
    .command("models")
    .description("registered versions: look at them, compare them, decide about them");

  withCommonOptions(models.command("list", { isDefault: true }))
    .description("list the versions of all models, the newest first")
    .action((options: CommonOptions) =>
      runOnProject(options, async (project) => {
        const versions = await listVersions(project);
        const rows = versions.map(({ model, version, semver, stage, state, packageId, registeredAtMs }) => [
          model,
          String(version),
          semver,
          stage,
          state.kind === "aliased" ? state.aliases.join(" ") : "",
          packageId.slice(0, 12),
          minute(registeredAtMs),
        ]);
        const head = ["model", "version", "semver", "stage", "alias", "package", "registered"];
        return {
          json: { versions },
          text: rows.length === 0 ? "No version yet: millwright train makes one." : columns([head, ...rows]),
        };
      }),
    );

  withCommonOptions(models.command("show <model> [version]"))
    .description(
      "show a version (the champion by default) and its model card; loading it verifies its hashes. " +
        "A version is a number, a semantic version or an alias: churn 3, churn@1.2.0, churn@champion",
    )
    .action((model: string, ref: string | undefined, options: CommonOptions) =>
      runOnProject(options, async (project) => {
        const found = await readVersion(project, versionNamed(model, ref));
        const { manifest, modelHash } = found.package;
        const standing = await standingOf(project, found.version);
        const json = { ...found.version, ...standing, modelHash, manifest };
        return { json, text: `${standingText(found.version, standing)}\n\n${found.cardText}` };
      }),
    );

  addDecisions(models);

  withCommonOptions(models.command("rollback <model> <version>"))
    .description("make an earlier version the champion again, on its recorded gates and fresh probe parity")
    .action((model: string, ref: string, options: CommonOptions) =>
      runOnProject(options, async (project) => {
        const { request, decision } = await rollBack(project, versionNamed(model, ref));
        const text = `Version ${request.version} of ${request.model} is the champion. A running server keeps its version.`;
        return { json: { model: request.model, version: request.version, decision }, text };
      }),
    );

  addCompare(models);
  addLineage(models);
  addAudit(models);
  addExchange(models);
}

/** A moment in UTC, to the minute. */
function minute(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 16).replace("T", " ");
}
