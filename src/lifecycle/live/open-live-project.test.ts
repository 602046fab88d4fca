import { afterAll, beforeAll, expect, test } from "vitest";
import { storageErrors } from "../../kernel/index.js";
import { openLiveProject } from "./open-live-project.js";
import type { LiveProject } from "./live-project.js";
import { trainedProject, type TrainedProject } from "../train/trained-project.testing.js";
import { verifyFeatures } from "../views/verify-features.js";

let trained: TrainedProject;
beforeAll(async () => {
  trained = await trainedProject();
});
afterAll(() => trained.close());

const asOfMs = Date.parse("2024-01-20T00:00Z");
const hourMs = 3_600_000;
const trip = { city: "Delft", vehicle: "van", distance: 10, rain: null };

async function withLive<T>(live: string, work: (live: LiveProject) => Promise<T>): Promise<T> {
  const opened = await openLiveProject(trained.project, { live, asOfMs });
  try {
    return await work(opened);
  } finally {
    await opened.close();
  }
}

test("an opening that fails keeps no log: the next one in the same process works", async () => {
  await withLive("fails", async () => undefined);
  const { project } = trained;
  const otherStart = openLiveProject(project, { live: "fails", asOfMs: asOfMs + 1 });
  await expect(otherStart).rejects.toMatchObject({ code: "MW1110" });
  const cancelled = openLiveProject(project, { live: "fails", asOfMs }, AbortSignal.abort());
  await expect(cancelled).rejects.toMatchObject({ code: "MW0105" });
  const answer = await withLive("fails", (live) => live.predict("late-trip", { ...trip, at: asOfMs }));
  expect(answer).toMatchObject({ model: "late-trip", version: "1" });
});

test("while it is open nobody else opens it", async () => {
  await withLive("taken", async () => {
    const second = openLiveProject(trained.project, { live: "taken", asOfMs });
    await expect(second).rejects.toMatchObject({ code: "MW1005" });
  });
});

test("the clock goes on where it stood, so that what was logged can be computed again", async () => {
  const at = (hours: number) => ({ ...trip, at: asOfMs + hours * hourMs });
  await withLive("clock", async (live) => {
    await live.predict("late-trip", at(0));
    // Known at 5:00, and told before that.
    await live.ingest("trips", [{ ...at(4), delay: 0 }]);
    await live.predict("late-trip", at(8));
  });
  await withLive("clock", async (live) => {
    await live.ingest("trips", [{ ...at(2), delay: 50 }]);
    await live.predict("late-trip", at(1));
  });
  const result = await verifyFeatures(trained.project, { model: "late-trip", live: "clock" });
  expect(result).toMatchObject({ predictions: 3, mismatches: 0 });
});

test("unknown names are refused with the nearest one", async () => {
  await withLive("names", async (live) => {
    const nearest = (name: string) => expect.stringContaining(`"${name}"`) as string;
    await expect(live.predict("late-tripp", trip)).rejects.toMatchObject({
      code: "MW1101",
      remedy: nearest("late-trip"),
    });
    await expect(live.ingest("tripps", [])).rejects.toMatchObject({
      code: "MW1102",
      remedy: nearest("trips"),
    });
  });
  const { project } = trained;
  await expect(openLiveProject(project, { versions: { "late-trip": "7" } })).rejects.toMatchObject({
    code: "MW0602",
  });
});

test("without room to record what is served it is served all the same, with a warning", async () => {
  const full = storageErrors.error("MW1003", { expected: "room", found: "none", remedy: "Make some." });
  const { project } = trained;
  const spaces = { ...project.spaces, save: () => Promise.reject(full) };
  const warnings: unknown[] = [];
  const onWarning = (problem: unknown) => warnings.push(problem);
  const opened = await openLiveProject({ ...project, spaces }, { live: "no-room", asOfMs, onWarning });
  expect(await opened.predict("late-trip", { ...trip, at: asOfMs })).toMatchObject({ model: "late-trip" });
  await opened.close();
  expect(warnings).toEqual([full]);
});
