import type { Command } from "commander";
import { findModel } from "../../lifecycle/index.js";
import { withCommonOptions } from "../options.js";
import { runOnProject, type CommonOptions } from "../run-command.js";
import { columns } from "../terminal.js";

export function addRuns(program: Command): void {
  withCommonOptions(program.command("runs [model]"))
    .description("list training runs, the latest first")
    .action((model: string | undefined, options: CommonOptions) =>
      runOnProject(options, async (project) => {
        const runs = await project.runs.listRuns(model);
        // A model that was taken out of the configuration keeps its runs; a misspelt one never had any.
        if (runs.length === 0 && model !== undefined) findModel(project, model);
        const rows = runs.map((run) => [
          run.id,
          run.model,
          run.status,
          new Date(run.startedAtMs).toISOString(),
          run.status === "running" ? "" : `${((run.finishedAtMs - run.startedAtMs) / 1000).toFixed(1)} s`,
        ]);
        return {
          json: {
            runs: runs.map(({ id, model, status, startedAtMs }) => ({ id, model, status, startedAtMs })),
          },
          text:
            rows.length === 0
              ? "No run yet: millwright train makes one."
              : columns([["run", "model", "status", "started", "took"], ...rows]),
        };
      }),
    );
}
