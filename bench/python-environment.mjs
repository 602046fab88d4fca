import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

/** NumPy 2.4, which the pins hold, needs it. */
const oldestPython = [3, 11];
const installMs = 600_000;

/**
 * The Python of a virtual environment that has exactly the packages of a complete list of pins: made when it is
 * missing or made for other packages, else used as it is. Returns the path of its Python.
 *
 * @param {{ folder: string, requirements: string, report?: (text: string) => void, python?: string }} given
 * @returns {Promise<string>}
 */
export async function pythonEnvironment({
  folder,
  requirements,
  report = () => undefined,
  python = process.env.PYTHON ?? "python3",
}) {
  const stamp = join(folder, "installed.sha256");
  const inside = join(folder, "bin/python");
  const wanted = createHash("sha256")
    .update(await readFile(requirements))
    .digest("hex");
  if ((await readFile(stamp, "utf8").catch(() => "")) === wanted) return inside;
  await checkPython(python);
  report(`installing Python packages into ${folder}`);
  await rm(folder, { recursive: true, force: true });
  await run(python, ["-m", "venv", folder]);
  // The pins are complete, so that nothing is left for a resolver to choose.
  await run(inside, [
    ...["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"],
    ...["--no-deps", "--only-binary", ":all:", "-r", requirements],
  ]);
  await run(inside, ["-m", "pip", "check", "--disable-pip-version-check"]);
  await writeFile(stamp, wanted);
  return inside;
}

async function checkPython(python) {
  const { stdout } = await run(python, ["-c", "import sys; print(sys.version_info[0], sys.version_info[1])"]);
  const [major, minor] = stdout.trim().split(" ").map(Number);
  const [oldestMajor, oldestMinor] = oldestPython;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return;
  throw new Error(
    `expected Python ${oldestPython.join(".")} or later, found ${major}.${minor} as '${python}'; ` +
      "name another one in the environment variable PYTHON",
  );
}

async function run(program, args) {
  try {
    return await promisify(execFile)(program, args, { timeout: installMs, maxBuffer: 16 * 1024 * 1024 });
  } catch (error) {
    const said = `${error.stdout ?? ""}${error.stderr ?? ""}`.trim() || error.message;
    throw new Error(
      `expected '${program} ${args.slice(0, 3).join(" ")}' to succeed, found: ${said.slice(-2_000)}`,
      { cause: error },
    );
  }
}
