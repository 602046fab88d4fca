import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { SourceProfile, Suggestion, Validation } from "../../src/data/index.js";
import { commandHost } from "../support/command.js";
import { defaultTrips, edited, temporaryFolders, tripsConfig, tripsCsv } from "../support/trips.js";

const folders = temporaryFolders();
const { runCommand, runJson, failure, close } = commandHost();
afterAll(async () => {
  await close();
  await folders.removeAll();
});

const rules = `
    expectUnique([f.at, f.city], "quarantine"),
    expectSorted(f.at, "warn"),
    expectFresh("2d", "warn"),
    expectColumn(f.city, { matches: "^\\\\p{Lu}", length: { atMost: 6 } }, "quarantine"),
    expectColumn(f.delay, { mean: { atMost: 60 }, quantiles: { p99: { atMost: 200 } } }, "block"),
    expectColumn(f.rain, { missing: { atMost: 0.5 }, between: [0, 100] }, "warn"),
    expectDistribution(f.vehicle, { like: { values: { van: 1, bike: 1, truck: 1 }, other: 0 }, atMost: 0.9 }, "warn"),
    expectRows(`;
const config = edited(
  edited(tripsConfig, "\n    expectRows(", rules),
  "  rate, t, view,\n",
  "  rate, t, view, expectColumn, expectDistribution, expectFresh, expectSorted, expectUnique,\n",
);

/** Trips of which the sixth comes twice, the last one too late to be plausible, and one has no time. */
const [head, ...lines] = tripsCsv(defaultTrips.slice(0, 200)).trim().split("\n");
const badTrips = [
  head,
  ...lines,
  lines[5],
  lines[199].replace(/[^,]*$/, "601"),
  lines[7].replace(/^[^,]*/, "then"),
];

const outcomes = ({ expectations }: Validation) =>
  Object.fromEntries(expectations.map(({ name, verdict, failed }) => [name, [verdict, failed]]));

describe("data validate", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await folders.project({ config });
    await writeFile(join(folder, "trips.csv"), `${badTrips.join("\n")}\n`);
  });

  test("judges every expectation, names failing rows, makes no version, and ends with 1", async () => {
    const { validations } = await runJson<{ validations: Validation[] }>(
      folder,
      ["data", "validate", "trips"],
      1,
    );
    expect(validations).toHaveLength(1);
    expect(validations[0]).toMatchObject({ source: "trips", rowCount: 203, quarantinedCount: 3, ok: false });
    expect(outcomes(validations[0])).toEqual({
      schema: ["broken", 1],
      "delay is plausible": ["broken", 1],
      "unique at, city": ["broken", 1],
      "at: ascending": ["broken", 1],
      "fresh within 2d": ["broken", 1],
      "city: matches ^\\p{Lu}": ["ok", 0],
      "city: length at most 6": ["ok", 0],
      "delay: mean at most 60": ["ok", 0],
      "delay: p99 at most 200": ["ok", 0],
      "rain: from 0 to 100": ["ok", 0],
      "rain: share missing at most 0.5": ["ok", 0],
      "vehicle: distributed like the reference within 0.9": ["ok", 0],
      "at least 100 rows": ["ok", 0],
    });
    const [schema] = validations[0].expectations;
    expect(schema.examples).toMatchObject([
      {
        row: 202,
        values: { at: "then", city: defaultTrips[7].city },
        reasons: [{ expectation: "schema", severity: "quarantine" }],
      },
    ]);
    expect(await runJson(folder, ["data", "list"])).toMatchObject({ versions: [] });
  });

  test("tells people the same", async () => {
    const ended = await runCommand(folder, "data", "validate", "--quiet");
    expect(ended.code).toBe(1);
    expect(ended.stdout).toContain("trips: not ok, 203 rows, 3 to set aside");
    expect(ended.stdout).toContain(
      "✗ delay is plausible (quarantine): 1 row\n      row 201: delay is plausible (delay 601)",
    );
    expect(ended.stdout).toMatch(/row 200: unique at, city: .* stands in row 5 already/);
    expect(ended.stdout).toMatch(/row 202: at: expected an ISO 8601 time .*, found "then"/);
    expect(ended.stdout).toMatch(/✗ fresh within 2d \(warn\): latest 2024-01-03T01:45:00.000Z, [\d.]+ d old/);
  });

  test("writes every failing row with its reasons, wholly or not at all", async () => {
    const file = join(folder, "failing.ndjson");
    const answer = await runJson<{ failing: string }>(
      folder,
      ["data", "validate", "--failing", "failing.ndjson"],
      1,
    );
    expect(answer.failing).toBe(file);
    const rows = (await readFile(file, "utf8"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as object);
    expect(rows).toMatchObject([
      {
        source: "trips",
        row: 200,
        reasons: [{ expectation: "unique at, city" }, { expectation: "at: ascending" }],
      },
      { source: "trips", row: 201, values: { delay: 601 } },
      { source: "trips", row: 202, values: { at: "then" } },
    ]);
    const { exit, error } = await failure(folder, [
      "data",
      "validate",
      "--failing",
      "nowhere/failing.ndjson",
    ]);
    expect([exit, error.code]).toEqual([2, "MW1201"]);
    expect(existsSync(join(folder, "nowhere"))).toBe(false);
  });

  test("ends with 0 when only warnings are broken, and with 1 when a block is", async () => {
    const good = await folders.project({ config });
    const { validations } = await runJson<{ validations: Validation[] }>(good, ["data", "validate"]);
    expect(validations[0]).toMatchObject({ ok: true, rowCount: 2880, quarantinedCount: 0 });
    expect(outcomes(validations[0])["fresh within 2d"]).toEqual(["broken", 1]);
    const strict = edited(config, "mean: { atMost: 60 }", "mean: { atMost: -60 }");
    await writeFile(join(good, "millwright.config.ts"), strict);
    await runJson(good, ["data", "validate"], 1);
    const { exit, error } = await failure(good, ["data", "snapshot"]);
    expect([exit, error.code]).toEqual([1, "MW0205"]);
    expect(error.expected).toContain('"delay: mean at most -60"');
    expect(error.remedy).toContain("millwright data validate trips");
  });
});

describe("data failures", () => {
  test("shows what the latest version set aside, and why", async () => {
    const folder = await folders.project({ config });
    const none = await failure(folder, ["data", "failures", "trips"]);
    expect([none.exit, none.error.code]).toEqual([1, "MW0217"]);
    await writeFile(join(folder, "trips.csv"), `${badTrips.join("\n")}\n`);
    await runJson(folder, ["data", "snapshot"]);
    const answer = await runJson<{ version: string; rows: object[] }>(folder, ["data", "failures", "trips"]);
    expect(answer).toMatchObject({
      source: "trips",
      quarantinedCount: 3,
      rows: [
        { row: 200 },
        { row: 201, reasons: ["delay is plausible"], values: { delay: 601 } },
        { row: 202 },
      ],
    });
    expect(answer.version).toMatch(/^ds_/);
    const ended = await runCommand(folder, "data", "failures", "trips", "--limit", "1", "--quiet");
    expect(ended.stdout).toContain("3 rows set aside");
    expect(ended.stdout).toMatch(
      /row 200: unique at, city: .* stands in row 5 already\n {4}at "2024-01-01T01:15/,
    );
    expect(ended.stdout).toContain("and 2 more rows");
  });
});

describe("data profile", () => {
  test("shows every column in figures, and makes no version", async () => {
    const folder = await folders.project();
    const profile = await runJson<SourceProfile>(folder, ["data", "profile", "trips"]);
    expect(profile).toMatchObject({ source: "trips", rowCount: 2880, quarantinedCount: 0 });
    const distances = defaultTrips.map(({ distance }) => distance);
    expect(profile.columns.distance).toMatchObject({
      count: 2880,
      missing: 0,
      min: Math.min(...distances),
      max: Math.max(...distances),
      distinct: new Set(distances).size,
    });
    expect(profile.columns.rain.missing).toBe(defaultTrips.filter(({ rain }) => rain === null).length);
    const ended = await runCommand(folder, "data", "profile", "trips", "--quiet");
    expect(ended.stdout).toContain("trips: 2,880 rows, 0 set aside");
    expect(ended.stdout).toMatch(/^at +timestamp +0% +2880 +2024-01-01T00:00 /m);
    expect(ended.stdout).toMatch(/^vehicle +string +0% +3 .* 5 chars .*truck/m);
    expect(await runJson(folder, ["data", "list"])).toMatchObject({ versions: [] });
  });

  test("suggests expectations that hold when they are pasted into the configuration", async () => {
    const folder = await folders.project();
    const { suggestions } = await runJson<{ suggestions: Suggestion[] }>(folder, [
      "data",
      "profile",
      "trips",
    ]);
    const ended = await runCommand(folder, "data", "profile", "trips", "--suggest", "--quiet");
    for (const { code } of suggestions) expect(ended.stdout).toContain(code);
    const [importLine, ...code] = ended.stdout.trimEnd().split("\n");
    expect(importLine).toBe('// import { expectColumn, expectRows } from "millwright";');
    const from = tripsConfig.indexOf("  expectations:");
    const to = tripsConfig.indexOf("});", from);
    const pasted = `${tripsConfig.slice(0, from)}${code.join("\n")}\n${tripsConfig.slice(to)}`;
    await writeFile(
      join(folder, "millwright.config.ts"),
      edited(pasted, "  rate, t, view,\n", "  rate, t, view, expectColumn,\n"),
    );
    const { validations } = await runJson<{ validations: Validation[] }>(folder, ["data", "validate"]);
    expect(validations[0].expectations.filter(({ verdict }) => verdict !== "ok")).toEqual([]);
    expect(validations[0].expectations.length).toBeGreaterThan(suggestions.length);
  });
});
