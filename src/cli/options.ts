import { InvalidArgumentError, Option, type Command } from "commander";
import { parseTimestamp } from "../kernel/index.js";
import { cliErrors } from "./errors.js";

/** Adds the options that every command has. */
export function withCommonOptions(command: Command): Command {
  return command
    .option("-p, --project <folder>", "folder of the project", ".")
    .option("--json", "print one JSON line for machines")
    .option("-q, --quiet", "show no progress")
    .addOption(
      new Option("--threads <n>", "threads to use; results do not depend on it").argParser(wholeNumber),
    );
}

/** A whole number from 1. */
export function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It takes a whole number from 1.");
}

/** A duration in ms; 0 is none. */
export function milliseconds(text: string): number {
  if (/^(0|[1-9]\d{0,8})$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It takes milliseconds: a whole number from 0.");
}

/** A port number; 0 is any free one. */
export function port(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new InvalidArgumentError("It takes a port from 0 to 65535.");
}

/** From 0 to 1. */
export function share(text: string): number {
  const value = Number(text);
  if (/^[01](\.\d{1,9})?$/.test(text) && value <= 1) return value;
  throw new InvalidArgumentError("It takes a number from 0 to 1.");
}

/** The name of a live state. It names a folder, so it may not lead out of the project. */
export function liveName(text: string): string {
  if (/^[a-z0-9][a-z0-9._-]{0,62}$/i.test(text)) return text;
  throw new InvalidArgumentError("It takes letters, digits, dots, hyphens and underscores, at most 63.");
}

/** Epoch milliseconds of an ISO time. Throws MW1201. */
export function time(option: string, text: string): number {
  const timeMs = parseTimestamp(text);
  if (!Number.isNaN(timeMs)) return timeMs;
  throw cliErrors.error("MW1201", {
    expected: `an ISO 8601 time for ${option}`,
    found: JSON.stringify(text),
    remedy: "Write it as 2001-06-01 or 2001-06-01T12:00Z.",
  });
}

/** The name of the model that a command is about: the given one, or the project's only one. Throws MW1201. */
export function modelName(given: string | undefined, names: readonly string[]): string {
  if (given !== undefined) return given;
  if (names.length === 1) return names[0];
  throw cliErrors.error("MW1201", {
    expected: "the name of a model, for the project has several",
    found: "none",
    remedy: `Name one of ${names.join(", ")}.`,
  });
}
