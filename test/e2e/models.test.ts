import { chmod, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { commandHost } from "../support/command.js";
import { edited, temporaryFolders, tripsConfig } from "../support/trips.js";

interface Trained {
  readonly version: number;
  readonly packageId: string;
  readonly modelHash: string;
  readonly promoted: boolean;
  readonly timings: readonly { readonly step: string; readonly reused: boolean }[];
}

const folders = temporaryFolders();
const { runJson, failure, close } = commandHost();
const configName = "millwright.config.ts";
const moreTrees = edited(tripsConfig, "trees: 12", "trees: 20");
let folder = "";
let first: Trained;

const champion = async (project: string) => {
  const { versions } = await runJson<{ versions: { version: number; state: { aliases?: string[] } }[] }>(
    project,
    ["models"],
  );
  return versions.filter(({ state }) => state.aliases?.includes("champion")).map(({ version }) => version);
};

beforeAll(async () => {
  folder = await folders.project();
  first = await runJson<Trained>(folder, ["train"]);
});
afterAll(async () => {
  await close();
  await folders.removeAll();
});

test("training again with nothing changed computes nothing and makes no other version", async () => {
  const again = await runJson<Trained>(folder, ["train"]);
  expect(again).toMatchObject({
    version: 1,
    packageId: first.packageId,
    modelHash: first.modelHash,
    promoted: true,
  });
  const remembered = [
    ...["look at the data", "leaks", "train", "train baseline", "evaluate", "package", "prove features"],
  ];
  expect(again.timings.filter(({ reused }) => reused).map(({ step }) => step)).toEqual(remembered);
});

test("a damaged file of the package is mended by training again", async () => {
  const path = join(folder, ".millwright/blobs", first.modelHash.slice(0, 2), first.modelHash.slice(2));
  const whole = await readFile(path);
  await chmod(path, 0o644);
  await writeFile(path, whole.subarray(0, 100));
  const { exit, error } = await failure(folder, ["models", "show", "late-trip"]);
  expect({ exit, code: error.code }).toEqual({ exit: 3, code: "MW0604" });
  expect(await runJson<Trained>(folder, ["train"])).toMatchObject({ version: 1, modelHash: first.modelHash });
  expect(await readFile(path)).toEqual(whole);
});

test("a package goes to another project and back again, the same to the last byte", async () => {
  const out = join(folder, "package");
  const exported = await runJson<{ packageId: string; files: string[] }>(folder, [
    "models",
    "export",
    "late-trip",
    "1",
    "--out",
    out,
  ]);
  expect((await readdir(out)).sort()).toEqual([...exported.files].sort());
  const taken = await failure(folder, ["models", "export", "late-trip", "--out", out]);
  expect({ exit: taken.exit, code: taken.error.code }).toEqual({ exit: 2, code: "MW1202" });

  const other = await folders.project();
  expect(await runJson(other, ["models", "import", out])).toMatchObject({
    version: 1,
    packageId: first.packageId,
    state: { kind: "registered" },
  });
  await writeFile(join(out, "card.md"), "another card");
  const tampered = await failure(await folders.project(), ["models", "import", out]);
  expect({ exit: tampered.exit, code: tampered.error.code }).toEqual({ exit: 3, code: "MW0604" });
  const nowhere = await failure(other, ["models", "import", join(out, "nowhere")]);
  expect({ exit: nowhere.exit, code: nowhere.error.code }).toEqual({ exit: 2, code: "MW1201" });

  // An imported version has no evidence of this project: it does not become the champion by wish.
  const wished = await failure(other, ["models", "rollback", "late-trip", "1"]);
  expect(wished).toMatchObject({ exit: 1, error: { code: "MW0609" } });
  expect(wished.error.found).toContain("no gate evidence");
});

test("a rollback makes the earlier version the champion again, on recorded evidence", async () => {
  await writeFile(join(folder, configName), moreTrees);
  expect(await runJson<Trained>(folder, ["train"])).toMatchObject({ version: 2, promoted: true });
  expect(await champion(folder)).toEqual([2]);
  expect(await runJson(folder, ["models", "rollback", "late-trip", "1"])).toMatchObject({
    version: 1,
    decision: { verdict: "promote" },
  });
  expect(await champion(folder)).toEqual([1]);
  const unknown = await failure(folder, ["models", "rollback", "late-trip", "9"]);
  expect(unknown).toMatchObject({ exit: 2, error: { code: "MW0602" } });
});

test("a replay against no server says so", async () => {
  const range = ["--from", "2024-01-25", "--to", "2024-01-26"];
  const { exit, error } = await failure(folder, ["replay", ...range, "--url", "http://127.0.0.1:1"]);
  expect({ exit, code: error.code }).toEqual({ exit: 3, code: "MW1203" });
  expect(error.remedy).toContain("millwright serve --as-of");
});
