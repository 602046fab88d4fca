import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { lstat, readlink } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { CodeState } from "../../training/index.js";

const timeoutMs = 10_000;
const mostBytes = 256 * 1024 * 1024;

/** The state of the work tree that a folder lies in; null where there is none. */
export async function codeState(folder: string): Promise<CodeState | null> {
  try {
    const top = (await git(folder, ["rev-parse", "--show-toplevel"])).toString().trimEnd();
    const commit = (await git(top, ["rev-parse", "HEAD"])).toString().trim();
    return { commit, dirty: await dirtyHash(top) };
  } catch {
    // No git, no work tree, no commit: there is no state to name.
    return null;
  }
}

async function dirtyHash(top: string): Promise<string | null> {
  const diff = await git(top, ["diff", "--binary", "--no-ext-diff", "--no-textconv", "HEAD"]);
  const listed = await git(top, ["ls-files", "--others", "--exclude-standard", "-z"]);
  const untracked = listed.toString().split("\0").filter(Boolean).sort();
  if (diff.length === 0 && untracked.length === 0) return null;
  const hash = createHash("sha256").update(diff);
  for (const path of untracked) hash.update(`\0${path}\0`).update(await contentHash(join(top, path)));
  return hash.digest("hex");
}

async function contentHash(path: string): Promise<string> {
  const hash = createHash("sha256");
  if ((await lstat(path)).isSymbolicLink()) return hash.update(await readlink(path)).digest("hex");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

function git(folder: string, args: readonly string[]): Promise<Buffer> {
  const options = {
    cwd: folder,
    encoding: "buffer",
    maxBuffer: mostBytes,
    timeout: timeoutMs,
    env: { ...process.env, GIT_OPTIONAL_LOCKS: "0", GIT_TERMINAL_PROMPT: "0", LC_ALL: "C" },
  } as const;
  return new Promise((resolve, reject) => {
    execFile("git", [...args], options, (error, stdout) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`git ${args[0]} failed`, { cause: error }));
    });
  });
}
