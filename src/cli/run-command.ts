import { isMillwrightError, silentProgress, systemClock, type MillwrightError } from "../kernel/index.js";
import type { Project } from "../lifecycle/index.js";
import { paint, terminalProgress, type Terminal } from "./terminal.js";

/** Options that every command has. */
export interface CommonOptions {
  /** Folder of the project. */
  readonly project: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly threads?: number;
}

/** What a command gives back: a value for machines, a text for people, and whether a check said no. */
export interface Outcome {
  readonly json: object;
  readonly text: string;
  /** A check said no: the exit code is 1. */
  readonly refused?: boolean;
  /** Another process tells the outcome. */
  readonly silent?: boolean;
}

/** Exit codes: 0 success, 1 a check said no, 2 wrong usage or configuration, 3 failure. */
export type ExitCode = 0 | 1 | 2 | 3;

const terminal: Terminal = { out: process.stdout, err: process.stderr };

/** A signal that fires at the first Ctrl-C or SIGTERM; the second one ends the process at once. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) process.exit(3);
    controller.abort(new Error("interrupted"));
  };
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, onSignal);
  // Started by a Node process with a channel: the death of the parent ends the command as SIGTERM would.
  // The channel itself must not keep a finished command alive.
  process.once("disconnect", onSignal);
  process.channel?.unref();
  return controller.signal;
}

/** Runs a command on an opened project, prints its outcome or its error, and sets the exit code. */
export async function runOnProject(
  options: CommonOptions,
  command: (project: Project, signal: AbortSignal) => Promise<Outcome>,
): Promise<void> {
  await run(options, async (signal) => {
    const progress = options.quiet === true ? silentProgress : terminalProgress(terminal, systemClock);
    const { threads } = options;
    const { openProject } = await import("../compose/index.js");
    const project = await openProject(options.project, {
      progress,
      ...(threads === undefined ? {} : { threads }),
    });
    try {
      return await command(project, signal);
    } finally {
      await project.close();
    }
  });
}

/** Runs a command that needs no project. */
export async function run(
  options: Pick<CommonOptions, "json">,
  command: (signal: AbortSignal) => Promise<Outcome>,
): Promise<void> {
  const startedMs = systemClock.monotonicMs();
  try {
    const { json, text, refused = false, silent = false } = await command(interruption());
    process.exitCode = refused ? 1 : 0;
    if (silent) return;
    const figures = {
      seconds: (systemClock.monotonicMs() - startedMs) / 1000,
      peak_rss_mb: Math.round(process.resourceUsage().maxRSS / 1024),
    };
    terminal.out.write(options.json === true ? `${JSON.stringify({ ...json, ...figures })}\n` : `${text}\n`);
  } catch (error) {
    process.exitCode = printError(error, options.json === true);
  }
}

/** Prints an error for people on standard error, or for machines on standard output, and tells the exit code. */
function printError(error: unknown, json: boolean): ExitCode {
  if (!isMillwrightError(error)) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    terminal.err.write(`${paint(terminal.err, "red", "Unexpected failure")}\n${text}\n`);
    if (json)
      terminal.out.write(
        `${JSON.stringify({ error: { title: "unexpected failure", found: String(error) } })}\n`,
      );
    return 3;
  }
  if (json) terminal.out.write(`${JSON.stringify({ error: error.toJSON() })}\n`);
  else terminal.err.write(`${describeError(error)}\n`);
  return error.row.exit;
}

function describeError(error: MillwrightError): string {
  const head = paint(terminal.err, "red", `${error.code} ${error.row.title}`);
  const line = (name: string, text: string) => `  ${paint(terminal.err, "dim", name.padEnd(9))} ${text}`;
  return [head, line("expected", error.expected), line("found", error.found), line("do", error.remedy)].join(
    "\n",
  );
}
