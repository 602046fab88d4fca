#!/usr/bin/env node
import { CommanderError } from "commander";
import { commandsFor, createProgram } from "./program.js";
import { usageError } from "./usage-error.js";

const json = process.argv.includes("--json");
try {
  const [, , first] = process.argv;
  const program = await createProgram({ json, asked: commandsFor(first) });
  await program.parseAsync();
} catch (error) {
  // Commander has printed its own message; help and version are no errors, everything else is wrong usage.
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : 2;
  if (json && error.exitCode !== 0)
    process.stdout.write(`${JSON.stringify({ error: usageError(error).toJSON() })}\n`);
}
