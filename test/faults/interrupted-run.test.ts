import { existsSync, readdirSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { runCommand, runJson, startCommand } from "../support/command.js";
import { edited, temporaryFolders, tripsConfig } from "../support/trips.js";

interface Listed {
  readonly runs: readonly { readonly id: string; readonly status: string }[];
}

const folders = temporaryFolders();
afterAll(() => folders.removeAll());

/** Longer than any command that looks at it takes. */
const long = "trees: 10000, leaves: 1000, minLeafRows: 1";

/** Whether a training has begun to write: its run is recorded before. */
const hasBegun = (folder: string) => {
  const blobs = join(folder, ".millwright", "blobs");
  return existsSync(blobs) && readdirSync(blobs).some((name) => name !== "tmp");
};

test("a run is running while its process lives, and interrupted as soon as that was killed", async () => {
  const folder = await folders.project({ config: edited(tripsConfig, "trees: 12, leaves: 8", long) });
  const running = startCommand(folder, "train");
  while (!hasBegun(folder)) await new Promise(setImmediate);
  const seen = await runJson<Listed>(folder, ["runs"]);
  expect(seen).toMatchObject({ runs: [{ status: "running" }] });
  const [{ id }] = seen.runs;
  running.child.kill("SIGKILL");
  expect((await running.ended).signal).toBe("SIGKILL");
  expect(await runJson<Listed>(folder, ["runs"])).toMatchObject({ runs: [{ id, status: "interrupted" }] });
  const shown = await runJson(folder, ["runs", "show", id]);
  expect(shown).toMatchObject({ status: "interrupted", worker: { pid: running.child.pid } });
  const { stdout } = await runCommand(folder, "runs", "show", id);
  expect(stdout).toContain(`process ${running.child.pid} on `);
  expect(stdout).toContain("is gone: millwright train goes on behind the last finished step");
  await writeFile(join(folder, "millwright.config.ts"), tripsConfig);
  const trained = await runJson<{ timings: { step: string }[] }>(folder, ["train"]);
  expect(trained).toMatchObject({ version: 1 });
  const after = await runJson<Listed>(folder, ["runs"]);
  expect(after).toMatchObject({
    runs: [
      { status: "finished", version: 1, promoted: true, seconds: expect.any(Number) as number, code: null },
      { status: "interrupted", version: null, promoted: null, seconds: null, code: null },
    ],
  });
}, 120_000);
