import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const here = fileURLToPath(new URL(".", import.meta.url));
const folder = fileURLToPath(new URL("../.venv-feast", import.meta.url));
const requirements = join(here, "requirements.txt");
const stamp = join(folder, "installed.sha256");
/** NumPy 2.4, which the pins hold, needs it; Feast itself would take 3.10. */
const oldestPython = [3, 11];
const installMs = 600_000;

/**
 * The Python of the virtual environment that has exactly the packages of `requirements.txt`: made when it is missing
 * or made for other packages, else used as it is.
 *
 * @param {{ python?: string, report?: (text: string) => void }} [options]
 * @returns {Promise<string>} the path of its Python
 */
export async function feastEnvironment({
  python = process.env.PYTHON ?? "python3",
  report = () => undefined,
} = {}) {
  const inside = join(folder, "bin/python");
  const wanted = createHash("sha256")
    .update(await readFile(requirements))
    .digest("hex");
  if ((await readFile(stamp, "utf8").catch(() => "")) === wanted) return inside;
  await checkPython(python);
  report("installing Feast into bench/.venv-feast");
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
      {
        cause: error,
      },
    );
  }
}
