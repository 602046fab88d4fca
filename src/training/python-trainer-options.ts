import { checkNumber, rejectUnknownKeys, type Canonical } from "../kernel/index.js";
import type { PythonEnvironment, PythonLimits, ShippedLock } from "./ports.js";
import { pythonTrainerErrors } from "./python-trainer-errors.js";

/** Options of every trainer that runs in Python. */
export interface PythonOptions {
  /** Seeds every generator of random numbers. Default 0, 32 bits. */
  readonly seed?: number;
  /** Threads of the libraries. Default 1, which gives the same bits on every run; 1 to 1,024. */
  readonly threads?: number;
  /** Longest training in minutes. Default 60, up to 10,080. */
  readonly timeLimitMinutes?: number;
  /** Longest time without a sign of life in seconds. Default 300, 1 to 86,400. */
  readonly silenceLimitSeconds?: number;
  /** Memory of the training in MiB. Default: three quarters of the machine's; 256 to 16,777,216. */
  readonly memoryLimitMb?: number;
  /** Python files that the script imports, by their paths in the project: a change of one is a new model. */
  readonly files?: readonly string[];
}

/** A ready-made trainer's own lock in place of the one that ships. */
export interface LockOption {
  /** Requirements file with hashes, by its path in the project. */
  readonly requirements?: string;
}

const pythonOptionKeys = [
  "seed",
  "threads",
  "timeLimitMinutes",
  "silenceLimitSeconds",
  "memoryLimitMb",
  "files",
] as const satisfies readonly (keyof PythonOptions)[];

/** The options of every Python trainer, resolved. */
export interface CompiledPythonOptions {
  readonly seed: number;
  readonly threads: number;
  readonly limits: PythonLimits;
  readonly files: readonly string[];
}

/** Fills in defaults and checks. Throws MW0103 for an unknown key, MW0104 and MW0515 for a wrong value. */
export function compilePythonOptions(
  given: PythonOptions,
  own: readonly string[],
  where: string,
): CompiledPythonOptions {
  rejectUnknownKeys(given, [...own, ...pythonOptionKeys], where);
  const { seed = 0, threads = 1, timeLimitMinutes = 60, silenceLimitSeconds = 300, memoryLimitMb } = given;
  type Range = Parameters<typeof checkNumber>[2];
  const number = (value: unknown, name: string, range: Range) =>
    checkNumber(value, `${name} of ${where}`, range);
  const memoryMb =
    memoryLimitMb === undefined
      ? {}
      : { memoryMb: number(memoryLimitMb, "memoryLimitMb", { min: 256, max: 2 ** 24, whole: true }) };
  return Object.freeze({
    seed: number(seed, "seed", { min: 0, max: 2 ** 32 - 1, whole: true }),
    threads: number(threads, "threads", { min: 1, max: 1024, whole: true }),
    limits: Object.freeze({
      timeS: 60 * number(timeLimitMinutes, "timeLimitMinutes", { min: 0.001, max: 10_080 }),
      silenceS: number(silenceLimitSeconds, "silenceLimitSeconds", { min: 1, max: 86_400 }),
      ...memoryMb,
    }),
    files: Object.freeze((given.files ?? []).map((file) => checkText(file, "files", where))),
  });
}

/** A text that is not empty. Throws MW0515. */
export function checkText(value: unknown, option: string, where: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw badPython(where, { option, expected: "a text that is not empty", found: value });
}

/** The environment of a ready-made trainer. */
export function shippedEnvironment(
  shipped: ShippedLock,
  { requirements, byVersion = [] }: LockOption & { readonly byVersion?: readonly string[] },
  where: string,
): PythonEnvironment {
  if (requirements === undefined) return Object.freeze({ lock: { shipped }, byVersion });
  return Object.freeze({ lock: { file: checkText(requirements, "requirements", where) }, byVersion });
}

const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/** Parameters of a library: plain JSON by name. Throws MW0515. */
export function checkParams(value: unknown, where: string, option = "params"): Record<string, Canonical> {
  const bad = (found: unknown) =>
    badPython(where, {
      option,
      expected: "an object of numbers, texts, booleans, null, lists and objects",
      found,
    });
  const checked = (part: unknown): Canonical => {
    if (part === null || typeof part === "boolean" || typeof part === "string") return part;
    if (typeof part === "number" && Number.isFinite(part)) return part;
    if (Array.isArray(part)) return part.map(checked);
    if (isPlain(part)) return checkedMembers(part);
    throw bad(part);
  };
  const checkedMembers = (members: Readonly<Record<string, unknown>>) =>
    Object.fromEntries(Object.entries(members).map(([name, member]) => [name, checked(member)]));
  if (!isPlain(value)) throw bad(value);
  return checkedMembers(value);
}

/** MW0515 about one option. */
export function badPython(
  where: string,
  {
    option,
    expected,
    found,
  }: { readonly option: string; readonly expected: string; readonly found: unknown },
) {
  return pythonTrainerErrors.error("MW0515", {
    expected: `${option} of ${where} to be ${expected}`,
    found: typeof found === "function" ? "a function" : (JSON.stringify(found) ?? String(found)),
    remedy: "Mend the configuration.",
    details: { option },
  });
}
