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

/** A coded error as it crosses a process or network boundary. */
export interface CodedError {
  readonly code: string;
  readonly title: string;
  readonly expected: string;
  readonly found: string;
  readonly remedy: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Ways to call `millwright` in a folder, to its end. */
export interface Commands {
  readonly runCommand: (folder: string, ...args: readonly string[]) => Promise<Ended>;
  /** With `--json`: the JSON of its last line; throws unless it ends with `code` (default 0). */
  runJson<Answer>(folder: string, args: readonly string[], code?: number): Promise<Answer>;
  /** Of a command that must fail: its exit code and its coded error, read from its JSON line. */
  failure(
    folder: string,
    args: readonly string[],
  ): Promise<{ readonly exit: number | null; readonly error: CodedError }>;
}

function commandsBy(runCommand: Commands["runCommand"]): Commands {
  return Object.freeze({
    runCommand,
    async runJson<Answer>(folder: string, args: readonly string[], code = 0) {
      const ended = await runCommand(folder, ...args, "--json", "--quiet");
      if (ended.code !== code) {
        throw new Error(
          `${args.join(" ")} ended with ${ended.code ?? ended.signal}: ${ended.stdout}${ended.stderr}`,
        );
      }
      return JSON.parse(ended.stdout.trim().split("\n").at(-1) ?? "") as Answer;
    },
    async failure(folder: string, args: readonly string[]) {
      const ended = await runCommand(folder, ...args, "--json", "--quiet");
      const answer: unknown = JSON.parse(ended.stdout.trim().split("\n").at(-1) || "null");
      if (typeof answer !== "object" || answer === null || !("error" in answer)) {
        throw new Error(`${args.join(" ")} gave no error but ${ended.code}: ${ended.stdout}${ended.stderr}`);
      }
      return { exit: ended.code, error: answer.error as CodedError };
    },
  });
}

/** Each run in a process of its own. */
export const { runCommand, runJson, failure } = commandsBy(
  (folder, ...args) => startCommand(folder, ...args).ended,
);

/**
 * All runs in one process, one after another, for files of many short cases: a run costs a tenth. What only an own
 * process shows (signals, a command that does not end, what is left at exit) is tested with {@link runCommand}.
 */
export function commandHost(): Commands & { close(): Promise<void> } {
  const host = fileURLToPath(new URL("command-host.mjs", import.meta.url));
  const child = spawn(process.execPath, [host], { stdio: ["pipe", "pipe", "inherit"] });
  const gone = new Promise<never>((_, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => reject(new Error(`The command's host ended: ${code ?? signal}`)));
  });
  gone.catch(() => undefined);
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let last: Promise<unknown> = Promise.resolve();

  async function run(folder: string, args: readonly string[]): Promise<Ended> {
    child.stdin.write(`${JSON.stringify({ folder, args })}\n`);
    const answer: IteratorResult<string, undefined> = await Promise.race([answers.next(), gone]);
    return JSON.parse(answer.value ?? "null") as Ended;
  }
  return Object.freeze({
    ...commandsBy((folder, ...args) => {
      const ended = last.then(() => run(folder, args));
      last = ended.catch(() => undefined);
      return ended;
    }),
    async close() {
      child.stdin.end();
      await gone.catch(() => undefined);
    },
  });
}
