import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { commandPath, start, type Ended } from "../support/command.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
let folders = "";
let folder = "";

beforeAll(async () => {
  // As deep in the package as the example, so that "millwright" and node_modules mean the same.
  folders = await mkdtemp(join(root, ".tmp-docs-"));
  folder = join(folders, "imported-onnx");
  await cp(join(root, "examples/imported-onnx"), folder, { recursive: true });
});
afterAll(() => rm(folders, { recursive: true, force: true }));

/** A line of the README as a shell would run it. */
function run(line: string): Promise<Ended> {
  const [program, ...args] = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare);
  return program === "npx"
    ? start(process.execPath, [commandPath, ...args.slice(1)], folder).ended
    : start(process.execPath, args, folder).ended;
}

test("the README's commands import a model, have it approved and compute with it", async () => {
  const readme = await readFile(join(folder, "README.md"), "utf8");
  const lines = (/```sh\n(.*?)```/s.exec(readme)?.[1] ?? "").trim().split("\n");
  const ended: Ended[] = [];
  for (const line of lines) ended.push(await run(line));
  const [made, imported, shown, refused, approved, promoted, computed] = ended;
  expect(ended.map(({ code }) => code)).toEqual([0, 0, 0, 1, 0, 0, 0]);
  expect(made.stdout).toBe("");
  expect(imported.stdout).toMatch(
    /^Registered as version 1 of reader: pixels → pattern, scores\.\n8 probes, made up/,
  );
  expect(shown.stdout).toContain("| pixels | input | float32[*,64] |");
  expect(shown.stdout).toContain("Reads 8 × 8 pixels as the nearest of ten patterns.");
  expect(refused.stderr).toContain("MW0615");
  expect(approved.stdout).toContain("Go on: millwright models promote reader 1");
  expect(promoted.stdout).toContain("Version 1 of reader is champion.");
  // By construction: every image is nearest to the pattern that it was made from.
  expect(computed).toMatchObject({ stdout: "reader@1 read 0 1 2 3 4 5 6 7 8 9\n", stderr: "" });
}, 60_000);
