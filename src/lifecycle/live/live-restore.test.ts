import { cp, readFile, readdir, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openProject } from "../../compose/index.js";
import {
  seededRng,
  silentProgress,
  type MillwrightError,
  type Progress,
  type Rng,
} from "../../kernel/index.js";
import { numbered, numberedConfig, numberedCsv } from "../../../test/support/numbered-trips.js";
import { defaultTrips, edited, temporaryFolders } from "../../../test/support/trips.js";
import type { LiveProject } from "./live-project.js";
import { readPrediction } from "./live-records.js";
import { recordAt } from "./live-sources.js";
import { openLiveProject, type LiveOptions } from "./open-live-project.js";
import type { Project } from "../project.js";
import { train } from "../train/train.js";

const folders = temporaryFolders();
let project: Project;
let folder: string;
const trips = numbered(defaultTrips);
const asOf = "2024-01-20T00:00:00Z";
const asOfMs = Date.parse(asOf);
const traffic = trips.filter(({ at }) => at >= asOf);
const cities = [...new Set(trips.map(({ city }) => city)), "Nowhere"];

beforeAll(async () => {
  folder = await folders.make({
    "millwright.config.ts": numberedConfig,
    "trips.csv": numberedCsv(trips),
  });
  project = await openProject(folder);
  await train(project, "late-trip");
});
afterAll(async () => {
  await project.close();
  await folders.removeAll();
});

const liveFolder = (live: string) => join(folder, ".millwright/live", live);
const checkpointFolder = (live: string) => join(liveFolder(live), "checkpoints");

/** A live state as a process leaves it that is killed at this moment. */
async function killedCopy(from: string, to: string): Promise<void> {
  await rm(liveFolder(to), { recursive: true, force: true });
  try {
    await cp(liveFolder(from), liveFolder(to), { recursive: true });
  } catch (error) {
    // A checkpoint that is being written takes its name, or the oldest one goes, while it is copied.
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return killedCopy(from, to);
  }
  for (const log of await readdir(liveFolder(to)))
    await rm(join(liveFolder(to), log, "lock"), { force: true });
}

async function checkpointsOf(live: string): Promise<string[]> {
  const names = await readdir(checkpointFolder(live)).catch(() => []);
  return names
    .filter((name) => name.endsWith(".checkpoint"))
    .sort()
    .reverse()
    .map((name) => join(checkpointFolder(live), name));
}

interface Opened {
  readonly live: LiveProject;
  readonly warnings: string[];
  /** Work that took a while, such as loading a history. */
  readonly tasks: readonly string[];
}

async function open(live: string, options: LiveOptions = {}, of = project): Promise<Opened> {
  const warnings: string[] = [];
  const onWarning = ({ code }: MillwrightError) => warnings.push(code);
  const tasks: string[] = [];
  const progress: Progress = {
    start(label) {
      tasks.push(label);
      return silentProgress.start(label);
    },
  };
  const opened = await openLiveProject({ ...of, progress }, { live, onWarning, asOfMs, ...options });
  return { live: opened, warnings, tasks };
}

/** The features of every city at a time, as the log of predictions holds them, bit by bit. */
async function featuresOf(of: LiveProject, live: string, at: string | number): Promise<string[]> {
  const asked = new Set<string>();
  for (const city of cities) {
    const { id } = await of.predict("late-trip", { at, city, vehicle: "van", distance: 10, rain: null });
    asked.add(id);
  }
  const features: string[] = [];
  for await (const { records } of (await project.readLog(live, "predictions")).read(1)) {
    for (const line of records) {
      const { id, numbers, asOfMs: clock, events } = readPrediction(line);
      if (asked.has(id))
        features.push(`${clock} ${JSON.stringify(events)} ${[...new Uint32Array(numbers.buffer)].join(" ")}`);
    }
  }
  return features;
}

/** Tells and asks a live project things at random. */
async function happen(live: LiveProject, rng: Rng, at: { next: number }): Promise<void> {
  const kind = rng.below(4);
  if (kind === 0) {
    const { at: time, city } = traffic[Math.min(at.next, traffic.length - 1)];
    await live.predict("late-trip", { at: time, city, vehicle: "bike", distance: 3, rain: 1 });
    return;
  }
  const count = 1 + rng.below(12);
  const batch = traffic.slice(at.next, at.next + count);
  at.next += count;
  // Some twice, some out of every window, some not known for long.
  const odd = batch
    .slice(0, 1)
    .flatMap((trip) => [
      trip,
      { ...trip, trip: `${trip.trip}-old`, at: "2019-01-01" },
      { ...trip, trip: `${trip.trip}-later`, at: Date.parse(trip.at) + rng.below(30) * 86_400_000 },
    ]);
  const parts = kind === 1 ? [batch, odd] : [[...batch, ...odd]];
  await Promise.all(parts.map((part) => live.ingest("trips", part)));
}

describe("a live state that is killed at any moment", () => {
  test("is after its restart as if nothing had happened, with every checkpoint, cut or whole", async () => {
    const rng = seededRng(23);
    const { live } = await open("long", { checkpointEvery: 25 });
    const at = { next: 0 };
    const met = new Set<string>();
    for (let round = 0; round < 25; round++) {
      for (let step = 0; step < 8; step++) await happen(live, rng, at);
      await killedCopy("long", "killed");
      const checkpoints = await checkpointsOf("killed");
      const cut = rng.below(4);
      for (const path of checkpoints.slice(0, cut)) {
        const { length } = await readFile(path);
        await truncate(path, rng.below(length));
      }
      const again = await open("killed", { checkpointEvery: 25 });
      const damaged = Math.min(cut, checkpoints.length);
      expect(again.warnings).toEqual(Array<string>(damaged).fill("MW1012"));
      // The history is loaded only where no whole checkpoint is left.
      expect(again.tasks).toEqual(damaged === checkpoints.length ? ["load history of trips"] : []);
      for (const code of again.warnings) met.add(code);
      const time = traffic[Math.min(at.next, traffic.length - 1)].at;
      expect(await featuresOf(again.live, "killed", time)).toEqual(await featuresOf(live, "long", time));
      // Ids of before are known, whatever the checkpoint was.
      const repeated = traffic.slice(0, Math.min(at.next, 30));
      expect(await again.live.ingest("trips", repeated)).toMatchObject({
        accepted: 0,
        duplicates: repeated.length,
      });
      const feedback = await again.live.feedback([{ id: await answeredId("killed"), label: true }]);
      expect(feedback.accepted).toBe(1);
      await again.live.close();
    }
    expect(met).toEqual(new Set(["MW1012"]));
    await live.close();
    expect(await checkpointsOf("long")).toHaveLength(2);
  });
});

async function answeredId(live: string): Promise<string> {
  const record = await recordAt(await project.readLog(live, "predictions"), 1);
  return readPrediction(record ?? "").id;
}

describe("a checkpoint", () => {
  /** A live state with checkpoints, closed. */
  async function closed(live: string): Promise<void> {
    const opened = await open(live);
    await opened.live.ingest("trips", traffic.slice(0, 200));
    const { at, city } = traffic[150];
    await opened.live.predict("late-trip", { at, city, vehicle: "van", distance: 10, rain: null });
    await opened.live.close();
    const later = await open(live);
    await later.live.ingest("trips", traffic.slice(200, 300));
    await later.live.close();
    expect([opened.warnings, later.warnings]).toEqual([[], []]);
    expect(await checkpointsOf(live)).toHaveLength(2);
  }

  async function withoutCheckpoints(live: string): Promise<string[]> {
    await killedCopy(live, "without");
    await rm(checkpointFolder("without"), { recursive: true, force: true });
    const { live: opened } = await open("without");
    const features = await featuresOf(opened, "without", traffic[320].at);
    await opened.close();
    return features;
  }

  async function expectRebuilt(live: string, codes: readonly string[], of = project): Promise<void> {
    const expected = await withoutCheckpoints(live);
    const { live: opened, warnings } = await open(live, {}, of);
    expect(warnings).toEqual(codes);
    expect(await featuresOf(opened, live, traffic[320].at)).toEqual(expected);
    expect(await opened.ingest("trips", traffic.slice(0, 300))).toMatchObject({ duplicates: 300 });
    await opened.close();
  }

  test("that is ahead of its log, or of another log, refuses the start until it is gone", async () => {
    await closed("ahead");
    const path = join(liveFolder("ahead"), "events-trips/0000000000000001.log");
    const lines = (await readFile(path, "utf8")).split("\n");
    // The newest knows 301 records, the one before it 201.
    await writeFile(path, `${lines.slice(0, 250).join("\n")}\n`);
    const [newest] = await project.checkpoints.list("ahead");
    const lost = expect.objectContaining({
      code: "MW1142",
      found: expect.stringContaining("251 to 301 are lost") as string,
      remedy: expect.stringContaining(newest.label) as string,
      details: { log: "events-trips", checkpoint: newest.label, firstLost: 251, lastLost: 301 },
    }) as object;
    await expect(open("ahead")).rejects.toEqual(lost);
    // The start that was refused changed nothing.
    await expect(open("ahead")).rejects.toEqual(lost);
    expect((await readFile(path, "utf8")).split("\n")).toHaveLength(251);
    await rm(newest.label);
    const { live, warnings } = await open("ahead");
    expect(warnings).toEqual([]);
    expect(await live.ingest("trips", traffic.slice(0, 300))).toMatchObject({
      accepted: 51,
      duplicates: 249,
    });
    await live.close();

    await closed("other");
    await cp(liveFolder("ahead"), liveFolder("swapped"), { recursive: true });
    await rm(checkpointFolder("swapped"), { recursive: true });
    await cp(checkpointFolder("other"), checkpointFolder("swapped"), { recursive: true });
    await expect(open("swapped")).rejects.toMatchObject({ code: "MW1116" });
    await rm(checkpointFolder("swapped"), { recursive: true });
    const swapped = await open("swapped");
    await swapped.live.close();
  });

  test("of another format or without sense is named and left out", async () => {
    await closed("format");
    const { packMessage } = await import("../../features/index.js");
    async function* other(...messages: readonly Uint8Array[]) {
      for (const message of messages) yield await Promise.resolve(message);
    }
    const { checkpoints } = project;
    await checkpoints.save("format", other(packMessage("checkpoint", { format: 99 })));
    await checkpoints.save("format", other(packMessage("checkpoint", { format: 1 }), packMessage("end", {})));
    await expectRebuilt("format", ["MW0308", "MW0307"]);
  });

  test("of views that changed gives what still fits; the rest is computed anew", async () => {
    await closed("views");
    const changed = await folders.make({ "trips.csv": numberedCsv(trips) });
    await cp(folder, changed, { recursive: true });
    const config = edited(numberedConfig, 'count().over("24h")', 'count().over("48h")');
    await writeFile(join(changed, "millwright.config.ts"), config);
    const other = await openProject(changed);
    await train(other, "late-trip");
    const { live, warnings } = await open("views", {}, other);
    expect(warnings).toEqual([]);
    const fresh = await open("views-fresh", {}, other);
    await fresh.live.ingest("trips", traffic.slice(0, 300));
    for (const city of cities) {
      const request = { at: traffic[320].at, city, vehicle: "van", distance: 10, rain: null };
      const [mine, theirs] = await Promise.all(
        [live, fresh.live].map((one) => one.predict("late-trip", request)),
      );
      expect([city, mine.probability]).toEqual([city, theirs.probability]);
    }
    await live.close();
    await fresh.live.close();
    await other.close();
  });

  test("is not written when nothing changed, and not needed", async () => {
    await closed("idle");
    const before = await checkpointsOf("idle");
    await (await open("idle")).live.close();
    expect(await checkpointsOf("idle")).toEqual(before);
    await expectRebuilt("idle", []);
  });

  test("that cannot be read or written is a warning, and serving goes on", async () => {
    await closed("full");
    await rm(checkpointFolder("full"), { recursive: true });
    await writeFile(checkpointFolder("full"), "no folder");
    const { live, warnings } = await open("full", { checkpointEvery: 10 });
    expect(warnings).toEqual(["MW1012"]);
    expect(await live.ingest("trips", traffic.slice(300, 310))).toMatchObject({ accepted: 10 });
    await live.close();
    expect(new Set(warnings.slice(1))).toEqual(new Set(["MW1117"]));
    await rm(checkpointFolder("full"));
    await expectRebuilt("full", []);
  });
});
