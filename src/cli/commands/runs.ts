import { rename, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Command } from "commander";
import { compareRuns, findModel, listRuns, showRun, type RunView } from "../../lifecycle/index.js";
import { renderRuns } from "../../report/index.js";
import { withCommonOptions } from "../options.js";
import { runOnProject, type CommonOptions } from "../run-command.js";
import { columns } from "../terminal.js";
import { comparisonText, runText } from "./runs-text.js";

export function addRuns(program: Command): void {
  const runs = program.command("runs").description("training runs: list them, look at one, compare some");

  withCommonOptions(runs.command("list [model]", { isDefault: true }))
    .description("list training runs, the latest first")
    .action((model: string | undefined, options: CommonOptions) =>
      runOnProject(options, async (project) => {
        const found = await listRuns(project, model);
        // A model that was taken out of the configuration keeps its runs; a misspelt one never had any.
        if (found.length === 0 && model !== undefined) findModel(project, model);
        return {
          json: { runs: found.map(listed) },
          text: found.length === 0 ? "No run yet: millwright train makes one." : listText(found),
        };
      }),
    );

  withCommonOptions(runs.command("show <run>"))
    .description("show what a run was given and what it brought, with its curves")
    .action((id: string, options: CommonOptions) =>
      runOnProject(options, async (project) => {
        const run = await showRun(project, id);
        return { json: run, text: runText(run) };
      }),
    );

  withCommonOptions(runs.command("compare <runs...>"))
    .description("compare runs: metrics, what they were given differently, curves and features")
    .option("--html <file>", "write the comparison as one self-contained HTML page")
    .action((ids: string[], options: CommonOptions & { html?: string }) =>
      runOnProject(options, async (project) => {
        const comparison = await compareRuns(project, ids);
        if (options.html === undefined) return { json: comparison, text: comparisonText(comparison) };
        const page = resolve(options.html);
        await writeFile(`${page}.part`, renderRuns(comparison));
        await rename(`${page}.part`, page);
        return { json: { ...comparison, page }, text: `${comparisonText(comparison)}\n\nWrote ${page}` };
      }),
    );
}

/** A run in one line of JSON: what `runs show` tells of it in full. */
const listed = ({ id, model, status, startedAtMs, seconds, result, failure }: RunView) => ({
  ...{ id, model, status, startedAtMs, seconds },
  version: result?.version ?? null,
  promoted: result?.promoted ?? null,
  code: failure?.code ?? null,
});

function listText(runs: readonly RunView[]): string {
  const rows = runs.map(({ id, model, status, startedAtMs, seconds, result }) => [
    ...[id, model, status, new Date(startedAtMs).toISOString().slice(0, 16).replace("T", " ")],
    seconds === null ? "" : `${seconds.toFixed(1)} s`,
    result === null ? "" : String(result.version),
  ]);
  return columns([["run", "model", "status", "started", "took", "version"], ...rows]);
}
