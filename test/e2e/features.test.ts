import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type {
  Backfill,
  BuiltTrainingSet,
  FeatureVerification,
  RequestFeatures,
} from "../../src/lifecycle/index.js";
import { commandHost, startCommand } from "../support/command.js";
import { listening } from "../support/server.js";
import { defaultTrips, edited, temporaryFolders, tripsConfig } from "../support/trips.js";

const folders = temporaryFolders();
const { runCommand, runJson, failure, close } = commandHost();
const trip = { city: "Delft", vehicle: "van", distance: 10, rain: null };
const fromMs = Date.parse("2024-01-20T00:00Z");
const otherConfig = edited(
  edited(tripsConfig, 'mean(f.delay).over("6h")', 'mean(f.delay).over("5h")'),
  'trips_24h: count().over("24h")',
  'trips_day: count().over("24h"), late_30d: rate(f.delay.gt(5)).where(f.city.eq("Delft")).over("30d")',
);
let folder = "";

/** Trained, and served with an event and two questions. */
beforeAll(async () => {
  folder = await folders.project();
  await runJson(folder, ["train"]);
  await serve(["2024-01-20T00:00Z", "2024-01-20T05:00Z"]);
});
afterAll(async () => {
  await close();
  await folders.removeAll();
});

async function serve(times: readonly string[]): Promise<void> {
  const server = await listening(
    folder,
    startCommand(folder, "serve", "--port", "0", "--as-of", "2024-01-20", "--json"),
  );
  for (const at of times) {
    const event = { ...trip, at: new Date(Date.parse(at) - 3_600_000 * 4).toISOString(), delay: 12 };
    expect((await server.post("/v1/events/trips", { events: [event] })).body).toMatchObject({ accepted: 1 });
    expect((await server.post("/v1/models/late-trip/predict", { ...trip, at })).status).toBe(200);
  }
  expect((await server.stop()).code).toBe(0);
}

describe("features list and show", () => {
  test("say of each feature what it is and where it comes from", async () => {
    const { features } = await runJson<{ features: object[] }>(folder, ["features", "list"]);
    expect(features).toMatchObject([
      {
        ...{ name: "city_mean_delay_6h", kind: "number", origin: "window" },
        window: {
          aggregation: "mean of delay",
          length: "6h",
          view: "traffic",
          source: "trips",
          entity: "city",
        },
      },
      { name: "city_late_rate_24h", window: { aggregation: "rate of delay > 5", length: "1d" } },
      { name: "city_trips_24h", window: { aggregation: "count" } },
      { name: "distance", origin: "request" },
      { name: "rain", origin: "request" },
      { name: "hour", origin: "derived" },
      { name: "vehicle", kind: "text", origin: "request" },
    ]);
    const { stdout } = await runCommand(folder, "features", "list");
    expect(stdout).toMatch(/^city_mean_delay_6h +number +mean of delay +6h +traffic +trips +city$/m);
    expect(stdout).toMatch(/^vehicle +text +request$/m);
  });

  test("show a view with its grid, its tiles and its size", async () => {
    const { views } = await runJson<{ views: object[] }>(folder, ["features", "show", "traffic"]);
    expect(views).toMatchObject([
      {
        ...{ name: "traffic", source: "trips", entity: "city", keyColumns: ["city"], clock: "event" },
        models: ["late-trip"],
        layout: {
          windows: [
            { windowMs: 6 * 3_600_000, gridMs: 5 * 60_000 },
            { windowMs: 24 * 3_600_000, gridMs: 3_600_000 },
          ],
        },
      },
    ]);
    const { stdout } = await runCommand(folder, "features", "show", "traffic");
    expect(stdout).toContain("traffic: of source trips, for each city by city");
    expect(stdout).toMatch(/^mean_delay_6h +number +mean of delay +6h +5m$/m);
    expect(stdout).toMatch(/^an entity +[\d,]+ bytes/m);
    const { exit, error } = await failure(folder, ["features", "show", "trafic"]);
    expect([exit, error.code, error.remedy]).toEqual([2, "MW1126", 'Did you mean "traffic"?']);
  });
});

describe("features build", () => {
  test("builds a training set, finds it again, and writes it out", async () => {
    const out = join(folder, "set.parquet");
    const built = await runJson<BuiltTrainingSet["set"] & { reused: boolean; out: string }>(folder, [
      ...["features", "build", "--out", out],
    ]);
    expect(built).toMatchObject({ reused: false, out, parity: { rows: 2000, mismatches: 0 } });
    expect(built.rows + built.refused.immature).toBe(defaultTrips.length);
    expect((await readFile(out)).subarray(0, 4).toString()).toBe("PAR1");
    const again = await runJson(folder, ["features", "build"]);
    expect(again).toMatchObject({ id: built.id, reused: true, blob: built.blob });
    const { stdout } = await runCommand(folder, "features", "build", "--quiet");
    expect(stdout).toContain(`${built.id}: ${built.rows.toLocaleString("en")} rows × 10 columns (unchanged`);
    const taken = await failure(folder, ["features", "build", "--out", out]);
    expect([taken.exit, taken.error.code]).toEqual([2, "MW1202"]);
    const nowhere = await failure(folder, ["features", "build", "--out", join(folder, "no/where.parquet")]);
    expect([nowhere.exit, nowhere.error.code]).toEqual([2, "MW1201"]);
  });

  test("as of a moment, and with the events of a live state", async () => {
    const past = await runJson<{ id: string }>(folder, ["features", "build", "--as-of", "2024-01-10"]);
    expect(past).toMatchObject({ asOfMs: Date.parse("2024-01-10") });
    const live = await runJson(folder, ["features", "build", "--live", "default"]);
    expect(live).toMatchObject({ live: { trips: { beforeMs: fromMs, end: { sequence: 3 } } } });
    const codes = [
      [["--as-of", "2024-01-01"], 1, "MW1123"],
      [["--as-of", "yesterday"], 2, "MW1201"],
      [["--live", "other"], 2, "MW1125"],
      [["late-trp"], 2, "MW1101"],
    ] as const;
    for (const [args, code, name] of codes) {
      const { exit, error } = await failure(folder, ["features", "build", ...args]);
      expect([exit, error.code]).toEqual([code, name]);
    }
  });
});

describe("features get", () => {
  const request = JSON.stringify({ ...trip, at: "2024-01-20T05:00Z" });

  test("gives what was served", async () => {
    const { features, lookups } = await runJson<RequestFeatures>(folder, [
      "features",
      "get",
      "--request",
      request,
    ]);
    expect(features.map(({ name }) => name).slice(0, 3)).toEqual([
      ...["city_mean_delay_6h", "city_late_rate_24h", "city_trips_24h"],
    ]);
    // The event of 1:00 with a delay of 12 minutes is known at 2:12.
    expect(lookups).toMatchObject([{ key: ["Delft"], latestMs: fromMs + 132 * 60_000, ageMs: 168 * 60_000 }]);
    const at = JSON.stringify(trip);
    const same = await runJson<RequestFeatures>(folder, [
      "features",
      "get",
      "--request",
      at,
      "--at",
      "2024-01-20T05:00Z",
    ]);
    expect(same.features).toEqual(features);
    const { stdout } = await runCommand(folder, "features", "get", "--request", request);
    expect(stdout).toContain("as of 2024-01-20T05:00:00.000Z");
    expect(stdout).toMatch(/^rain +missing$/m);
    expect(stdout).toMatch(/^city \(traffic\) Delft: \d+ events, the latest known 2\.8 h before/m);
  });

  test("refuses what is no request", async () => {
    const codes = [
      ["{", "MW1201"],
      [JSON.stringify(trip), "MW1103"],
      [JSON.stringify({ ...trip, city: 1, at: 0 }), "MW1103"],
      ["[]", "MW1103"],
    ] as const;
    for (const [given, code] of codes) {
      const { exit, error } = await failure(folder, ["features", "get", "--request", given]);
      expect([exit, error.code]).toEqual([2, code]);
    }
  });
});

describe("features verify", () => {
  test("of a range and of a sample, with ages", async () => {
    const verify = (...args: string[]) =>
      runJson<FeatureVerification>(folder, ["features", "verify", ...args]);
    expect(await verify()).toMatchObject({ predictions: 2, mismatches: 0, ages: [{ view: "traffic" }] });
    expect(await verify("--from", "2024-01-20T01:00Z")).toMatchObject({ predictions: 1 });
    expect(await verify("--to", "2024-01-20T01:00Z")).toMatchObject({ predictions: 1 });
    expect(await verify("--sample", "1")).toMatchObject({ predictions: 1, mismatches: 0 });
    const { stdout } = await runCommand(folder, "features", "verify", "--quiet");
    expect(stdout).toContain("2 predictions recomputed, 0 with a mismatch.");
    expect(stdout).toMatch(/^group +view +state age, median +p95 +max +events late by, median/m);
    const codes = [
      [["--from", "2024-01-21"], 1, "MW1111"],
      [["--from", "then"], 2, "MW1201"],
      [["--live", "nope"], 2, "MW1125"],
    ] as const;
    for (const [args, code, name] of codes) {
      const { exit, error } = await failure(folder, ["features", "verify", ...args]);
      expect([exit, error.code]).toEqual([code, name]);
    }
  });
});

describe("features backfill", () => {
  const backfill = (...args: string[]) => runJson<Backfill>(folder, ["features", "backfill", ...args]);

  test("fills, switches, tells the differences and rolls back", async () => {
    // A server began with it.
    expect((await backfill("traffic")).views).toMatchObject([{ view: "traffic", outcome: "unchanged" }]);
    await writeFile(join(folder, "millwright.config.ts"), otherConfig);
    const pinned = await failure(folder, ["serve", "--port", "0"]);
    expect([pinned.exit, pinned.error.code]).toEqual([1, "MW1107"]);
    await runJson(folder, ["train"]);
    const { views } = await backfill();
    expect(views).toMatchObject([
      {
        outcome: "switched",
        mismatches: 0,
        filledTo: 3,
        before: { added: ["trips_day", "late_30d"], removed: ["trips_24h"] },
      },
    ]);
    await serve(["2024-01-20T07:00Z"]);
    const from = ["--from", "2024-01-20T07:00Z"];
    expect(await runJson(folder, ["features", "verify", ...from])).toMatchObject({
      predictions: 1,
      mismatches: 0,
    });
    const back = await runJson<{ retired: string }>(folder, [
      "features",
      "backfill",
      "--rollback",
      "traffic",
    ]);
    expect(back.retired).toBe(views[0].space);
    const { stdout } = await runCommand(folder, "features", "backfill", "--quiet");
    expect(stdout).toContain(`traffic (${views[0].space}): active now`);
    expect(stdout).toMatch(/5 reads compared with a fold from scratch, 0 with a difference/);
    expect(stdout).toMatch(/trips_day is new, late_30d is new, trips_24h is gone/);
  });

  test("refuses names that are not there", async () => {
    const codes = [
      [["trafic"], 2, "MW1126"],
      [["--live", "other"], 2, "MW1125"],
      [["--rollback", "trafic"], 2, "MW1126"],
      [["--rollback", "traffic", "--live", "other"], 1, "MW1127"],
    ] as const;
    for (const [args, code, name] of codes) {
      const { exit, error } = await failure(folder, ["features", "backfill", ...args]);
      expect([exit, error.code]).toEqual([code, name]);
    }
  });
});

describe("wrong use", () => {
  test("is one JSON line for machines, and a text for people", async () => {
    const uses = [
      [["features", "get"], /^required option '--request <json>'/],
      [["features", "list", "--colour"], /^unknown option '--colour'/],
      [["features", "verify", "--sample", "0"], /whole number from 1/],
    ] as const;
    for (const [args, found] of uses) {
      const { code, stdout, stderr } = await runCommand(folder, ...args, "--json");
      const { error } = JSON.parse(stdout) as { error: { code: string; found: string } };
      expect([code, stdout.trim().split("\n").length, error.code]).toEqual([2, 1, "MW1201"]);
      expect(error.found).toMatch(found);
      expect(stderr).toBe("");
    }
    const { code, stdout, stderr } = await runCommand(folder, "features", "get");
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/required option '--request <json>'/);
    expect((await runCommand(folder, "features", "get", "--help")).stdout).toMatch(/--request.*\(required\)/);
  });

  test("of --out is told before anything is built", async () => {
    const { exit, error } = await failure(folder, ["features", "build", "--out", "nowhere/set.parquet"]);
    expect([exit, error.code]).toEqual([2, "MW1201"]);
    expect(error.found).toContain("ENOENT");
  });
});
