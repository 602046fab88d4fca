import { writeFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openProject } from "../../compose/index.js";
import { edited, temporaryFolders, tripsConfig } from "../../../test/support/trips.js";
import type { SessionFactory } from "../../inference/index.js";
import { readPackage } from "../../registry/index.js";
import { hostModels } from "./host-models.js";
import { readPredictions } from "../live/live-predictions.js";
import type { LiveProject } from "../live/live-project.js";
import { openLiveProject } from "../live/open-live-project.js";
import type { Project } from "../project.js";
import { rollBack } from "../versions/promote.js";
import { train } from "../train/train.js";

const model = "late-trip";
const folders = temporaryFolders();
const opened: Project[] = [];
/** What a server has open, and what another process has: two connections to the same storage. */
let serving: Project;
let elsewhere: Project;
/** Sessions that are open, by the provider of the real engine. */
const sessions = { open: 0 };
const damaged = new Set<string>();

function counted(factory: SessionFactory): SessionFactory {
  return {
    engine: factory.engine,
    async open(graph, options) {
      const session = await factory.open(graph, options);
      sessions.open++;
      const dispose = async () => {
        sessions.open--;
        await session.dispose();
      };
      return { ...session, dispose };
    },
  };
}

/** The real store, until a blob of it is damaged. */
function damageable(blobs: Project["blobs"]): Project["blobs"] {
  const get = async (hash: string) => {
    const bytes = await blobs.get(hash);
    return damaged.has(hash) ? bytes?.map((byte) => byte ^ 1) : bytes;
  };
  return new Proxy(blobs, {
    get(target, name) {
      if (name === "get") return get;
      const member: unknown = Reflect.get(target, name);
      return typeof member === "function" ? (member.bind(target) as unknown) : member;
    },
  });
}

/** Three versions: of 12 trees, of 6, and of other features, in this order; the first serves. */
beforeAll(async () => {
  const folder = await folders.project();
  const open = async (config: string) => {
    await writeFile(`${folder}/millwright.config.ts`, config);
    const project = await openProject(folder);
    opened.push(project);
    return project;
  };
  const others = edited(tripsConfig, "hour: hourOfDay(r.at)", "hour_of_day: hourOfDay(r.at)");
  await train(await open(others), model);
  await train(await open(edited(tripsConfig, "trees: 12", "trees: 6")), model);
  elsewhere = await open(tripsConfig);
  await train(elsewhere, model);
  const project = await open(tripsConfig);
  serving = {
    ...project,
    sessions: counted(project.sessions),
    blobs: damageable(project.blobs),
  };
});
afterAll(async () => {
  for (const project of opened) await project.close();
  await folders.removeAll();
});

const asOfMs = Date.parse("2024-01-20T00:00Z");
const trip = { city: "Delft", vehicle: "van", distance: 10, rain: null, at: asOfMs };

async function withLive<T>(live: string, work: (live: LiveProject) => Promise<T>): Promise<T> {
  const project = await openLiveProject(serving, { live, asOfMs, versions: { [model]: "3" } });
  try {
    return await work(project);
  } finally {
    await project.close();
    expect(sessions.open).toBe(0);
  }
}

test("a swap under predictions loses none: those before it carry the old version, those after it the new one", async () => {
  const answered = await withLive("swap", async (live) => {
    expect(sessions.open).toBe(1);
    const before = Array.from({ length: 40 }, () => live.predict(model, trip));
    const swapped = live.swap(model, "2");
    const during: Promise<{ id: string; version: string; probability?: number }>[] = [];
    let done = false;
    void swapped.then(() => (done = true));
    while (!done) {
      during.push(live.predict(model, trip));
      await during[during.length - 1];
    }
    expect(await swapped).toMatchObject({ name: model, version: "2" });
    // The memory of the old one is free, and that of the new one its only cost.
    expect(sessions.open).toBe(1);
    const after = await Promise.all(Array.from({ length: 40 }, () => live.predict(model, trip)));
    expect(new Set((await Promise.all(before)).map(({ version }) => version))).toEqual(new Set(["3"]));
    expect(new Set(after.map(({ version }) => version))).toEqual(new Set(["2"]));
    expect(live.models).toMatchObject([{ name: model, version: "2" }]);
    return [...(await Promise.all(before)), ...(await Promise.all(during)), ...after];
  });
  const byVersion = new Map(answered.map(({ version, probability }) => [version, probability]));
  expect(byVersion.get("2")).not.toBe(byVersion.get("3"));
  for (const { version, probability } of answered) expect(probability).toBe(byVersion.get(version));
  // From some moment on all are the new one's: no answer goes back.
  const order = answered.map(({ version }) => version).join("");
  expect(order).toMatch(/^3+2+$/);
  const logged = await readPredictions(serving, model, "swap");
  expect(logged.map(({ id, version }) => [id, String(version)]).sort()).toEqual(
    answered.map(({ id, version }) => [id, version]).sort(),
  );
});

test("what cannot be served is refused, and everything is as before", async () => {
  await withLive("refused", async (live) => {
    const { probability } = await live.predict(model, trip);
    const { packageId } = await serving.registry.resolve(model, "2");
    const { modelHash } = await readPackage(packageId, serving.blobs);
    damaged.add(modelHash);
    await expect(live.swap(model, "2")).rejects.toMatchObject({ code: "MW0604" });
    damaged.clear();
    await expect(live.swap(model, "1")).rejects.toMatchObject({ code: "MW1107" });
    await expect(live.swap(model, "7")).rejects.toMatchObject({ code: "MW0602" });
    await expect(live.swap("late-tripp")).rejects.toMatchObject({ code: "MW1101" });
    expect(sessions.open).toBe(1);
    expect(live.models).toMatchObject([{ version: "3" }]);
    expect(await live.predict(model, trip)).toMatchObject({ version: "3", probability });
    // The version that is served already is not loaded again.
    expect(await live.swap(model, "3")).toBe(live.models[0]);
  });
});

test("what another process made the champion is served after a load", async () => {
  await withLive("promoted", async (live) => {
    const host = await hostModels(serving, live, { models: [] });
    await rollBack(elsewhere, { model, ref: "2" });
    expect(await host.load(model)).toMatchObject({ name: model, version: "2" });
    expect(await live.predict(model, trip)).toMatchObject({ version: "2" });
    await rollBack(elsewhere, { model, ref: "3" });
    await host.load(model);
    expect(await live.predict(model, trip)).toMatchObject({ version: "3" });
    await expect(host.unload(model)).rejects.toMatchObject({ code: "MW1162" });
    await host.close();
  });
});
