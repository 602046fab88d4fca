import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** The built command, as it is published. */
export const commandPath = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

/** How a run of the command ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command while it runs. */
export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves with the first line of standard output; throws when the command ends without one. */
  readonly firstLine: Promise<string>;
}

/** Starts a program, collecting its output. */
export function start(
  program: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = process.env,
): Running {
  const child = spawn(program, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  const firstLine = new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once("line", resolve);
    ended.then(
      (end) =>
        reject(new Error(`ended with ${end.code ?? end.signal} before a line: ${end.stdout}${end.stderr}`)),
      reject,
    );
  });
  // Whoever does not ask for a line does not mind that there was none.
  firstLine.catch(() => undefined);
  return { child, ended, firstLine };
}

/** Starts `millwright` in a folder. */
export const startCommand = (folder: string, ...args: readonly string[]): Running =>
  start(process.execPath, [commandPath, ...args], folder);

/** Runs `millwright` in a folder to its end. */
export const runCommand = (folder: string, ...args: readonly string[]): Promise<Ended> =>
  startCommand(folder, ...args).ended;

/** Runs `millwright … --json` in a folder and reads the JSON of its last line; throws unless it ends with `code`. */
export async function runJson<Answer>(folder: string, args: readonly string[], code = 0): Promise<Answer> {
  const ended = await runCommand(folder, ...args, "--json", "--quiet");
  if (ended.code !== code) {
    throw new Error(
      `${args.join(" ")} ended with ${ended.code ?? ended.signal}: ${ended.stdout}${ended.stderr}`,
    );
  }
  return JSON.parse(ended.stdout.trim().split("\n").at(-1) ?? "") as Answer;
}

/** A coded error as it crosses a process or network boundary. */
export interface CodedError {
  readonly code: string;
  readonly title: string;
  readonly expected: string;
  readonly found: string;
  readonly remedy: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** The error of a command that must fail: its exit code and its coded error, read from its JSON line. */
export async function failure(
  folder: string,
  args: readonly string[],
): Promise<{ readonly exit: number | null; readonly error: CodedError }> {
  const ended = await runCommand(folder, ...args, "--json", "--quiet");
  const answer: unknown = JSON.parse(ended.stdout.trim().split("\n").at(-1) || "null");
  if (typeof answer !== "object" || answer === null || !("error" in answer)) {
    throw new Error(`${args.join(" ")} gave no error but ${ended.code}: ${ended.stdout}${ended.stderr}`);
  }
  return { exit: ended.code, error: answer.error as CodedError };
}
