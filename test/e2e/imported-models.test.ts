import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openProject } from "../../src/compose/index.js";
import { scalingGraph, zipMapGraph } from "../../src/inference/tensor-graphs.testing.js";
import { openModel } from "../../src/lifecycle/index.js";
import { commandHost } from "../support/command.js";
import { temporaryFolders } from "../support/trips.js";

interface Registered {
  readonly version: number;
  readonly packageId: string;
}

const folders = temporaryFolders();
const { runCommand, runJson, failure, close } = commandHost();
let folder = "";
let first: Registered;

beforeAll(async () => {
  folder = await folders.project();
  await writeFile(join(folder, "doubler.onnx"), scalingGraph(2));
  first = await runJson<Registered>(folder, ["models", "import", "doubler.onnx"]);
}, 60_000);
afterAll(async () => {
  await close();
  await folders.removeAll();
});

/** What a command prints for people. */
async function text(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runCommand(folder, ...args);
  expect([code, stderr]).toEqual([0, ""]);
  return stdout;
}

test("an ONNX file is a version like any other", async () => {
  expect(first).toMatchObject({
    ...{ model: "doubler", version: 1, semver: "1.0.0", runId: null },
    signature: { inputs: [{ name: "x", dtype: "float32", shape: [null, 2] }] },
    probes: { count: 8, origin: "made up", tolerance: 0 },
  });
  expect(await text("models", "import", "doubler.onnx", "--name", "twice")).toBe(
    "Registered as version 1 of twice: x → y, sum.\n8 probes, made up.\nLook at it: millwright models show twice@1\n",
  );
  expect(await text("models")).toMatch(/^doubler +1 +1\.0\.0 +registered /m);
  const shown = await runJson<{ manifest: object }>(folder, ["models", "show", "doubler@1"]);
  expect(shown).toMatchObject({ packageId: first.packageId, manifest: { kind: "tensors", format: 2 } });
  const card = await text("models", "show", "doubler@1");
  expect(card).toContain("Computes y, sum from x; an ONNX graph that was imported.");
  expect(card).toContain("| sum | output | float32[] |");
  expect(await text("models", "lineage", "doubler@1")).toMatch(/^ {2}graph +written by test$/m);
});

test("given outputs are held against the graph", async () => {
  const probes = (y: number) =>
    JSON.stringify({ probes: [{ inputs: { x: [[1, 2]] }, outputs: { y: [[2, y]] } }] });
  await writeFile(join(folder, "right.json"), probes(4));
  await writeFile(join(folder, "wrong.json"), probes(5));
  const args = ["models", "import", "doubler.onnx", "--name", "proven", "--probes"];
  expect(await failure(folder, [...args, "wrong.json"])).toMatchObject({
    exit: 3,
    error: { code: "MW0608" },
  });
  expect(await failure(folder, [...args, "none.json"])).toMatchObject({ exit: 2, error: { code: "MW1201" } });
  expect(await failure(folder, ["models", "show", "proven@1"])).toMatchObject({ error: { code: "MW0601" } });
  expect(await runJson(folder, [...args, "right.json"])).toMatchObject({
    version: 1,
    probes: { origin: "given" },
  });
});

test("a person's approval and probe parity make it the champion", async () => {
  const promote = ["models", "promote", "doubler", "1"];
  const refused = await failure(folder, promote);
  expect(refused).toMatchObject({ exit: 1, error: { code: "MW0615", found: "approved by 0 of 1" } });
  expect(await text("models", "show", "doubler@1")).toContain("Waits to be champion: approved by 0 of 1");
  await text("models", "approve", "doubler", "1", "--as", "ann", "--reason", "checked on paper");
  expect(await text(...promote)).toMatch(/^Version 1 of doubler is champion\./);
  await writeFile(join(folder, "other.onnx"), scalingGraph(2.5));
  await text("models", "import", "other.onnx", "--name", "doubler");
  const compared = await text("models", "compare", "doubler", "doubler@2");
  expect(compared).toMatch(/^Predictions changed on 8 of 8 probe rows: largest change \d/m);
  expect(compared).toMatch(/^Of an imported graph neither data nor trainer nor metrics are known\.$/m);
  expect(compared).not.toContain("Same data");
  expect(await text("models", "audit", "--verify")).toContain("doubler@1");
});

test("its package goes to another project and computes there; a tampered one does not load", async () => {
  const out = join(folder, "package");
  await text("models", "export", "doubler", "1", "--out", out);
  expect((await readdir(out)).sort()).toEqual(["card.md", "manifest.json", "model.onnx", "probes.json"]);
  const other = await folders.project();
  const imported = await runJson<Registered>(other, ["models", "import", out]);
  expect(imported).toMatchObject({ version: 1, packageId: first.packageId });
  const project = await openProject(other);
  try {
    const model = await openModel(project, "doubler@1");
    const x = { dtype: "float32", shape: [1, 2], data: Float32Array.of(3, 4) } as const;
    const { y } = await model.compute({ x });
    expect(y).toEqual({ ...x, data: Float32Array.of(6, 8) });
    await model.dispose();
  } finally {
    await project.close();
  }
  const whole = await readFile(join(out, "probes.json"), "utf8");
  await writeFile(join(out, "probes.json"), whole.replace('"tolerance":0', '"tolerance":9'));
  const tampered = await failure(await folders.project(), ["models", "import", out]);
  expect(tampered).toMatchObject({ exit: 3, error: { code: "MW0604", details: { file: "probes.json" } } });
});

test("what cannot be imported says why and registers nothing", async () => {
  const cases: readonly (readonly [name: string, bytes: Uint8Array, exit: number, code: string])[] = [
    ["cut.onnx", scalingGraph(2).subarray(0, 40), 3, "MW0701"],
    ["zipmap.onnx", zipMapGraph(), 2, "MW0631"],
    ["late-trip.onnx", scalingGraph(2), 2, "MW1150"],
  ];
  const before = await text("models");
  for (const [name, bytes, exit, code] of cases) {
    await writeFile(join(folder, name), bytes);
    const refused = await failure(folder, ["models", "import", name]);
    expect([name, refused.exit, refused.error.code]).toEqual([name, exit, code]);
  }
  expect(await failure(folder, ["models", "import", "none.onnx"])).toMatchObject({
    exit: 2,
    error: { code: "MW1201" },
  });
  expect(await text("models")).toBe(before);
});
