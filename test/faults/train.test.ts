import { existsSync, readdirSync, type Dirent } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { seededRng } from "../../src/kernel/index.js";
import { runCommand, runJson, startCommand, type Running } from "../support/command.js";
import { edited, temporaryFolders, tripsConfig } from "../support/trips.js";

interface Trained {
  readonly modelHash: string;
  readonly packageId: string;
  readonly version: number;
}

interface Versions {
  readonly versions: readonly { readonly version: number; readonly state: { readonly kind: string } }[];
}

const folders = temporaryFolders();
let undisturbed: Trained;
let blobsInAll: number;

beforeAll(async () => {
  const folder = await folders.project();
  undisturbed = await runJson<Trained>(folder, ["train"]);
  blobsInAll = blobsOf(folder).length;
});
afterAll(() => folders.removeAll());

/** The files of a storage folder, below a folder of it. A folder that goes while it is being listed has none. */
function filesOf(project: string, below: string): string[] {
  const folder = join(project, ".millwright", below);
  return listed(folder).flatMap((entry) => {
    if (entry.isDirectory()) return filesOf(project, join(below, entry.name));
    return entry.isFile() ? [join(folder, entry.name)] : [];
  });
}

function listed(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

const blobsOf = (project: string) =>
  filesOf(project, "blobs").filter((path) => !path.includes(join("blobs", "tmp")));

/** Kills a command as soon as a condition holds; tells whether it came to that. */
async function killWhen(running: Running, holds: () => boolean): Promise<boolean> {
  let ended = false;
  void running.ended.then(() => (ended = true));
  while (!ended && !holds()) await new Promise(setImmediate);
  running.child.kill("SIGKILL");
  return (await running.ended).signal === "SIGKILL";
}

/** The project holds what an undisturbed training makes, and no rest of the disturbed ones. */
async function expectWhole(folder: string): Promise<void> {
  const { modelHash, packageId } = undisturbed;
  expect(await runJson<Trained>(folder, ["train"])).toMatchObject({ modelHash, packageId, version: 1 });
  expect(await runJson<Versions>(folder, ["models"])).toMatchObject({
    versions: [{ version: 1, packageId, state: { kind: "aliased", aliases: ["champion"] } }],
  });
  expect(blobsOf(folder)).toHaveLength(blobsInAll);
  expect([filesOf(folder, "blobs/tmp"), filesOf(folder, "scratch")]).toEqual([[], []]);
}

test("kill -9 at every file that a training adds, again and again, until it gets through", async () => {
  const folder = await folders.project();
  let kills = 0;
  for (let killed = true; killed;) {
    const before = blobsOf(folder).length;
    const fresh = !existsSync(join(folder, ".millwright", "metadata.db"));
    const appeared = () =>
      fresh ? existsSync(join(folder, ".millwright", "metadata.db")) : blobsOf(folder).length > before;
    killed = await killWhen(startCommand(folder, "train"), appeared);
    if (killed) kills++;
  }
  // The database and at least the dataset, two graphs and the package came one after another.
  expect(kills).toBeGreaterThanOrEqual(5);
  await expectWhole(folder);
}, 120_000);

test("kill -9 at a seeded number of files in the making", async () => {
  const rng = seededRng(5);
  const folder = await folders.project();
  for (let round = 0; round < 3; round++) {
    const seen = new Set<string>();
    const wanted = 1 + rng.below(4);
    await killWhen(startCommand(folder, "train"), () => {
      for (const path of [...filesOf(folder, "scratch"), ...filesOf(folder, "blobs/tmp")]) seen.add(path);
      return seen.size >= wanted;
    });
  }
  await expectWhole(folder);
}, 120_000);

test("Ctrl-C: a coded error, exit code 3, and the same command again works", async () => {
  const folder = await folders.project({ config: edited(tripsConfig, "trees: 12", "trees: 3000") });
  const running = startCommand(folder, "train");
  while (blobsOf(folder).length === 0) await new Promise(setImmediate);
  running.child.kill("SIGINT");
  const { code, stdout, stderr } = await running.ended;
  expect([code, stdout]).toEqual([3, ""]);
  expect(stderr).toMatch(/MW0105 cancelled\n.*expected.*\n.*found.*\n.*do .*again/);
  expect(await runJson(folder, ["runs"])).toMatchObject({ runs: [{ status: "killed" }] });
  expect(await runJson(folder, ["models"])).toEqual(expect.objectContaining({ versions: [] }));
  expect([filesOf(folder, "blobs/tmp"), filesOf(folder, "scratch")]).toEqual([[], []]);
  await writeFile(join(folder, "millwright.config.ts"), tripsConfig);
  expect(await runJson<Trained>(folder, ["train"])).toMatchObject({
    modelHash: undisturbed.modelHash,
    version: 1,
  });
});

test("two trainings at once: both end well, and versions have no duplicate and no gap", async () => {
  const folder = await folders.project();
  const both = await Promise.all([
    runCommand(folder, "train", "--json", "--quiet"),
    runCommand(folder, "train", "--json", "--quiet"),
  ]);
  expect(both.map(({ code, stderr }) => [code, stderr])).toEqual([
    [0, ""],
    [0, ""],
  ]);
  const results = both.map(({ stdout }) => JSON.parse(stdout) as Trained);
  expect(results.map(({ modelHash }) => modelHash)).toEqual([undisturbed.modelHash, undisturbed.modelHash]);
  const { versions } = await runJson<Versions>(folder, ["models"]);
  expect(versions.map(({ version }) => version)).toEqual(versions.map((_, i) => versions.length - i));
  expect(versions.filter(({ state }) => state.kind === "aliased")).toHaveLength(1);
  expect(new Set(results.map(({ version }) => version)).size).toBe(versions.length);
});
