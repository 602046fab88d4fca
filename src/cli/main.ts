#!/usr/bin/env node
import { CommanderError } from "commander";
import { createProgram } from "./program.js";

try {
  await createProgram().parseAsync();
} catch (error) {
  // Commander has printed its own message; help and version are no errors, everything else is wrong usage.
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : 2;
}
