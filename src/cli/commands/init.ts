import { dirname, join, relative, resolve } from "node:path";
import type { Command } from "commander";
import { projectFiles } from "../init/project-files.js";
import { exists, writeProject } from "../init/write-project.js";
import { run, type Outcome } from "../run-command.js";
import { columns, paint } from "../terminal.js";

export function addInit(program: Command): void {
  program
    .command("init [folder]")
    .description("make a small working project, with data, in a new folder or in this one")
    .option("--json", "print one JSON line for machines")
    .action((folder: string | undefined, options: { readonly json?: boolean }) =>
      run(options, (signal) => init(resolve(folder ?? "."), signal)),
    );
}

async function init(folder: string, signal: AbortSignal): Promise<Outcome> {
  const { files, rowCount } = await projectFiles();
  // `npm install millwright` in an empty folder leaves a package.json, and it is the user's.
  const kept = (await exists(join(folder, "package.json"))) ? ["package.json"] : [];
  const written = new Map([...files].filter(([path]) => !kept.includes(path)));
  await writeProject(folder, written, signal);
  const next = await nextSteps(folder, kept.length > 0);
  const created = [...written.keys()];
  return {
    json: { folder, created, kept, rows: rowCount, next: next.map(([command]) => command) },
    text: describe({ folder, rowCount, kept, next }),
  };
}

type Step = readonly [command: string, about: string];

async function nextSteps(folder: string, hasPackage: boolean): Promise<Step[]> {
  const path = relative(process.cwd(), folder);
  const steps: Step[] = [];
  if (path !== "") steps.push([`cd ${/^[\w./-]+$/.test(path) ? path : JSON.stringify(path)}`, ""]);
  if (!hasPackage) steps.push(["npm install", ""]);
  else if (!(await isInstalled(folder))) steps.push(["npm install millwright", ""]);
  steps.push(
    ["npx millwright train", "a champion, in seconds"],
    ["npx millwright serve", "predictions over HTTP"],
    ["npx jiti predict.ts", "asks for some; in a second terminal"],
  );
  return steps;
}

/** Whether Node finds the package from the folder: there or in a folder above. */
async function isInstalled(folder: string): Promise<boolean> {
  if (await exists(join(folder, "node_modules/millwright"))) return true;
  const above = dirname(folder);
  return above !== folder && isInstalled(above);
}

interface Result {
  readonly folder: string;
  readonly rowCount: number;
  readonly kept: readonly string[];
  readonly next: readonly Step[];
}

function describe({ folder, rowCount, kept, next }: Result): string {
  const bold = (text: string) => paint(process.stdout, "bold", text);
  const dim = (text: string) => paint(process.stdout, "dim", text);
  const commands = columns(next.map(([command, about]) => [`  ${command}`, about])).split("\n");
  return [
    `Made a project in ${bold(folder)}: which deliveries of a town's restaurants will be late?`,
    "",
    columns([
      ["  millwright.config.ts", dim("source, features, model and gates: read this first")],
      ["  data/deliveries.csv", dim(`${rowCount.toLocaleString("en")} deliveries, made up`)],
      ["  predict.ts", dim("what a product does: ask, and tell what happened")],
      ["  README.md", dim("what to try then")],
    ]),
    ...kept.map((path) => `\n${path} was there and stays as it is.`),
    "",
    bold("Next"),
    ...commands.map((line, i) => (next[i][1] === "" ? line : line.replace(next[i][1], dim(next[i][1])))),
  ].join("\n");
}
