import { lstat, mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { storageErrors, throwIfCancelled } from "../../kernel/index.js";
import { cliErrors } from "../errors.js";

/**
 * Writes the files of a project, all or none: when one of them is there already, when a write fails or when
 * the signal fires, the folder is left as it was. Throws MW1202, MW1003 and MW0105.
 */
export async function writeProject(
  folder: string,
  files: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<void> {
  const made: string[] = [];
  try {
    await checkNothingInTheWay(folder, [...files.keys()]);
    for (const [path, text] of files) {
      throwIfCancelled(signal);
      const target = join(folder, path);
      const firstFolder = await mkdir(dirname(target), { recursive: true });
      if (firstFolder !== undefined) made.push(firstFolder);
      // What appears at the last moment is not overwritten either, and is not ours to remove.
      await writeFile(target, "", { flag: "wx" });
      made.push(target);
      await writeFile(target, text);
    }
  } catch (error) {
    for (const path of made.reverse()) await rm(path, { recursive: true, force: true });
    throw coded(folder, error);
  }
}

async function checkNothingInTheWay(folder: string, paths: readonly string[]): Promise<void> {
  const inTheWay: string[] = [];
  for (const path of paths) if (await exists(join(folder, path))) inTheWay.push(path);
  if (inTheWay.length > 0) throw notEmpty(folder, inTheWay.join(", "));
}

/** Whether there is anything of this path: a file, a folder, or a link that leads nowhere. */
export async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(codeOf(error))) return false;
    throw error;
  }
}

function coded(folder: string, error: unknown): unknown {
  const code = codeOf(error);
  if (code === "") return error;
  const { message, path = folder } = error as NodeJS.ErrnoException;
  if (code === "EEXIST" || code === "ENOTDIR") return notEmpty(folder, path);
  return storageErrors.error("MW1003", {
    expected: `to write the project's files to ${folder}`,
    found: message,
    remedy: "Nothing was kept. Make the folder writable, or name another one.",
    cause: error,
  });
}

const codeOf = (error: unknown) =>
  error instanceof Error && "code" in error && "syscall" in error ? String(error.code) : "";

function notEmpty(folder: string, found: string) {
  return cliErrors.error("MW1202", {
    expected: `none of the project's files in ${folder}`,
    found,
    remedy: "Nothing was changed. Name a new folder: npx millwright init my-project",
    details: { folder },
  });
}
