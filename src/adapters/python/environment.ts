import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { throwIfCancelled } from "../../kernel/index.js";
import type { PythonEnvironment, PythonWatch } from "../../training/index.js";
import { pythonErrors } from "./errors.js";
import { readLock } from "./lock-file.js";
import { outputTail } from "./output-tail.js";
import { pythonFolder } from "./protocol.js";
import type { PythonPlaces } from "./places.js";
import { supervise, type Ended } from "./supervise.js";

/** An environment that is whole. */
export interface MadeEnvironment {
  readonly key: string;
  /** The environment's interpreter. */
  readonly python: string;
  /** SHA-256 of the lock file. */
  readonly lock: string;
}

/** Downloads of gigabytes on a slow line end within this. */
const longestMakingMs = 3_600_000;

/** Makes an environment unless it is there. Throws MW1501 to MW1504 and MW0105. */
export async function makeEnvironment(
  places: PythonPlaces,
  environment: PythonEnvironment,
  { signal, onLog }: PythonWatch,
): Promise<MadeEnvironment> {
  const lock = await readLock(places.projectFolder, environment);
  const script = fileURLToPath(new URL("millwright_trainer/make_environment.py", pythonFolder));
  const tail = outputTail((line) => {
    if (!line.startsWith("{")) onLog?.(line);
  });
  const ended = await supervise({
    command: places.python,
    args: ["-s", "-B", script, places.environments, lock.path, ...environment.byVersion],
    cwd: places.projectFolder,
    // pip needs what it is configured with: index, proxy, certificates.
    env: { ...process.env, PYTHONUNBUFFERED: "1" },
    onOutput: tail.reader,
    ...(signal === undefined ? {} : { signal }),
    timeMs: longestMakingMs,
    graceMs: places.graceMs,
  }).ended.catch((cause: unknown) => {
    throw noPython(places.python, cause instanceof Error ? cause.message : String(cause));
  });
  throwIfCancelled(signal);
  const answer = answerOf(places.python, ended, tail.lines());
  return { key: answer.key, python: join(answer.path, "bin", "python"), lock: lock.sha256 };
}

function answerOf(python: string, ended: Ended, lines: readonly string[]): { key: string; path: string } {
  const last = lines.at(-1) ?? "";
  if (ended.code === 0 && last.startsWith("{")) {
    const answer = JSON.parse(last) as { tooOld: string } | { key: string; path: string };
    if (!("tooOld" in answer)) return answer;
    throw noPython(python, `Python ${answer.tooOld}`);
  }
  const how = ended.cut === "time" ? "no end within an hour" : `code ${ended.code ?? ended.signal}`;
  throw pythonErrors.error("MW1503", {
    expected: "the packages of the lock file to be installed",
    found: `${how}: ${lines.slice(-5).join(" | ")}`,
    remedy: "Look at the last lines: most often the index is out of reach or has no build for this machine.",
    details: { lines },
  });
}

function noPython(python: string, found: string) {
  return pythonErrors.error("MW1501", {
    expected: `Python 3.10 or later as ${python}`,
    found,
    remedy: "Install it, with its venv module, or name another interpreter in MILLWRIGHT_PYTHON.",
    details: { python },
  });
}
