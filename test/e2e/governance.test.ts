import { readdirSync } from "node:fs";
import { utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { commandHost } from "../support/command.js";
import { edited, temporaryFolders, tripsConfig } from "../support/trips.js";

interface Versions {
  readonly versions: readonly { readonly version: number; readonly semver: string; readonly stage: string }[];
}

const folders = temporaryFolders();
const { runCommand, runJson, failure, close } = commandHost();
const model = "late-trip";
let folder = "";

beforeAll(async () => {
  folder = await folders.project();
  await runJson(folder, ["train"]);
  await writeFile(join(folder, "millwright.config.ts"), edited(tripsConfig, "trees: 12", "trees: 20"));
  await runJson(folder, ["train"]);
}, 60_000);
afterAll(async () => {
  await close();
  await folders.removeAll();
});

const stages = async () =>
  (await runJson<Versions>(folder, ["models"])).versions.map(({ version, stage }) => `${version} ${stage}`);

/** What a command prints for people. */
async function text(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runCommand(folder, ...args, "--quiet");
  expect([code, stderr]).toEqual([0, ""]);
  return stdout;
}

test("a version is named by its number, its semantic version or an alias, and shown with its stage", async () => {
  const { versions } = await runJson<Versions>(folder, ["models"]);
  const { semver } = versions[0];
  const shown = await runJson(folder, ["models", "show", `${model}@${semver}`]);
  expect(shown).toMatchObject({ version: 2, semver, stage: "production" });
  for (const ref of [model, `${model}@2`, `${model}@champion`]) {
    expect(await runJson(folder, ["models", "show", ref])).toMatchObject({ version: 2 });
  }
  expect(await text("models", "show", model)).toMatch(
    new RegExp(
      `^late-trip ${semver}, version 2, production \\(champion\\)\\npackage [0-9a-f]{64}\\n\\n# late-trip\\n`,
    ),
  );
  expect(await failure(folder, ["models", "show", `${model}@2`, "3"])).toMatchObject({
    exit: 2,
    error: { code: "MW0618" },
  });
});

test("people promote, reject and archive by command", async () => {
  expect(await stages()).toEqual(["2 production", "1 candidate"]);
  const person = ["--as", "ann", "--reason", "trial"];
  expect(await failure(folder, ["models", "approve", model, "1", ...person])).toMatchObject({
    exit: 1,
    error: { code: "MW0616" },
  });
  await runJson(folder, ["models", "promote", model, "1", "--alias", "challenger"]);
  expect(await stages()).toEqual(["2 production", "1 staging"]);
  expect(await text("models", "reject", `${model}`, "challenger", ...person)).toBe(
    "Version 1 of late-trip is rejected.\n",
  );
  await runJson(folder, ["models", "archive", model, "1", "--reason", "done"]);
  expect(await stages()).toEqual(["2 production", "1 archived"]);
  expect(await text("models", "audit", "--verify")).toMatch(
    /late-trip@1 rejected by ann: trial\n.*archived: done\n/,
  );
  expect((await runCommand(folder, "models", "reject", model, "1", "--as", "ann")).code).toBe(2);
});

test("two versions are compared, and one is followed back", async () => {
  const compared = await text("models", "compare", `${model}@1`, model);
  expect(compared).toMatch(/^trees +12 +20$/m);
  expect(compared).toMatch(/^Predictions changed on \d+ of 64 probe rows: largest change 0\.\d{4}, mean/m);
  const followed = await text("models", "lineage", model);
  expect(followed).toMatch(/^run +run-[0-9a-f]+, finished, begun /m);
  for (const output of [compared, followed, await text("models"), await text("gc")]) {
    expect(Math.max(...output.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  }
});

test("garbage is shown first, and removed only when told to", async () => {
  const root = join(folder, ".millwright", "blobs");
  const old = new Date(Date.UTC(2020, 0, 1));
  for (const below of readdirSync(root).filter((name) => name.length === 2)) {
    for (const name of readdirSync(join(root, below))) await utimes(join(root, below, name), old, old);
  }
  const dry = await runJson<{ total: { blobs: number; bytes: number } }>(folder, ["gc"]);
  expect(dry.total.blobs).toBeGreaterThan(0);
  expect(await runJson(folder, ["gc"])).toMatchObject({ applied: false, total: dry.total });
  expect(await text("gc", "--apply")).toContain(`Removed ${dry.total.blobs} file`);
  expect(await runJson(folder, ["gc"])).toMatchObject({ total: { blobs: 0, bytes: 0 } });
  await runJson(folder, ["models", "show", model]);
  await runJson(folder, ["evaluate", model, "--from", "2024-01-25", "--to", "2024-01-26"]);
  expect((await runCommand(folder, "gc", "--keep-steps", "soon")).code).toBe(2);
  expect((await runCommand(folder, "gc", "hold", "xyz", "--as", "ann", "--reason", "why")).code).toBe(2);
});
