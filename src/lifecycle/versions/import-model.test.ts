import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { temporaryFolders } from "../../../test/support/trips.js";
import { openProject } from "../../compose/index.js";
import {
  brainFloatGraph,
  brokenModels,
  constantGraph,
  everyTypeGraph,
  fussyGraph,
  greedyGraph,
  identityGraph,
  logarithmGraph,
  lookupGraph,
  noisyGraph,
  scalingGraph,
  silentGraph,
  zipMapGraph,
} from "../../inference/tensor-graphs.testing.js";
import { writePackage, type TensorValue } from "../../registry/index.js";
import { exampleContents } from "../../registry/packages.testing.js";
import { approveVersion } from "./approve-version.js";
import { collectGarbage } from "./collect-garbage.js";
import { compareVersions } from "./compare-versions.js";
import { exportVersion, importVersion } from "./exchange-packages.js";
import { importModel } from "./import-model.js";
import { lineage } from "./lineage.js";
import { openModel } from "./open-model.js";
import type { Project } from "../project.js";
import { promoteOnRecord, rollBack } from "./promote.js";
import { readVersion } from "./read-version.js";

const folders = temporaryFolders();
const opened: Project[] = [];
let project: Project;
/** The same, whose graphs compute in processes of their own, as everybody's do. */
let apart: Project;

async function freshProject(): Promise<Project> {
  const fresh = await openProject(await folders.project({ trips: [] }));
  opened.push(fresh);
  return fresh;
}

/**
 * Graphs compute in this process: the same engine without the second that two processes for every import take. That
 * nothing else depends on where they compute is what the contract of sessions proves.
 */
function inLine(given: Project): Project {
  const open: Project["sessions"]["open"] = (graph, { apart: _, ...options }) =>
    given.sessions.open(graph, options);
  return { ...given, sessions: { ...given.sessions, open } };
}

beforeAll(async () => {
  apart = await freshProject();
  project = inLine(apart);
});
afterAll(async () => {
  for (const one of opened) await one.close();
  await folders.removeAll();
});

const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const x = (shape: readonly number[], ...data: number[]): TensorValue => ({
  ...{ dtype: "float32", shape },
  data: Float32Array.from(data),
});

describe("importing a graph", () => {
  it("registers it with its signature and with probes, and computes with it", async () => {
    const found = await importModel(apart, { name: "doubler", graph: scalingGraph(2) });
    expect(found).toMatchObject({
      version: { model: "doubler", version: 1, semver: "1.0.0", runId: null, state: { kind: "registered" } },
      signature: {
        inputs: [{ name: "x", dtype: "float32", shape: [null, 2] }],
        outputs: [
          { name: "y", dtype: "float32", shape: [null, 2] },
          { name: "sum", dtype: "float32", shape: [] },
        ],
      },
      probes: { count: 8, origin: "made up", tolerance: 0, spread: 0 },
    });
    const model = await openModel(project, "doubler@1");
    expect(model.signature).toEqual(found.signature);
    expect(await model.compute({ x: x([1, 2], 3, 4) })).toEqual({ y: x([1, 2], 6, 8), sum: x([], 14) });
    await model.dispose();
    // No champion yet.
    await expect(openModel(project, "doubler")).rejects.toMatchObject({ code: "MW0603" });
  });

  it("is the same version when it comes again, and the next one when it is another", async () => {
    const again = await importModel(project, { name: "doubler", graph: scalingGraph(2) });
    expect(again.version.version).toBe(1);
    const other = await importModel(project, { name: "doubler", graph: scalingGraph(2.5) });
    expect(other.version).toMatchObject({ version: 2, semver: "1.0.1" });
    const wider = await importModel(project, { name: "doubler", graph: identityGraph(["n", 3]) });
    expect(wider.version).toMatchObject({ version: 3, semver: "2.0.0" });
  });

  it("says in its card what is known and what is not", async () => {
    const { card } = (await readVersion(project, { model: "doubler", ref: "1" })).package;
    expect(card).toContain("| x | input | float32[*,2] |");
    expect(card).toContain("- Nothing is known here of its training data, its metrics or its purpose.");
    expect(card).toContain("- Written by test.");
    expect(card).toContain("operator sets ai.onnx 13, ai.onnx.ml 3.");
    expect(card).not.toContain("## Metrics");
  });

  it("takes every type of tensor", async () => {
    expect(await importModel(project, { name: "every-type", graph: everyTypeGraph() })).toMatchObject({
      ...{ probes: { count: 8, tolerance: 0 } },
    });
  });

  it("makes up smaller numbers for a graph that refuses large ones", async () => {
    const { version } = await importModel(project, { name: "lookup", graph: lookupGraph([5, 6]) });
    const read = (await readVersion(project, { model: "lookup", ref: "1" })).package;
    if (read.kind !== "tensors") throw new Error("a package of another kind");
    const ids = read.probes.probes.flatMap(({ inputs }) => inputs.ids.data);
    expect([...new Set(ids)].sort()).toEqual(["0", "1"]);
    expect(version.version).toBe(1);
  });

  it("records outputs that are not finite", async () => {
    await importModel(project, { name: "logarithm", graph: logarithmGraph() });
    const model = await openModel(project, "logarithm@1");
    expect((await model.compute({ x: x([2], -1, 0) })).y).toEqual(x([2], NaN, -Infinity));
    await model.dispose();
  });

  it("allows a graph that nearly repeats itself the smallest power of ten, and says so", async () => {
    // Inputs lie in [-2, 2), noise in [0, 0.0009): over many draws they are 0.0001 to 0.001 apart.
    const { probes } = await importModel(project, { name: "noisy", graph: noisyGraph(9e-4) });
    expect(probes.tolerance).toBe(0.001);
    expect(probes.spread).toBeGreaterThan(1e-4);
    const { card } = (await readVersion(project, { model: "noisy", ref: "1" })).package;
    expect(card).toContain("It is not deterministic");
  });
});

describe("probes of one's own", () => {
  const probe = { inputs: { x: [[1, 2]] }, outputs: { y: [[3, 6]] } };
  const given = (probes: unknown) => ({ name: "triple", graph: scalingGraph(3), probes: json(probes) });

  it("prove that the graph gives what it gave where it comes from", async () => {
    expect(await importModel(project, given({ probes: [probe, { inputs: { x: [[1, 1]] } }] }))).toMatchObject(
      {
        ...{ probes: { count: 2, origin: "given", tolerance: 0 } },
      },
    );
    const near = { tolerance: 0.01, probes: [{ ...probe, outputs: { y: [[3.005, 6]] } }] };
    expect(await importModel(project, given(near))).toMatchObject({ probes: { tolerance: 0.01 } });
  });

  it.each<[string, unknown, string]>([
    ["other outputs", { probes: [{ ...probe, outputs: { y: [[3, 7]] } }] }, "MW0608"],
    ["other shapes", { probes: [{ inputs: { x: [1, 2] } }] }, "MW0707"],
    ["other names", { probes: [{ inputs: { z: [1, 2] } }] }, "MW0633"],
  ])("are refused with %s", async (_what, probes, code) => {
    const before = await project.registry.list("triple");
    await expect(importModel(project, given(probes))).rejects.toMatchObject({ code });
    expect(await project.registry.list("triple")).toEqual(before);
  });

  it("are what a graph needs that refuses everything made up", async () => {
    const graph = fussyGraph(7);
    await expect(importModel(project, { name: "fussy", graph })).rejects.toMatchObject({ code: "MW1151" });
    const probes = json({ probes: [{ inputs: { x: [1, 2, 3, 4, 5, 6, 7] } }] });
    expect(await importModel(project, { name: "fussy", graph, probes })).toMatchObject({
      version: { version: 1 },
    });
  });
});

describe("what is refused", () => {
  it.each<readonly [string, Uint8Array, string]>([
    ...Object.entries(brokenModels()).map(([what, graph]) => [what, graph, "MW0701"] as const),
    ["no inputs", constantGraph(), "MW0632"],
    ["no outputs", silentGraph(), "MW0632"],
    ["a map as output", zipMapGraph(), "MW0631"],
    ["brain floats", brainFloatGraph(), "MW0701"],
    ["huge dimensions", identityGraph([2 ** 31 - 1, 2 ** 31 - 1]), "MW0634"],
    ["answers that do not repeat", noisyGraph(5), "MW1152"],
    ["answers without an element", identityGraph([0, 2]), "MW1151"],
  ])("%s, and nothing is registered or stored", async (_what, graph, code) => {
    const blobs = async () => {
      const hashes: string[] = [];
      for await (const { hash } of project.blobs.list()) hashes.push(hash);
      return hashes.sort();
    };
    const before = await blobs();
    await expect(importModel(project, { name: "refused", graph })).rejects.toMatchObject({ code });
    expect(await project.registry.models()).not.toContain("refused");
    expect(await blobs()).toEqual(before);
  });

  it.runIf(process.platform === "linux")(
    "more memory than an import may take, in a process of its own",
    async () => {
      const graph = greedyGraph(2 ** 40);
      await expect(importModel(apart, { name: "refused", graph })).rejects.toMatchObject({
        code: "MW1181",
        found: expect.stringContaining(`${2 ** 40}`) as string,
        remedy: expect.not.stringContaining("--probes") as string,
      });
      expect(await apart.registry.models()).not.toContain("refused");
    },
  );

  it("a name that is none, and the name of a model of the project", async () => {
    const graph = scalingGraph(2);
    await expect(importModel(project, { name: "Doubler 2", graph })).rejects.toMatchObject({
      code: "MW0611",
    });
    await expect(importModel(project, { name: "late-trip", graph })).rejects.toMatchObject({
      code: "MW1150",
    });
  });

  it("the name of a model that was trained, whoever defines it", async () => {
    const other = inLine(await freshProject());
    const { id } = await writePackage(exampleContents(), other.blobs);
    await other.registry.register({ model: "arrival-delay", packageId: id, runId: "run" });
    const file = { name: "arrival-delay", graph: scalingGraph(2) };
    await expect(importModel(other, file)).rejects.toMatchObject({ code: "MW1150" });
  });

  it("the package of a graph under the name of a model of the project", async () => {
    const { files } = await exportVersion(project, { model: "doubler", ref: "1" });
    const other = inLine(await freshProject());
    const defining = { ...other, models: [{ ...other.models[0], name: "doubler" }] };
    await expect(importVersion(defining, files)).rejects.toMatchObject({ code: "MW1150" });
    expect(await other.registry.models()).toEqual([]);
  });

  it("nothing that mends a damaged version", async () => {
    const other = inLine(await freshProject());
    const file = { name: "doubler", graph: scalingGraph(2) };
    const { version } = await importModel(other, file);
    const { modelHash } = (await readVersion(other, { model: "doubler", ref: "1" })).package;
    await other.blobs.remove(modelHash, { unmodifiedSinceMs: Infinity });
    await expect(openModel(other, "doubler@1")).rejects.toMatchObject({ code: "MW0605" });
    expect((await importModel(other, file)).version).toEqual(version);
    await (await openModel(other, "doubler@1")).dispose();
  });
});

describe("an imported version", () => {
  const person = { by: "ann", reason: "compared with the paper's table 2" };
  const ask = (ref: string) => promoteOnRecord(project, { model: "doubler", ref });
  const approve = (ref: string) => approveVersion(project, { model: "doubler", ref, ...person });

  it("becomes champion by probe parity and a person's approval, and again without a new one", async () => {
    await expect(approve("1")).rejects.toMatchObject({ code: "MW0616" });
    await expect(ask("1")).rejects.toMatchObject({ code: "MW0615" });
    await approve("1");
    expect((await ask("1")).decision.verdict).toBe("promote");
    await expect(ask("2")).rejects.toMatchObject({ code: "MW0615" });
    await approve("2");
    expect((await ask("2")).decision.verdict).toBe("promote");
    const back = await rollBack(project, { model: "doubler", ref: "1" });
    expect(back).toMatchObject({ decision: { verdict: "promote" }, facts: { vouchedBy: ["ann"] } });
    await expect(rollBack(project, { model: "doubler", ref: "3" })).rejects.toMatchObject({ code: "MW0615" });
    const model = await openModel(project, "doubler");
    expect(model.version.version).toBe(1);
    await model.dispose();
  });

  it("takes other aliases by probe parity alone", async () => {
    const { decision } = await promoteOnRecord(project, { model: "doubler", ref: "3", alias: "challenger" });
    expect(decision.verdict).toBe("promote");
  });

  it("is compared with another on the probes of both", async () => {
    const compared = await compareVersions(project, { a: "doubler@1", b: "doubler@2" });
    expect(compared).toMatchObject({
      ...{ metrics: [], parameters: [], contract: [], data: { dataset: { a: null, b: null } } },
      // Eight sets of inputs, which both have; none of them adds up to nothing.
      predictions: { kind: "compared", rows: 8, changed: 8 },
    });
    const other = await compareVersions(project, { a: "doubler@1", b: "doubler@3" });
    expect(other.predictions).toEqual({ kind: "incomparable", reason: "they take different tensors" });
    expect(other.contract).toEqual([
      { level: "major", what: "request field x changed" },
      { level: "major", what: "the answer means something else" },
    ]);
  });

  it("has no data, trainer or run behind it", async () => {
    expect(await lineage(project, { of: "doubler@1" })).toMatchObject({
      package: { featureHash: null, trainer: null, seed: null, split: null, graph: { producer: "test" } },
      ...{ trainingSet: null, rows: null, datasets: [], run: null },
    });
  });

  it("goes to another project under its id, but not under the name of a model of features", async () => {
    const { version, files } = await exportVersion(project, { model: "doubler", ref: "1" });
    const other = inLine(await freshProject());
    expect(await importVersion(other, files)).toMatchObject({ version: 1, packageId: version.packageId });
    const model = await openModel(other, "doubler@1");
    expect((await model.compute({ x: x([1, 2], 1, 2) })).y).toEqual(x([1, 2], 2, 4));
    await model.dispose();
  });

  it("keeps its files when garbage is collected", async () => {
    const { kept } = await collectGarbage(project, { apply: true, keepStepsMs: 0, graceMs: 0 });
    expect(kept.package.blobs).toBeGreaterThanOrEqual(4);
    for (const ref of ["1", "2", "3"]) await (await openModel(project, `doubler@${ref}`)).dispose();
  });
});
