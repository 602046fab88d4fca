import { existsSync, readdirSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openSqlite } from "../../src/adapters/sqlite/index.js";
import type { FeatureSpace } from "../../src/features/index.js";
import { systemClock } from "../../src/kernel/index.js";
import type { Backfill, FeatureVerification } from "../../src/lifecycle/index.js";
import { runJson, startCommand, type Running } from "../support/command.js";
import { listening } from "../support/server.js";
import { edited, temporaryFolders, tripsConfig } from "../support/trips.js";

const folders = temporaryFolders();
afterAll(() => folders.removeAll());

const otherConfig = edited(tripsConfig, 'mean(f.delay).over("6h")', 'mean(f.delay).over("5h")');

/** Reads the catalog of a project while others write it. */
function catalogOf(folder: string) {
  const stores = openSqlite(join(folder, ".millwright/metadata.db"), { clock: systemClock });
  return { spaces: () => stores.spaces.list("default"), close: () => stores.close() };
}

/** Kills a command as soon as a condition holds; tells whether it came to that. */
async function killWhen(running: Running, holds: () => Promise<boolean>): Promise<boolean> {
  let ended = false;
  void running.ended.then(() => (ended = true));
  while (!ended && !(await holds())) await new Promise(setImmediate);
  running.child.kill("SIGKILL");
  return (await running.ended).signal === "SIGKILL";
}

async function serve(folder: string, hours: readonly number[]): Promise<void> {
  const server = await listening(
    folder,
    startCommand(folder, "serve", "--port", "0", "--as-of", "2024-01-20", "--json"),
  );
  for (const hour of hours) {
    const at = new Date(Date.UTC(2024, 0, 20, hour)).toISOString();
    const request = { city: "Delft", vehicle: "van", distance: 10, rain: null, at };
    const events = [{ ...request, delay: 3 }];
    expect((await server.post("/v1/events/trips", { events })).body).toMatchObject({ accepted: 1 });
    expect((await server.post("/v1/models/late-trip/predict", request)).status).toBe(200);
  }
  await server.stop();
}

test("kill -9 at every step of a backfill leaves one version active, and the next one gets through", async () => {
  const folder = await folders.project();
  await runJson(folder, ["train"]);
  await serve(folder, [0, 2]);
  const first = await runJson<Backfill>(folder, ["features", "backfill"]);
  await writeFile(join(folder, "millwright.config.ts"), otherConfig);
  await runJson(folder, ["train"]);
  const live = join(folder, ".millwright/live/default");
  const filled = () => readdirSync(live).filter((name) => name.startsWith("filled-")).length;
  const { spaces, close } = catalogOf(folder);
  const has = (wanted: FeatureSpace["state"]) => async () =>
    (await spaces()).some(({ state, name }) => state === wanted && name !== first.views[0].space);
  const steps = [has("building"), async () => filled() > 1, has("shadow")];
  let kills = 0;
  for (const step of steps) {
    if (await killWhen(startCommand(folder, "features", "backfill", "--quiet"), step)) kills++;
    const active = (await spaces()).filter(({ state }) => state === "active");
    expect(active).toHaveLength(1);
    if ((await has("active")()) === false) expect(active[0].name).toBe(first.views[0].space);
  }
  expect(kills).toBeGreaterThan(0);
  const { views } = await runJson<Backfill>(folder, ["features", "backfill"]);
  expect(["switched", "unchanged"]).toContain(views[0].outcome);
  expect((await spaces()).map(({ name, state }) => [name, state])).toEqual([
    [views[0].space, "active"],
    [first.views[0].space, "retired"],
  ]);
  close();
  expect(existsSync(join(live, "predictions"))).toBe(true);
  await serve(folder, [4, 6]);
  const verified = await runJson<FeatureVerification>(folder, [
    "features",
    "verify",
    "--from",
    "2024-01-20T03:00Z",
  ]);
  expect(verified).toMatchObject({ predictions: 2, mismatches: 0 });
}, 120_000);
