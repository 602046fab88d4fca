import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openProject } from "../../src/compose/index.js";
import { identityGraph } from "../../src/inference/tensor-graphs.testing.js";
import { audit, listVersions, openModel } from "../../src/lifecycle/index.js";
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
