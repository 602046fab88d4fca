import { readFileSync } from "node:fs";
import { Command } from "commander";

function version(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

/** Each command, loaded when it is asked for: all together take several times as long as one. */
const commands: Readonly<Record<string, () => Promise<(program: Command) => void>>> = {
  init: async () => (await import("./commands/init.js")).addInit,
  data: async () => (await import("./commands/data.js")).addData,
  features: async () => (await import("./commands/features.js")).addFeatures,
  train: async () => (await import("./commands/train.js")).addTrain,
  runs: async () => (await import("./commands/runs.js")).addRuns,
  models: async () => (await import("./commands/models.js")).addModels,
  gc: async () => (await import("./commands/gc.js")).addGc,
  keys: async () => (await import("./commands/keys.js")).addKeys,
  evaluate: async () => (await import("./commands/evaluate.js")).addEvaluate,
  serve: async () => (await import("./commands/serve.js")).addServe,
  predict: async () => (await import("./commands/predict.js")).addPredict,
  replay: async () => (await import("./commands/replay.js")).addReplay,
  loadtest: async () => (await import("./commands/loadtest.js")).addLoadtest,
  monitor: async () => (await import("./commands/monitor.js")).addMonitor,
  report: async () => (await import("./commands/report.js")).addReport,
  reproduce: async () => (await import("./commands/reproduce.js")).addReproduce,
};

const allCommands = Object.keys(commands);

/** The commands that a first argument asks for: itself, none where it asks for the version, else all. */
export function commandsFor(first: string | undefined): readonly string[] {
  if (first === "--version" || first === "-V") return [];
  return first !== undefined && Object.hasOwn(commands, first) ? [first] : allCommands;
}

/**
 * The command line: every command with its options, or those that are asked for, ready to parse. What is wrong with
 * its use is told on standard error, unless a machine is told.
 */
export async function createProgram({
  json = false,
  asked = allCommands,
}: { readonly json?: boolean; readonly asked?: readonly string[] } = {}): Promise<Command> {
  const program = new Command("millwright")
    .description("Takes machine-learning models from data to a monitored production endpoint.")
    .version(version())
    .showSuggestionAfterError()
    .configureOutput({ outputError: (text, write) => (json ? undefined : write(text)) })
    .exitOverride();

  for (const name of asked) (await commands[name]())(program);
  // exitOverride is not inherited by commands that exist already.
  for (const one of program.commands) {
    one.exitOverride();
    for (const inner of one.commands) inner.exitOverride();
  }
  return program;
}
