import { afterAll, beforeAll, expect, test } from "vitest";
import { memoryTileStore } from "../../adapters/memory/index.js";
import { faultyTileStore } from "../../../test/support/faulty-tile-store.js";
import { openLiveProject } from "./open-live-project.js";
import type { Project } from "../project.js";
import { trainedProject, type TrainedProject } from "../train/trained-project.testing.js";

let trained: TrainedProject;
beforeAll(async () => {
  trained = await trainedProject();
});
afterAll(() => trained.close());

const asOfMs = Date.parse("2024-01-20T00:00Z");
const trip = { at: asOfMs, city: "Delft", vehicle: "van", distance: 10, rain: null };

test("a store that was emptied makes a state unready until it has what it had, asked or not", async () => {
  const [full, empty] = [memoryTileStore(), memoryTileStore()];
  let store = full;
  const openTiles = () => ({
    ...full,
    fetch: ((requests) => store.fetch(requests)) as typeof store.fetch,
    swap: ((changes) => store.swap(changes)) as typeof store.swap,
    close: () => Promise.resolve(),
  });
  const live = await openLiveProject({ ...trained.project, openTiles }, { live: "emptied", asOfMs });
  await live.keepUp();
  const unready = { ready: false, reasons: [expect.stringMatching(/^MW0306 /) as string] };
  store = empty;
  for (let beat = 0; beat < 2; beat++) {
    await expect(live.keepUp()).rejects.toMatchObject({ code: "MW0306" });
    expect(live.readiness()).toEqual(unready);
  }
  store = full;
  await live.keepUp();
  expect(live.readiness()).toEqual({ ready: true, reasons: [] });

  // A prediction finds out as well.
  store = empty;
  await expect(live.predict("late-trip", trip)).rejects.toMatchObject({ code: "MW0306" });
  expect(live.readiness()).toEqual(unready);
  await live.close();
});

test("a store that is gone makes a state unready, and ready again by itself", async () => {
  const store = memoryTileStore();
  let away = false;
  const gone = faultyTileStore(store);
  gone.break({ after: 0, done: false, forever: true });
  const openTiles = () => ({
    ...store,
    fetch: ((requests) => (away ? gone : store).fetch(requests)) as typeof store.fetch,
    swap: ((changes) => (away ? gone : store).swap(changes)) as typeof store.swap,
    close: () => Promise.resolve(),
  });
  const project: Project = { ...trained.project, openTiles };
  const live = await openLiveProject(project, { live: "unready", asOfMs });
  expect(live.readiness()).toEqual({ ready: true, reasons: [] });
  away = true;
  // Nothing is due, so that nothing but a question of its own can find out.
  await expect(live.keepUp()).rejects.toMatchObject({ code: "MW1013" });
  expect(live.readiness()).toMatchObject({
    ready: false,
    reasons: [expect.stringMatching(/^MW1013 /) as string],
  });
  away = false;
  await live.keepUp();
  expect(live.readiness()).toEqual({ ready: true, reasons: [] });

  // A prediction finds out as well.
  away = true;
  await expect(live.predict("late-trip", trip)).rejects.toMatchObject({ code: "MW1013" });
  expect(live.readiness()).toMatchObject({ ready: false });
  // Events are acknowledged all the same, and then the state is behind.
  expect(await live.ingest("trips", [{ ...trip, at: asOfMs - 7_200_000, delay: 5 }])).toMatchObject({
    accepted: 1,
  });
  expect(live.readiness().reasons.at(-1)).toMatch(/^source "trips" is behind/);
  away = false;
  await live.keepUp();
  expect(live.readiness()).toEqual({ ready: true, reasons: [] });
  expect(await live.predict("late-trip", trip)).toMatchObject({ model: "late-trip" });
  await live.close();
  expect(live.readiness()).toEqual({ ready: false, reasons: ["shutting down"] });
});
