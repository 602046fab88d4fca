import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { memoryTileStore } from "../../adapters/memory/index.js";
import { openProject } from "../../compose/index.js";
import { defaultTrips, edited, temporaryFolders, tripsConfig } from "../../../test/support/trips.js";
import type { AppendLog } from "../../kernel/index.js";
import { backfillFeatures, rollBackView } from "./backfill-features.js";
import { openLiveProject } from "../live/open-live-project.js";
import type { Project } from "../project.js";
import { train } from "../train/train.js";
import { verifyFeatures } from "./verify-features.js";

const folders = temporaryFolders();
const opened: Project[] = [];
afterEach(async () => {
  for (const project of opened.splice(0)) await project.close();
  await folders.removeAll();
});

const model = "late-trip";
const live = "default";
const fromMs = Date.parse("2024-01-20T00:00Z");
const hourMs = 3_600_000;
const trip = { city: "Delft", vehicle: "van", distance: 10, rain: null };
const otherConfig = edited(tripsConfig, 'mean(f.delay).over("6h")', 'mean(f.delay).over("5h")');

/** The tasks that were started, by their labels. */
const tasks: string[] = [];
const progress = {
  start(label: string) {
    tasks.push(label);
    return { update: () => undefined, finish: () => undefined };
  },
};

/** Opens a folder's project with a configuration, closing the one before. */
async function reopened(folder: string, config = tripsConfig): Promise<Project> {
  for (const project of opened.splice(0)) await project.close();
  await writeFile(join(folder, "millwright.config.ts"), config);
  const project = await openProject(folder, { progress });
  opened.push(project);
  return project;
}

/** Asks and tells in turn, from an hour on; returns what was answered. */
async function serve(project: Project, fromHour = 0): Promise<number[]> {
  const running = await openLiveProject(project, { live, asOfMs: fromMs });
  const answers: number[] = [];
  for (let hour = fromHour; hour < fromHour + 5; hour++) {
    const at = fromMs + hour * hourMs;
    await running.ingest("trips", [
      { ...trip, at: at - 2 * hourMs, delay: hour },
      { ...trip, at, delay: 60 },
    ]);
    answers.push((await running.predict(model, { ...trip, at })).probability ?? NaN);
  }
  await running.close();
  return answers;
}

async function servedProject(): Promise<{ folder: string; project: Project }> {
  const folder = await folders.project();
  const project = await reopened(folder);
  await train(project, model);
  await serve(project);
  return { folder, project };
}

const states = async (project: Project) =>
  (await project.spaces.list(live)).map(({ hash, state }) => `${hash.slice(0, 6)} ${state}`);

const hashOf = ({ models }: Project) => models[0].features.groups[0].views[0].hash.slice(0, 6);

describe("a backfill", () => {
  test("leaves alone what a server began with, and fills, compares and activates what is new", async () => {
    const { folder, project } = await servedProject();
    expect(await states(project)).toEqual([`${hashOf(project)} active`]);
    const { views: before } = await backfillFeatures(project, {});
    expect(before).toEqual([
      {
        ...{ view: "traffic", outcome: "unchanged" },
        space: expect.stringMatching(/^[0-9a-f]{16}:ds_[0-9a-f]{13}@\d+$/) as string,
      },
    ]);
    const added = await reopened(
      folder,
      edited(
        tripsConfig,
        "city: traffic,",
        'city: [traffic, view("more", { source: trips, entity: { city: "city" }, features: () => ({ n: count().over("1h") }) })],',
      ),
    );
    await train(added, model);
    const { views } = await backfillFeatures(added, {});
    expect(views).toEqual([
      before[0],
      {
        ...{ view: "more", outcome: "switched", before: null, mismatches: 0 },
        // The log has its beginning and ten events.
        ...{ filledTo: 11, caughtUpTo: 11 },
        // Every city that the sample met.
        compared: new Set(defaultTrips.map(({ city }) => city)).size,
        space: expect.any(String) as string,
      },
    ]);
    expect((await added.spaces.list(live))[0]).toMatchObject({
      ...{ view: "more", state: "active", sequence: 11, compared: 5, mismatches: 0 },
    });
    const again = await backfillFeatures(added, { live, view: "more" });
    expect(again.views).toEqual([{ view: "more", space: views[1].space, outcome: "unchanged" }]);
  });

  test("of a changed view tells how it differs, keeps the version before, and lets serving start at once", async () => {
    const { folder, project } = await servedProject();
    const before = hashOf(project);
    const changed = await reopened(folder, otherConfig);
    await train(changed, model);
    const { views } = await backfillFeatures(changed, {});
    expect(views[0]).toMatchObject({
      outcome: "switched",
      before: {
        comparable: true,
        added: [],
        removed: [],
        differing: { mean_delay_6h: expect.any(Number) as number },
      },
    });
    expect(await states(changed)).toEqual([`${hashOf(changed)} active`, `${before} retired`]);
    tasks.length = 0;
    await serve(changed, 6);
    expect(tasks.filter((label) => label.startsWith("load history"))).toEqual([]);
    expect(await verifyFeatures(changed, { model, live, fromMs: fromMs + 6 * hourMs })).toMatchObject({
      predictions: 5,
      mismatches: 0,
    });
  });

  test("takes what was told since it was filled, like a start without it", async () => {
    const { folder, project } = await servedProject();
    const changed = await reopened(folder, otherConfig);
    await train(changed, model);
    await backfillFeatures(changed, {});
    // The old version goes on meanwhile: its server was started before.
    const old = await reopened(folder);
    expect(old.models[0].hash).toBe(project.models[0].hash);
    const running = await openLiveProject(old, { live, versions: { [model]: "1" } });
    await running.ingest("trips", [{ ...trip, at: fromMs + 5 * hourMs, delay: 30 }]);
    await running.close();
    const next = await reopened(folder, otherConfig);
    await serve(next, 9);
    expect(await verifyFeatures(next, { model, live, fromMs: fromMs + 9 * hourMs })).toMatchObject({
      mismatches: 0,
    });
  });

  test("rolls back to the version before, whose state is still there", async () => {
    const { folder, project } = await servedProject();
    const before = hashOf(project);
    const changed = await reopened(folder, otherConfig);
    await train(changed, model);
    await backfillFeatures(changed, {});
    await serve(changed, 6);
    await serve(changed, 12);
    const rolledBack = await rollBackView(changed, { view: "traffic" });
    expect(rolledBack).toMatchObject({ view: "traffic", live });
    expect(await states(changed)).toEqual([`${before} active`, `${hashOf(changed)} retired`]);
    const old = await reopened(folder);
    tasks.length = 0;
    const running = await openLiveProject(old, { live, versions: { [model]: "1" } });
    await running.predict(model, { ...trip, at: fromMs + 20 * hourMs });
    await running.close();
    expect(tasks.filter((label) => label.startsWith("load history"))).toEqual([]);
    expect(await verifyFeatures(old, { model, live, fromMs: fromMs + 20 * hourMs })).toMatchObject({
      mismatches: 0,
    });
    await rollBackView(old, { view: "traffic" });
    expect((await states(old))[0]).toBe(`${hashOf(changed)} active`);
  });

  test("that differs from a fold from scratch switches nothing", async () => {
    const { folder, project } = await servedProject();
    const before = await states(project);
    const changed = await reopened(folder, otherConfig);
    // Whoever fills reads another delay than whoever compares.
    let readers = 0;
    const torn: Project = {
      ...changed,
      async readLog(of, name) {
        const log = await changed.readLog(of, name);
        return name === "events-trips" && ++readers === 2 ? altered(log) : log;
      },
    };
    const { views } = await backfillFeatures(torn, {});
    expect(views).toMatchObject([{ outcome: "differs", mismatches: 1 }]);
    expect(await states(changed)).toEqual([`${hashOf(changed)} shadow`, ...before]);
    expect((await backfillFeatures(changed, {})).views).toMatchObject([
      { outcome: "switched", mismatches: 0 },
    ]);
  });

  test("that dies at any step leaves what was active, and the next one does it all", async () => {
    const { folder, project } = await servedProject();
    const before = hashOf(project);
    const changed = await reopened(folder, otherConfig);
    const died = () => Promise.reject(new RangeError("died"));
    let saves = 0;
    const deaths: Partial<Project>[] = [
      { checkpoints: { ...changed.checkpoints, save: died } },
      { spaces: { ...changed.spaces, activate: died } },
      { spaces: { ...changed.spaces, save: (space) => (++saves > 1 ? died() : changed.spaces.save(space)) } },
      { datasets: { ...changed.datasets, get: died } },
    ];
    for (const death of deaths) {
      await expect(backfillFeatures({ ...changed, ...death }, {})).rejects.toThrow("died");
      expect(await states(changed)).toContain(`${before} active`);
    }
    const cancelled = backfillFeatures(changed, {}, AbortSignal.abort());
    await expect(cancelled).rejects.toMatchObject({ code: "MW0105" });
    expect((await backfillFeatures(changed, {})).views).toMatchObject([{ outcome: "switched" }]);
    expect(await states(changed)).toEqual([`${hashOf(changed)} active`, `${before} retired`]);
  });

  test("fills a shared store beside the process that serves from it", async () => {
    const folder = await folders.project();
    const tiles = memoryTileStore();
    const shared = (project: Project): Project => ({
      ...project,
      openTiles: () => ({ ...tiles, close: () => Promise.resolve() }),
    });
    const project = shared(await reopened(folder));
    await train(project, model);
    await serve(project);
    await backfillFeatures(project, {});
    const changed = shared(await reopened(folder, otherConfig));
    await train(changed, model);
    const { views } = await backfillFeatures(changed, {});
    expect(views).toMatchObject([{ outcome: "switched", compared: 5, mismatches: 0 }]);
    expect(await changed.spaces.list(live)).toMatchObject([{ checkpoint: null }, { checkpoint: null }]);
    await serve(changed, 6);
    expect(await verifyFeatures(changed, { model, live, fromMs: fromMs + 6 * hourMs })).toMatchObject({
      predictions: 5,
      mismatches: 0,
    });
  });
});

describe("a backfill is refused", () => {
  test("for names that are not there, and with nothing to go back to", async () => {
    const { project } = await servedProject();
    const code = (found: string) => expect.objectContaining({ code: found }) as object;
    await expect(backfillFeatures(project, { live: "other" })).rejects.toEqual(code("MW1125"));
    await expect(backfillFeatures(project, { view: "trafic" })).rejects.toMatchObject({
      code: "MW1126",
      remedy: expect.stringContaining('"traffic"') as string,
    });
    await expect(rollBackView(project, { view: "trafic" })).rejects.toEqual(code("MW1126"));
    await expect(rollBackView(project, { view: "traffic" })).rejects.toEqual(code("MW1127"));
  });

  test("when two models read different views of one name", async () => {
    const twoViews = edited(
      edited(
        tripsConfig,
        "city: traffic,",
        'city: [traffic, view("traffic", { source: trips, entity: { city: "city" }, features: () => ({ n: count().over("1h") }) })],',
      ),
      "trips_24h: count",
      "trips_day: count",
    );
    const project = await reopened(await folders.project(), twoViews);
    await train(project, model);
    await serve(project);
    await expect(backfillFeatures(project, {})).rejects.toMatchObject({ code: "MW1128" });
  });
});

/** The log with the delay of its first event changed. */
function altered(log: Pick<AppendLog, "read">): Pick<AppendLog, "read"> {
  async function* read(from: number) {
    for await (const { first, records } of log.read(from)) {
      yield {
        first,
        records: records.map((record, i) => (first + i === 2 ? edited(record, ",0]]", ",55]]") : record)),
      };
    }
  }
  return { read };
}
