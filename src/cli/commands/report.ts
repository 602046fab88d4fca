import { rename, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Command } from "commander";
import { report } from "../../lifecycle/index.js";
import { renderReport } from "../../report/index.js";
import { liveName, modelName, withCommonOptions } from "../options.js";
import { runOnProject, type CommonOptions } from "../run-command.js";

interface ReportOptions extends CommonOptions {
  readonly live: string;
  readonly out: string;
}

export function addReport(program: Command): void {
  withCommonOptions(program.command("report [model]"))
    .description("write one self-contained HTML page about the latest version")
    .option("--live <name>", "live state to show", liveName, "default")
    .option("-o, --out <file>", "where to write it", "report.html")
    .action((given: string | undefined, options: ReportOptions) =>
      runOnProject(options, async (project) => {
        const model = modelName(
          given,
          project.models.map(({ name }) => name),
        );
        const path = resolve(options.out);
        await writeWhole(path, renderReport(await report(project, { model, live: options.live })));
        return { json: { report: path }, text: `Wrote ${path}` };
      }),
    );
}

/** Writes a file wholly or not at all. */
async function writeWhole(path: string, text: string): Promise<void> {
  const unfinished = `${path}.part`;
  await writeFile(unfinished, text);
  await rename(unfinished, path);
}
