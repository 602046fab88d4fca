import { readFileSync } from "node:fs";
import { Command } from "commander";
import { addData } from "./commands/data.js";
import { addEvaluate } from "./commands/evaluate.js";
import { addFeatures } from "./commands/features.js";
import { addGc } from "./commands/gc.js";
import { addInit } from "./commands/init.js";
import { addModels } from "./commands/models.js";
import { addMonitor } from "./commands/monitor.js";
import { addReplay } from "./commands/replay.js";
import { addReport } from "./commands/report.js";
import { addRuns } from "./commands/runs.js";
import { addReproduce } from "./commands/reproduce.js";
import { addServe } from "./commands/serve.js";
import { addTrain } from "./commands/train.js";

function version(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

/**
 * The command line: every command with its options, ready to parse. What is wrong with its use is told on
 * standard error, unless a machine is told.
 */
export function createProgram({ json = false } = {}): Command {
  const program = new Command("millwright")
    .description("Takes machine-learning models from data to a monitored production endpoint.")
    .version(version())
    .showSuggestionAfterError()
    .configureOutput({ outputError: (text, write) => (json ? undefined : write(text)) })
    .exitOverride();

  for (const add of [
    addInit,
    addData,
    addFeatures,
    addTrain,
    addRuns,
    addModels,
    addGc,
    addEvaluate,
    addServe,
    addReplay,
    addMonitor,
    addReport,
    addReproduce,
  ]) {
    add(program);
  }
  // exitOverride is not inherited by commands that exist already.
  for (const command of program.commands) {
    command.exitOverride();
    for (const inner of command.commands) inner.exitOverride();
  }
  return program;
}
