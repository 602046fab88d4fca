import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { duckdbEngine } from "../adapters/duckdb/index.js";
import { fsBlobStore } from "../adapters/fs/index.js";
import { memoryDatasetCatalog } from "../adapters/memory/index.js";
import { manualClock, t, type BlobStore } from "../kernel/index.js";
import { expectColumn, expectDistribution } from "./column-expectation.js";
import { verdictOf } from "./dataset.js";
import { expectFresh, expectRow, expectRows, expectUnique } from "./expectation.js";
import type { DatasetCatalog, TableEngine } from "./ports.js";
import { readQuarantine } from "./quarantine.js";
import { snapshotSource } from "./snapshot.js";
import { csv } from "./source-location.js";
import { events, type EventSourceOptions } from "./source.js";
import { profileSource, validateSource } from "./validate.js";

const day = 86_400_000;
const startMs = Date.UTC(2001, 0, 3);
let folder: string;
let engine: TableEngine;
let blobs: BlobStore;
let catalog: DatasetCatalog;
let clock: ReturnType<typeof manualClock>;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "millwright-validate-"));
  engine = await duckdbEngine({ scratchFolder: join(folder, "scratch"), projectFolder: folder });
  blobs = fsBlobStore(join(folder, "blobs"));
  catalog = memoryDatasetCatalog();
  clock = manualClock(startMs);
});
afterEach(async () => {
  await engine.close();
  await rm(folder, { recursive: true });
});

const schema = { date: t.timestamp(), delay: t.int(), origin: t.string(), night: t.bool().optional() };
const rows = `date,delay,origin,night
2001-01-01,5,JFK,true
2001-01-02,soon,SFO,
2001-01-03,700,LAX,false
2001-01-03,5,JFK,
`;
const ports = () => ({ engine, blobs, catalog, clock });
const scratchFiles = async () =>
  (await readdir(join(folder, "scratch"), { recursive: true })).filter((name) => name.endsWith(".parquet"));

async function source(options: Partial<EventSourceOptions<typeof schema>> = {}, text = rows) {
  await writeFile(join(folder, "flights.csv"), text);
  return events("flights", { from: csv("flights.csv"), schema, eventTime: "date", ...options });
}

describe("validateSource", () => {
  it("tells of every expectation what broke it, and keeps nothing", async () => {
    const flights = await source({
      expectations: (f) => [
        expectRow("delay is plausible", f.delay.le(600), "block"),
        expectUnique([f.origin], "warn"),
        expectRows({ atLeast: 10 }, "warn"),
        expectColumn(f.delay, { mean: { atMost: 1000 } }, "block"),
      ],
    });
    const { validation, failingRows } = await validateSource(flights, ports());
    expect(validation).toMatchObject({ source: "flights", rowCount: 4, quarantinedCount: 1, ok: false });
    expect(validation.expectations.map(({ name, verdict, failed }) => [name, verdict, failed])).toEqual([
      ["schema", "broken", 1],
      ["delay is plausible", "broken", 1],
      ["unique origin", "broken", 1],
      ["at least 10 rows", "broken", 1],
      ["delay: mean at most 1000", "ok", 0],
    ]);
    expect(validation.expectations[1]).toMatchObject({
      columns: ["delay"],
      examples: [
        {
          row: 2,
          reasons: [{ expectation: "delay is plausible", severity: "block", reason: "delay is plausible" }],
          values: { date: "2001-01-03T00:00:00.000Z", delay: 700, origin: "LAX", night: false },
        },
      ],
    });
    expect([...failingRows()].map(({ row, values }) => [row, values.delay])).toEqual([
      [1, "soon"],
      [2, 700],
      [3, 5],
    ]);
    expect(await catalog.list()).toEqual([]);
    expect(await scratchFiles()).toEqual([]);
    expect(JSON.parse(JSON.stringify(validation))).toEqual(validation);
  });

  it("gives five examples at most, and all rows when asked", async () => {
    const text = `date,delay,origin,night\n${"2001-01-01,x,JFK,\n".repeat(9)}2001-01-01,1,JFK,\n`;
    const { validation, failingRows } = await validateSource(await source({}, text), ports());
    expect(validation.expectations[0]).toMatchObject({ failed: 9, verdict: "broken" });
    expect(validation.expectations[0].examples.map(({ row }) => row)).toEqual([0, 1, 2, 3, 4]);
    expect([...failingRows()]).toHaveLength(9);
  });

  it("lets warnings pass, but not a source without rows, nor too little data for a block", async () => {
    const good = "date,delay,origin,night\n2001-01-01,5,JFK,\n";
    const ok = async (options: Partial<EventSourceOptions<typeof schema>>, text: string) =>
      (await validateSource(await source(options, text), ports())).validation.ok;
    const late = { expectations: (f) => [expectRow("late", f.delay.gt(5), "warn")] } satisfies Partial<
      EventSourceOptions<typeof schema>
    >;
    const spread = {
      expectations: (f) => [expectColumn(f.delay, { std: { atMost: 1 } }, "block")],
    } satisfies Partial<EventSourceOptions<typeof schema>>;
    expect(await ok(late, good)).toBe(true);
    expect(await ok({}, "date,delay,origin,night\n")).toBe(false);
    expect(await ok(spread, good)).toBe(false);
    await expect(snapshotSource(await source(spread, good), ports())).rejects.toMatchObject({
      code: "MW0205",
      found: "too little data to tell: too few values",
    });
  });

  it("leaves nothing behind when it is cancelled", async () => {
    const flights = await source();
    const signal = AbortSignal.abort();
    await expect(validateSource(flights, { ...ports(), signal })).rejects.toMatchObject({ code: "MW0105" });
    expect(await scratchFiles()).toEqual([]);
  });
});

describe("profileSource", () => {
  it("profiles the rows that are left, though an expectation blocks", async () => {
    const flights = await source({
      expectations: (f) => [expectRow("delay is plausible", f.delay.le(600), "block")],
    });
    const profile = await profileSource(flights, ports());
    expect(profile).toMatchObject({ source: "flights", rowCount: 3, quarantinedCount: 1 });
    expect(Object.keys(profile.columns)).toEqual(["date", "delay", "origin", "night"]);
    expect(profile.columns.delay).toMatchObject({ count: 3, max: 700, distinct: 2 });
    expect(profile.columns.night).toMatchObject({ count: 2, missing: 1 });
    expect(await catalog.list()).toEqual([]);
    expect(await scratchFiles()).toEqual([]);
  });
});

describe("snapshots under expectations of all kinds", () => {
  it("keep the first row of an id, and tell why the others are aside", async () => {
    const flights = await source({ id: "origin" });
    const { version } = await snapshotSource(flights, ports());
    expect(version).toMatchObject({ rowCount: 2, quarantinedCount: 2 });
    expect(await readQuarantine(version, ports())).toEqual([
      {
        row: 1,
        reasons: ['delay: expected a whole number, found "soon"'],
        values: { date: "2001-01-02T00:00:00.000Z", delay: "soon", origin: "SFO", night: null },
      },
      {
        row: 3,
        reasons: ['id: "JFK" stands in row 0 already'],
        values: { date: "2001-01-03T00:00:00.000Z", delay: 5, origin: "JFK", night: null },
      },
    ]);
    const [header, first] = rows.split("\n");
    const whole = (await snapshotSource(await source({}, `${header}\n${first}\n`), ports())).version;
    expect(await readQuarantine(whole, ports())).toEqual([]);
  });

  it("judge freshness at the moment of looking, also when nothing else is new", async () => {
    const fresh = await source({ expectations: () => [expectFresh("2d", "block")] });
    const { version } = await snapshotSource(fresh, ports());
    expect(version.expectations.at(-1)).toMatchObject({ failed: 0, value: 0 });
    clock.advance(2 * day);
    const again = await snapshotSource(fresh, ports());
    expect(again.reused).toBe(true);
    expect(again.version.expectations.at(-1)).toMatchObject({ failed: 0, value: 2 * day });
    expect(again.version.createdAtMs).toBe(version.createdAtMs);
    clock.advance(1);
    await expect(snapshotSource(fresh, ports())).rejects.toMatchObject({
      code: "MW0205",
      found: "latest 2001-01-03T00:00:00.000Z, 2 d old",
    });
    const warned = await source({ expectations: () => [expectFresh("2d", "warn")] });
    expect((await snapshotSource(warned, ports())).version.expectations.at(-1)).toMatchObject({ failed: 1 });
    expect((await snapshotSource(warned, ports())).version.expectations.at(-1)).toMatchObject({ failed: 1 });
  });

  it("compare a column with the version before", async () => {
    const lines = (delays: readonly number[]) =>
      `date,delay,origin,night\n${delays.map((delay) => `2001-01-01,${delay},JFK,`).join("\n")}\n`;
    const options = {
      expectations: (f) => [expectDistribution(f.delay, { like: "previous", atMost: 0.2 }, "block")],
    } satisfies Partial<EventSourceOptions<typeof schema>>;
    const like = Array.from({ length: 2000 }, (_, i) => i % 40);
    const first = await snapshotSource(await source(options, lines(like)), ports());
    expect(first.version.expectations.at(-1)).toMatchObject({ failed: 0, found: "no previous version" });
    const second = await snapshotSource(await source(options, lines([...like, 7])), ports());
    expect(second.version.expectations.map(verdictOf)).toEqual(["ok", "ok"]);
    const other = await source(options, lines(like.map((delay) => delay + 30)));
    await expect(snapshotSource(other, ports())).rejects.toMatchObject({ code: "MW0205" });
    expect((await catalog.latest("flights"))?.id).toBe(second.version.id);
  });
});
