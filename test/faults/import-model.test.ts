import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openProject } from "../../src/compose/index.js";
import { endlessGraph, greedyGraph, identityGraph } from "../../src/inference/tensor-graphs.testing.js";
import { audit, importModel, listVersions, openModel, type Project } from "../../src/lifecycle/index.js";
import { commandPath, runJson, start } from "../support/command.js";
import { temporaryFolders } from "../support/trips.js";

const folders = temporaryFolders();
afterAll(() => folders.removeAll());

/** Whatever happened: the log holds, and every registered version computes. */
async function versionsOf(folder: string): Promise<number> {
  const project = await openProject(folder);
  try {
    await audit(project, { verify: true });
    const versions = await listVersions(project);
    for (const { model, version } of versions)
      await (await openModel(project, `${model}@${version}`)).dispose();
    return versions.length;
  } finally {
    await project.close();
  }
}

test("a full disk at any point of an import leaves a version that is whole, or none", async () => {
  const folder = await folders.project();
  // Probes of 8 × 2 × 3,000 numbers: they are larger than the database.
  await writeFile(join(folder, "wide.onnx"), identityGraph(["n", 3000]));
  expect(await versionsOf(folder)).toBe(0);
  const outcomes = new Set<string>();
  // No file may grow beyond so many KiB.
  for (const limitKib of [0, 1, 16, 128, 256, 512, 4096]) {
    const script = `trap '' XFSZ; ulimit -f ${limitKib}; exec "$0" "$@"`;
    const args = ["models", "import", "wide.onnx", "--json", "--quiet"];
    const ended = await start("bash", ["-c", script, process.execPath, commandPath, ...args], folder).ended;
    const answer = JSON.parse(ended.stdout.trim().split("\n").at(-1) ?? "") as { error?: { code: string } };
    outcomes.add(`${ended.code} ${answer.error?.code ?? "registered"}`);
    expect(await versionsOf(folder)).toBe(answer.error === undefined ? 1 : 0);
    if (answer.error === undefined) break;
  }
  expect([...outcomes]).toContain("3 MW1003");
  expect([...outcomes].at(-1)).toBe("0 registered");
  expect(await runJson(folder, ["models", "import", "wide.onnx"])).toMatchObject({ version: 1 });
}, 120_000);

/** Every file of the store, to see that nothing was added. */
async function stored(project: Project): Promise<string[]> {
  const hashes: string[] = [];
  for await (const { hash } of project.blobs.list()) hashes.push(hash);
  return hashes.sort();
}

/** Processes of this one, once the loop has taken leave of those that ended. */
async function childProcesses(): Promise<number> {
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  return process.getActiveResourcesInfo().filter((resource) => resource === "ProcessWrap").length;
}

test.each<readonly [string, Uint8Array, number, RegExp]>([
  ["never ends", endlessGraph(), 3_000, /^MW0708$/],
  ["asks for a tebibyte", greedyGraph(2 ** 40), 600_000, /^MW(0709|1151|1181)$/],
])(
  "a graph that %s is a coded error, and leaves no version, file or process",
  async (_what, graph, limitMs, code) => {
    const project = await openProject(await folders.project());
    try {
      const before = await stored(project);
      await expect(importModel(project, { name: "hostile", graph, limitMs })).rejects.toMatchObject({
        code: expect.stringMatching(code) as string,
      });
      expect(await project.registry.models()).toEqual([]);
      expect(await stored(project)).toEqual(before);
      expect(await childProcesses()).toBe(0);
      expect(
        (await importModel(project, { name: "sound", graph: identityGraph(["n"]) })).version.version,
      ).toBe(1);
    } finally {
      await project.close();
    }
  },
);

test("an import that is given up ends at once, whatever it computes", async () => {
  const project = await openProject(await folders.project());
  try {
    const controller = new AbortController();
    const sessions = {
      ...project.sessions,
      open: async (...args: Parameters<typeof project.sessions.open>) => {
        const session = await project.sessions.open(...args);
        setImmediate(() => controller.abort());
        return session;
      },
    };
    const file = { name: "endless", graph: endlessGraph(), limitMs: 600_000 };
    await expect(importModel({ ...project, sessions }, file, controller.signal)).rejects.toMatchObject({
      code: "MW0105",
    });
    expect(await childProcesses()).toBe(0);
    expect(await project.registry.models()).toEqual([]);
  } finally {
    await project.close();
  }
});
