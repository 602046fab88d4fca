import { readFile, rename, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { InvalidArgumentError, Option, type Command } from "commander";
import { loadTest, type Project } from "../../lifecycle/index.js";
import { renderLoad } from "../../report/index.js";
import { cliErrors } from "../errors.js";
import { liveName, modelName, wholeNumber, withCommonOptions } from "../options.js";
import { runOnProject, type CommonOptions } from "../run-command.js";
import { loadText } from "./loadtest-text.js";

interface LoadtestOptions extends CommonOptions {
  readonly url: string;
  readonly live: string;
  readonly rate?: number;
  readonly seconds: number;
  readonly steps?: readonly number[];
  readonly arrivals: "poisson" | "constant";
  readonly seed: number;
  readonly timeout: number;
  readonly connections: number;
  readonly p95?: number;
  readonly availability?: number;
  readonly file?: string;
  readonly header: Readonly<Record<string, string>>;
  readonly html?: string;
}

export function addLoadtest(program: Command): void {
  withCommonOptions(program.command("loadtest [model]"))
    .description(
      "send load to a running server in steps up to twice the declared peak, and judge it by the SLO",
    )
    .option("--url <url>", "the server", "http://127.0.0.1:8080")
    .option("--rate <n>", "requests a second that are 100 %; default the model's slo.peakPerSecond", positive)
    .option("--seconds <n>", "length of each step", positive, 10)
    .option("--steps <percents>", "parts of the peak, ascending; default 25,50,100,150,200", percents)
    .addOption(
      new Option("--arrivals <kind>", "as independent users come, or evenly")
        .choices(["poisson", "constant"])
        .default("poisson"),
    )
    .option("--seed <n>", "of the arrivals and of the rows that are sent", wholeNumber, 1)
    .option("--timeout <ms>", "time limit of a request", wholeNumber, 10_000)
    .option("--connections <n>", "most requests under way at once", wholeNumber, 256)
    .option("--p95 <ms>", "objective of the 95th percentile; default the model's", positive)
    .option(
      "--availability <percent>",
      "objective of the share of good answers; default the model's",
      percent,
    )
    .option("--file <file>", "requests to send, one JSON object a line; default rows of the dataset")
    .option("--header <name: value>", "header of every request, e.g. an API key; may be repeated", header, {})
    .option("--html <file>", "write the result as one self-contained HTML page")
    .option("--live <name>", "live state that the result is kept with", liveName, "default")
    .action((given: string | undefined, options: LoadtestOptions) =>
      runOnProject(options, (project, signal) => runLoadtest({ project, given, options }, signal)),
    );
}

interface Call {
  readonly project: Project;
  readonly given: string | undefined;
  readonly options: LoadtestOptions;
}

async function runLoadtest({ project, given, options }: Call, signal: AbortSignal) {
  const names = project.models.map(({ name }) => name);
  const { loadTarget } = await import("../load/load-target.js");
  const { url, header: headers, rate, p95, availability, seconds, arrivals, seed, connections } = options;
  const result = await loadTest(
    project,
    {
      ...{ model: modelName(given, names), target: loadTarget({ url, headers }), peakPerSecond: rate },
      ...{ seconds, arrivals, seed, connections, timeoutMs: options.timeout, live: options.live },
      ...(options.steps && { shares: options.steps }),
      objective: { ...(p95 && { p95Ms: p95 }), ...(availability && { availability }) },
      lines: await linesOf(options.file),
    },
    signal,
  );
  const text = loadText(result);
  const refused = result.verdict.state !== "met";
  if (options.html === undefined) return { json: result, text, refused };
  const page = resolve(options.html);
  await writeFile(`${page}.part`, renderLoad(result));
  await rename(`${page}.part`, page);
  return { json: { ...result, page }, text: `${text}\n\nWrote ${page}`, refused };
}

async function linesOf(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  try {
    return await readFile(resolve(file), "utf8");
  } catch (cause) {
    throw cliErrors.error("MW1201", {
      expected: "a file of requests for --file",
      found: cause instanceof Error ? cause.message : String(cause),
      remedy: "Write one JSON object in each line.",
      cause,
    });
  }
}

function positive(text: string): number {
  const value = Number(text);
  if (/^\d{1,9}(\.\d{1,6})?$/.test(text) && value > 0) return value;
  throw new InvalidArgumentError("It takes a number above 0.");
}

function percent(text: string): number {
  const value = positive(text);
  if (value >= 1 && value <= 100) return value / 100;
  throw new InvalidArgumentError("It takes a percentage from 1 to 100, such as 99.9.");
}

const percents = (text: string): number[] => text.split(",").map((part) => positive(part.trim()) / 100);

function header(text: string, before: Readonly<Record<string, string>>): Record<string, string> {
  const found = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):\s*([\x20-\x7e]*)$/.exec(text);
  if (found === null) throw new InvalidArgumentError('It takes "Name: value".');
  return { ...before, [found[1].toLowerCase()]: found[2] };
}
