import { accessSync, appendFileSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * The path of a program that a test runs, looked up on the PATH.
 *
 * Where it is missing: in CI this throws, so that the test file fails; elsewhere it returns undefined, and
 * `npm test` names the skipped tests at its end together with `install`, the command that gets the program.
 *
 * ```ts
 * const chromium = requireProgram("chromium", "apt-get install chromium");
 * test.skipIf(chromium === undefined)("the report opens", async () => { … });
 * ```
 */
export function requireProgram(name: string, install: string): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  const path = folders.map((folder) => join(folder, name)).find(isExecutable);
  if (path !== undefined) return path;
  if (process.env["CI"]) throw new Error(`${name} is missing; get it with: ${install}`);
  const list = process.env["MILLWRIGHT_MISSING_PROGRAMS"];
  if (list) appendFileSync(list, `${name}; get it with: ${install}\n`);
  else console.warn(`Skipped for want of ${name}; get it with: ${install}`);
  return undefined;
}
