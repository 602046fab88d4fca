import type { MillwrightError } from "../kernel/index.js";
import { cliErrors } from "./errors.js";

/** MW1201 for what commander says of a command line that it does not take. */
export function usageError({
  code,
  message,
}: {
  readonly code: string;
  readonly message: string;
}): MillwrightError {
  const [problem, ...more] = message.replace(/^error: /, "").split("\n");
  const hint = more.find((line) => line.startsWith("(Did you mean"));
  return cliErrors.error("MW1201", {
    expected: "a command with the arguments and options that it takes",
    found: code === "commander.help" ? "no command" : problem,
    remedy: hint === undefined ? "See the command with --help." : hint.slice(1, -1),
  });
}
