import { afterAll, expect, test } from "vitest";
import { runJson } from "../../test/support/command.js";
import { temporaryFolders } from "../../test/support/trips.js";

const folders = temporaryFolders();
afterAll(() => folders.removeAll());

test("the model's hash does not depend on the number of threads, nor on the folder", async () => {
  const hashes: string[] = [];
  for (const threads of ["1", "2", "3"]) {
    const folder = await folders.project();
    const { modelHash, packageId } = await runJson<{ modelHash: string; packageId: string }>(folder, [
      "train",
      "--threads",
      threads,
    ]);
    hashes.push(`${modelHash} ${packageId}`);
  }
  expect(hashes[0]).toMatch(/^[0-9a-f]{64} [0-9a-f]{64}$/);
  expect(new Set(hashes).size).toBe(1);
});
