import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openProject } from "../../compose/index.js";
import { numbered, numberedConfig, numberedCsv } from "../../../test/support/numbered-trips.js";
import { defaultTrips, temporaryFolders } from "../../../test/support/trips.js";
import type { LiveProject } from "./live-project.js";
import { openLiveProject, type LiveOptions } from "./open-live-project.js";
import type { Project } from "../project.js";
import { train } from "../train/train.js";
import { verifyFeatures } from "../views/verify-features.js";

const folders = temporaryFolders();
let project: Project;
const trips = numbered(defaultTrips);
const asOf = "2024-01-20T00:00:00Z";
const traffic = trips.filter(({ at }) => at >= asOf);
const request = { city: "Delft", vehicle: "van", distance: 10, rain: null };

beforeAll(async () => {
  const folder = await folders.make({
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

async function withLive<T>(options: LiveOptions, work: (live: LiveProject) => Promise<T>): Promise<T> {
  const live = await openLiveProject(project, { asOfMs: Date.parse(asOf), ...options });
  try {
    return await work(live);
  } finally {
    await live.close();
  }
}

async function linesOf(live: string, log: string): Promise<unknown[]> {
  const lines: unknown[] = [];
  for await (const { records } of (await project.readLog(live, log)).read(1)) {
    lines.push(...records.map((line) => JSON.parse(line) as unknown));
  }
  return lines;
}

const ids = async (live: string) => {
  const [, ...events] = (await linesOf(live, "events-trips")) as [unknown, [string]][];
  return events.map(([, [id]]) => id);
};

describe("an event", () => {
  const [first, second, third] = traffic;

  test("is told its number in the log, which begins behind the log's own start", async () => {
    await withLive({ live: "numbers" }, async (live) => {
      const none = { duplicates: 0, quarantined: [], warned: [] };
      expect(await live.ingest("trips", [first, second])).toEqual({
        ...{ accepted: 2, ...none },
        sequence: { first: 2, last: 3 },
      });
      expect(await live.ingest("trips", [])).toEqual({ accepted: 0, ...none, sequence: null });
      expect((await live.ingest("trips", [third])).sequence).toEqual({ first: 4, last: 4 });
    });
    expect(await linesOf("numbers", "events-trips")).toEqual([
      expect.objectContaining({ format: 2, asOf: true, beforeMs: Date.parse(asOf) }),
      ...[first, second, third].map(({ trip, at, city, vehicle, distance, rain, delay }) => [
        null,
        [trip, Date.parse(at), city, vehicle, distance, rain, delay],
      ]),
    ]);
  });

  test("of the present bears the time at which it was taken", async () => {
    const before = project.clock.nowMs();
    const live = await openLiveProject(project, { live: "present" });
    await live.ingest("trips", [{ ...first, trip: "new" }]);
    await live.close();
    const [start, [receivedMs]] = (await linesOf("present", "events-trips")) as [object, [number]];
    expect(start).toMatchObject({ asOf: false });
    expect(receivedMs).toBeGreaterThanOrEqual(before);
    expect(receivedMs).toBeLessThanOrEqual(project.clock.nowMs());
  });

  test("counts once: in one batch, in many at once, after a restart, and when the history has it", async () => {
    const past = trips.filter(({ at }) => at < "2024-01-18").slice(-2);
    await withLive({ live: "once" }, async (live) => {
      expect(await live.ingest("trips", [first, first, past[0], second])).toMatchObject({
        ...{ accepted: 2, duplicates: 2, sequence: { first: 2, last: 3 } },
      });
      const same = Array.from({ length: 20 }, () => live.ingest("trips", traffic.slice(2, 40)));
      const receipts = await Promise.all(same);
      expect(receipts.reduce((sum, { accepted }) => sum + accepted, 0)).toBe(38);
      expect(receipts.reduce((sum, { duplicates }) => sum + duplicates, 0)).toBe(19 * 38);
    });
    await withLive({ live: "once" }, async (live) => {
      expect(await live.ingest("trips", [...traffic.slice(0, 50), ...past])).toMatchObject({
        ...{ accepted: 10, duplicates: 42 },
      });
    });
    expect(await ids("once")).toEqual(traffic.slice(0, 50).map(({ trip }) => trip));
  });

  test("that was not known when the live state began is new, though the dataset has it", async () => {
    // Known at its time, an hour and its delay later: after the beginning.
    const late = trips.filter(({ at }) => at < asOf).at(-1);
    await withLive({ live: "unknown-then" }, async (live) => {
      expect(await live.ingest("trips", [late])).toMatchObject({ accepted: 1, duplicates: 0 });
    });
  });

  test("that is set aside, and one that blocks, does not use up its id", async () => {
    await withLive({ live: "aside" }, async (live) => {
      expect(await live.ingest("trips", [{ ...first, delay: 601 }])).toMatchObject({ accepted: 0 });
      const blocked = live.ingest("trips", [second, { ...first, delay: -2000 }, { ...third, delay: 900 }]);
      await expect(blocked).rejects.toMatchObject({
        code: "MW1114",
        details: { breaches: [{ index: 1, reasons: ["delay is possible"] }] },
      });
      expect(await live.ingest("trips", [first, second])).toMatchObject({ accepted: 2, duplicates: 0 });
    });
    expect(await linesOf("aside", "quarantine-trips")).toEqual([
      { reasons: ["delay is plausible"], event: { ...first, delay: 601 } },
    ]);
  });

  test("that breaks a warning counts, and is told of once", async () => {
    await withLive({ live: "warned" }, async (live) => {
      const wet = { ...first, rain: 9 };
      const warned = [{ index: 1, reasons: ["rain is usual"] }];
      expect(await live.ingest("trips", [second, wet])).toMatchObject({ accepted: 2, warned });
      expect(await live.ingest("trips", [wet])).toMatchObject({ accepted: 0, duplicates: 1, warned: [] });
    });
  });

  test.each([
    ["without its id", { trip: undefined }, "trip"],
    ["with an id of another type", { trip: 7 }, "trip"],
    ["with a key of another type", { city: 7 }, "city"],
    ["with a field that nobody knows", { towns: 1 }, "towns"],
    ["without a time", { at: undefined }, "at"],
    ["with a time that is none", { at: "2024-02-30" }, "at"],
    ["with a value out of range", { distance: 501 }, "distance"],
  ])("%s is set aside with its reason, and the state stays as it is", async (_, change, field) => {
    await withLive({ live: "bad" }, async (live) => {
      const receipt = await live.ingest("trips", [{ ...first, ...change }]);
      expect(receipt).toMatchObject({
        ...{ accepted: 0, sequence: null },
        quarantined: [{ index: 0, reasons: [expect.stringContaining(field)] }],
      });
    });
    expect(await ids("bad")).toEqual([]);
  });

  test("from the future waits until it is known; one out of every window changes nothing", async () => {
    const at = (time: string) => ({ ...request, at: time });
    await withLive({ live: "times" }, async (live) => {
      const ask = async (time: string) => (await live.predict("late-trip", at(time))).probability;
      const before = await ask("2024-01-20T00:00Z");
      const ancient = { ...first, trip: "ancient", city: "Delft", at: "1999-01-01", delay: 60 };
      const future = { ...ancient, trip: "future", at: "2024-03-01T00:00Z" };
      expect(await live.ingest("trips", [ancient, future])).toMatchObject({ accepted: 2 });
      expect(await ask("2024-01-20T00:00Z")).toBe(before);
      await live.ingest("trips", [{ ...ancient, trip: "beside", at: "2024-03-01T00:00Z", delay: 0 }]);
      await ask("2024-03-01T04:00Z");
    });
    const seen = await verifyFeatures(project, { model: "late-trip", live: "times" });
    expect(seen).toMatchObject({ predictions: 3, mismatches: 0 });
  });
});

test("a source that nobody has is refused", async () => {
  await withLive({ live: "sources" }, async (live) => {
    await expect(live.ingest("tripps", traffic)).rejects.toMatchObject({ code: "MW1102" });
  });
});

test("a log of another format is refused and left as it is", async () => {
  const log = await project.openLog("earlier", "events-trips");
  await log.append([JSON.stringify({ dataset: "", beforeMs: 0 }), JSON.stringify(["values"])]);
  await log.close();
  const opening = openLiveProject(project, { live: "earlier" });
  await expect(opening).rejects.toMatchObject({ code: "MW1113" });
  expect(await linesOf("earlier", "events-trips")).toHaveLength(2);
});

test("limits that are no numbers are refused", async () => {
  await expect(openLiveProject(project, { checkpointEvery: 0 })).rejects.toMatchObject({ code: "MW0104" });
});
