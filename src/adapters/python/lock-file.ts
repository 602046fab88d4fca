import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { sha256 } from "../../kernel/index.js";
import type { PythonEnvironment } from "../../training/index.js";
import { pythonErrors } from "./errors.js";
import { pythonFolder } from "./protocol.js";

export interface LockFile {
  readonly path: string;
  readonly sha256: string;
}

/** Reads an environment's requirements. Throws MW1504 where there are none, MW1502 where they are not locked. */
export async function readLock(projectFolder: string, { lock }: PythonEnvironment): Promise<LockFile> {
  const path =
    "shipped" in lock
      ? fileURLToPath(new URL(`locks/${lock.shipped}.txt`, pythonFolder))
      : resolve(projectFolder, lock.file);
  const bytes = await readProjectFile(path);
  checkLocked(bytes.toString("utf8"), path);
  return { path, sha256: sha256(bytes) };
}

/** A file that a trainer names. Throws MW1504. */
export async function readProjectFile(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw pythonErrors.error("MW1504", {
      expected: `a file at ${path}`,
      found: cause instanceof Error ? cause.message : String(cause),
      remedy: "Paths of a trainer start at the project's folder.",
      details: { path },
      cause,
    });
  }
}

const requirement =
  /^[A-Za-z0-9][\w.-]*(\[[\w,. -]+\])?\s*==\s*[^\s;,*]+(\s*;.*?)?(\s+--hash=sha256:[0-9a-f]{64})+$/;

/** Throws MW1502 for the first requirement that is not one version with hashes. */
function checkLocked(text: string, path: string): void {
  const requirements = text
    .replace(/\\\r?\n/g, " ")
    .split(/\r?\n/)
    .map((line) => line.replace(/(^|\s)#.*$/, "").trim())
    .filter((line) => line !== "");
  const loose =
    requirements.length === 0 ? "no requirement" : requirements.find((line) => !requirement.test(line));
  if (loose === undefined) return;
  throw pythonErrors.error("MW1502", {
    expected: `every requirement in ${path} as name==version --hash=sha256:…`,
    found: loose.slice(0, 200),
    remedy: "Write the file with: uv pip compile --generate-hashes requirements.in -o requirements.txt",
    details: { path },
  });
}
