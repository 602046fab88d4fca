import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { requireProgram } from "../require-program.js";

const python3 = requireProgram("python3", "apt-get install python3 python3-venv");

/** Whether the official clients can be run here, for `skipIf`. In CI a missing Python has thrown already. */
export const hasClientPython = python3 !== undefined;

const requirements = join(import.meta.dirname, "inference-clients.requirements.txt");

/** Environments of tests stay: making one takes a minute. Each list of pins has its own. */
const environments = join(tmpdir(), "millwright-test-clients");

/** How long making the environment may take, for the hook that waits for it. */
export const installMs = 600_000;

/**
 * The Python of an environment with `tritonclient` (HTTP and gRPC) and `kserve`; made when it is missing. Undefined
 * without Python. The gRPC messages of the two clients collide: one process imports `tritonclient.grpc` or `kserve`.
 */
export const clientPython = (): Promise<string | undefined> => environmentOf(requirements);

/** The Python of an environment with exactly these packages; made when it is missing. Undefined without Python. */
export async function environmentOf(requirements: string): Promise<string | undefined> {
  if (python3 === undefined) return undefined;
  const pins = createHash("sha256").update(readFileSync(requirements)).digest("hex").slice(0, 16);
  const folder = join(environments, pins);
  const inside = join(folder, "bin", "python");
  if (existsSync(inside)) return inside;
  await mkdir(environments, { recursive: true });
  // Made aside and moved as a whole: two test files may want it at once, and a killed run leaves no half of it.
  const aside = `${folder}.${process.pid}`;
  try {
    await run(python3, ["-m", "venv", aside]);
    await run(join(aside, "bin", "python"), [
      ...["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"],
      ...["--no-deps", "--only-binary", ":all:", "-r", requirements],
    ]);
    await rename(aside, folder);
  } catch (error) {
    if (!existsSync(inside)) throw error;
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
  return inside;
}

/** Runs a script of a client and gives what it prints, which is JSON. What it says on standard error is in the failure. */
export async function runClient(script: string, ...args: readonly string[]): Promise<unknown> {
  const python = await clientPython();
  if (python === undefined) throw new Error("no Python to run a client with");
  return JSON.parse(await run(python, ["-c", script, ...args])) as unknown;
}

async function run(program: string, args: readonly string[]): Promise<string> {
  try {
    const options = { timeout: installMs, maxBuffer: 16 * 1024 * 1024 };
    return (await promisify(execFile)(program, args, options)).stdout;
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { readonly stdout?: string; readonly stderr?: string };
    throw new Error(`${program} ${args[0]} failed: ${`${stdout}${stderr}`.slice(-4_000)}`, { cause: error });
  }
}
