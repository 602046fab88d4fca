import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { requireProgram } from "../../../test/require-program.js";
import { codeState } from "./index.js";

const program = requireProgram("git", "apt-get install git");

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "millwright-git-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const git = (...args: string[]) =>
  execFileSync("git", ["-c", "user.name=A", "-c", "user.email=a@example.org", ...args], { cwd: folder })
    .toString()
    .trim();

async function committed(): Promise<string> {
  git("init", "--quiet");
  await writeFile(join(folder, "a.txt"), "one\n");
  await writeFile(join(folder, ".gitignore"), "ignored\n");
  git("add", ".");
  git("commit", "--quiet", "--message", "first");
  return git("rev-parse", "HEAD");
}

describe.skipIf(program === undefined)("the state of the code", () => {
  test("is the commit, and clean while nothing differs but what is ignored", async () => {
    const commit = await committed();
    await writeFile(join(folder, "ignored"), "x");
    expect(await codeState(folder)).toEqual({ commit, dirty: null });
    await mkdir(join(folder, "below"));
    expect(await codeState(join(folder, "below"))).toEqual({ commit, dirty: null });
  });

  test("names what differs: every change, staged or new, has another hash, and undone it is clean again", async () => {
    const commit = await committed();
    const hashes = new Set<string | null>();
    const seen = async () => {
      const state = await codeState(folder);
      expect(state?.commit).toBe(commit);
      hashes.add(state?.dirty ?? null);
    };
    await writeFile(join(folder, "a.txt"), "two\n");
    await seen();
    git("add", "a.txt");
    await seen();
    expect(hashes.size).toBe(1);
    await writeFile(join(folder, "new name.txt"), "x");
    await seen();
    await writeFile(join(folder, "new name.txt"), "y");
    await seen();
    await symlink("nowhere", join(folder, "link"));
    await seen();
    expect(hashes.size).toBe(4);
    expect(hashes).not.toContain(null);
    git("reset", "--quiet", "--hard");
    git("clean", "--quiet", "--force");
    expect(await codeState(folder)).toEqual({ commit, dirty: null });
  });

  test("is null without a work tree, without a commit and without the folder", async () => {
    expect(await codeState(folder)).toBeNull();
    git("init", "--quiet");
    expect(await codeState(folder)).toBeNull();
    expect(await codeState(join(folder, "nowhere"))).toBeNull();
  });
});
