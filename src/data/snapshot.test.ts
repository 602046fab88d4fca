import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { duckdbEngine } from "../adapters/duckdb/index.js";
import { fsBlobStore } from "../adapters/fs/index.js";
import { memoryDatasetCatalog } from "../adapters/memory/index.js";
import { manualClock, sha256, t, valueAt, type BlobStore, type Table } from "../kernel/index.js";
import { expectRow, expectRows } from "./expectation.js";
import type { DatasetCatalog, TableEngine } from "./ports.js";
import { quarantineSchema } from "./quarantine.js";
import { readDataset, snapshotSource } from "./snapshot.js";
import { csv, parquet, type SourceLocation } from "./source-location.js";
import { events, type EventSourceOptions } from "./source.js";

let folder: string;
let engine: TableEngine;
let blobs: BlobStore;
let catalog: DatasetCatalog;
const clock = manualClock(1_000);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "millwright-snapshot-"));
  engine = await duckdbEngine({ scratchFolder: join(folder, "scratch"), projectFolder: folder });
  blobs = fsBlobStore(join(folder, "blobs"));
  catalog = memoryDatasetCatalog();
});
afterEach(async () => {
  await engine.close();
  await rm(folder, { recursive: true });
});

const schema = { date: t.timestamp(), delay: t.int().between(-100, 3000), origin: t.string() };
const header = "date,delay,origin\n";
const goodRows = "2001-01-01,5,JFK\n2001-01-02,-10,SFO\n2001-01-03,20,JFK\n";

async function source(text: string, options: Partial<EventSourceOptions<typeof schema>> = {}) {
  await writeFile(join(folder, "flights.csv"), header + text);
  return events("flights", { from: csv("flights.csv"), schema, eventTime: "date", ...options });
}

const ports = () => ({ engine, blobs, catalog, clock });
const column = (table: Table, name: string) =>
  Array.from({ length: table.rowCount }, (_, row) => valueAt(table.columns[name], row));
const scratchFiles = async () =>
  (await readdir(join(folder, "scratch"), { recursive: true })).filter((name) => name.endsWith(".parquet"));

describe("snapshotSource", () => {
  it("makes an immutable version: rows, counts, profile, catalog entry", async () => {
    const { version, reused } = await snapshotSource(await source(goodRows), ports());
    expect(reused).toBe(false);
    expect(version.id).toMatch(/^ds_[0-9a-f]{24}$/);
    expect(version).toMatchObject({
      name: "flights",
      rowCount: 3,
      quarantinedCount: 0,
      quarantineBlob: null,
    });
    expect(version.expectations).toEqual([{ name: "schema", severity: "quarantine", failed: 0 }]);
    expect(version.profile.delay).toMatchObject({ count: 3, min: -10, max: 20, mean: 5 });
    expect(version.createdAtMs).toBe(1_000);
    expect(column(await readDataset(version, ports()), "delay")).toEqual([5, -10, 20]);
    expect(column(await readDataset(version, ports(), { columns: ["origin"] }), "origin")).toEqual([
      "JFK",
      "SFO",
      "JFK",
    ]);
    expect(await catalog.latest("flights")).toEqual(version);
    expect(JSON.parse(JSON.stringify(version))).toEqual(version);
    expect(await scratchFiles()).toEqual([]);
  });

  it("does nothing again for the same bytes, wherever they lie", async () => {
    const first = await snapshotSource(await source(goodRows), ports());
    await writeFile(join(folder, "copy.csv"), header + goodRows);
    const stopped = { ...ports(), engine: { ...hashOnly(engine) } };
    const again = await snapshotSource(await source(goodRows, { from: csv("copy.csv") }), stopped);
    expect(again).toEqual({ version: first.version, reused: true });
  });

  it("is the latest version of its name again when the source is as it was before", async () => {
    const flights = await source(goodRows);
    const before = await snapshotSource(flights, ports());
    const between = await snapshotSource(
      await source(goodRows, { from: csv("flights.csv", { rows: 2 }) }),
      ports(),
    );
    expect((await catalog.latest("flights"))?.id).toBe(between.version.id);
    expect((await snapshotSource(flights, ports())).reused).toBe(true);
    expect((await catalog.latest("flights"))?.id).toBe(before.version.id);
  });

  it("makes the files anew when they are gone", async () => {
    const flights = await source(goodRows);
    const { version } = await snapshotSource(flights, ports());
    await rm(join(folder, "blobs"), { recursive: true });
    const again = await snapshotSource(flights, { ...ports(), blobs: fsBlobStore(join(folder, "blobs")) });
    expect(again.reused).toBe(false);
    expect(again.version.id).toBe(version.id);
    expect(column(await readDataset(again.version, ports()), "delay")).toEqual([5, -10, 20]);
  });

  it("knows the same rows in another file format, and tells another order apart", async () => {
    const { version } = await snapshotSource(await source(goodRows), ports());
    const quoted = await snapshotSource(await source(goodRows.replaceAll("JFK", '"JFK"')), ports());
    expect(quoted.reused).toBe(false);
    expect(quoted.version.id).toBe(version.id);
    const shuffledText = goodRows.trim().split("\n").reverse().join("\n");
    const shuffled = (await snapshotSource(await source(shuffledText), ports())).version;
    expect(shuffled.fingerprints.orderFree).toEqual(version.fingerprints.orderFree);
    expect(shuffled.fingerprints.ordered).not.toEqual(version.fingerprints.ordered);
    expect(shuffled.id).not.toBe(version.id);
    expect((await catalog.list()).map(({ id }) => id)).toEqual([shuffled.id, version.id]);
  });

  it("looks again when reading, schema or expectations change", async () => {
    const flights = await source(goodRows);
    await snapshotSource(flights, ports());
    const changed = [
      await source(goodRows, { from: csv("flights.csv", { rows: 2 }) }),
      await source(goodRows, { expectations: (f) => [expectRow("late", f.delay.gt(0), "warn")] }),
      events("flights", {
        from: flights.from,
        schema: { date: t.timestamp(), delay: t.int() },
        eventTime: "date",
      }),
    ];
    for (const other of changed) expect((await snapshotSource(other, ports())).reused).toBe(false);
  });

  it("sets bad rows aside with their reasons and loses none", async () => {
    const text = `2001-01-01,5,JFK\n2001-01-02,soon,SFO\n,9000,\n2001-01-04,-50,ATL\n2001-01-05,7,LAX\n`;
    const flights = await source(text, {
      expectations: (f) => [
        expectRow("not early", f.delay.gt(-30), "quarantine"),
        expectRow("late", f.delay.gt(5), "warn"),
        expectRows({ atLeast: 3 }, "warn"),
      ],
    });
    const { version } = await snapshotSource(flights, ports());
    expect(version).toMatchObject({ rowCount: 2, quarantinedCount: 3 });
    expect(version.expectations).toEqual([
      { name: "schema", severity: "quarantine", failed: 2 },
      { name: "not early", severity: "quarantine", failed: 1 },
      { name: "late", severity: "warn", failed: 2 },
      { name: "at least 3 rows", severity: "warn", failed: 1, value: 2, found: "2 rows" },
    ]);
    expect(column(await readDataset(version, ports()), "origin")).toEqual(["JFK", "LAX"]);
    const path = await blobs.localPath(version.quarantineBlob ?? "");
    const quarantined = await engine.readTable(path, quarantineSchema);
    expect(column(quarantined, "position")).toEqual([1, 2, 3]);
    expect(column(quarantined, "row").map((row) => JSON.parse(String(row)) as unknown)).toEqual([
      { date: Date.UTC(2001, 0, 2), delay: "soon", origin: "SFO" },
      { date: null, delay: 9000, origin: null },
      { date: Date.UTC(2001, 0, 4), delay: -50, origin: "ATL" },
    ]);
    expect(column(quarantined, "reasons").map((reasons) => JSON.parse(String(reasons)) as unknown)).toEqual([
      ['delay: expected a whole number from -100 to 3000, found "soon"'],
      [
        "date: expected an ISO 8601 time or epoch milliseconds, found nothing",
        "delay: expected a whole number from -100 to 3000, found 9000",
        "origin: expected a text, found nothing",
      ],
      ["not early"],
    ]);
  });

  it("tells versions with the same good rows and other quarantined rows apart", async () => {
    const [a, b] = ["x", "y"].map((bad) => `${goodRows}2001-01-04,${bad},ATL\n`);
    const first = (await snapshotSource(await source(a), ports())).version;
    const second = (await snapshotSource(await source(b), ports())).version;
    expect(second.fingerprints).toEqual(first.fingerprints);
    expect(second.id).not.toBe(first.id);
  });

  it.each([
    [
      "MW0205",
      goodRows,
      (f: { delay: { gt(n: number): never } }) => [expectRow("late", f.delay.gt(0), "block")],
    ],
    ["MW0205", goodRows, () => [expectRows({ atLeast: 4 }, "block")]],
    ["MW0205", goodRows, () => [expectRows({ atLeast: 1, atMost: 2 }, "block")]],
    ["MW0210", "", () => []],
    ["MW0210", "2001-01-01,9000,JFK\n", () => []],
  ])("throws %s and keeps nothing", async (code, text, expectations) => {
    const flights = await source(text, { expectations: expectations as never });
    await expect(snapshotSource(flights, ports())).rejects.toMatchObject({ code });
    expect(await catalog.list()).toEqual([]);
    expect(await scratchFiles()).toEqual([]);
  });

  it("leaves nothing behind when it is cancelled at any step", async () => {
    const flights = await source(goodRows);
    for (let step = 0; step <= 5; step++) {
      const abort = new AbortController();
      const update = (done: number) => {
        if (done === step) abort.abort();
      };
      const progress = { start: () => ({ update, finish: () => undefined }) };
      if (step === 0) abort.abort();
      const cancelled = snapshotSource(flights, { ...ports(), progress, signal: abort.signal });
      await expect(cancelled).rejects.toMatchObject({ code: "MW0105" });
      expect(await scratchFiles()).toEqual([]);
      expect(await catalog.list()).toEqual([]);
    }
    expect((await snapshotSource(flights, ports())).reused).toBe(false);
  });

  it("survives kill -9 at any step, and the same call works afterwards", async () => {
    const flights = await source(`${goodRows}2001-01-04,bad,ATL\n`);
    await mkdir(join(folder, "blobs"));
    for (const moment of ["1", "2", "3", "4", "5", "record"]) {
      await killAt(moment);
      for (const name of await readdir(join(folder, "blobs"), { recursive: true })) {
        if (!/^[0-9a-f]{2}.[0-9a-f]{62}$/.test(name)) continue;
        expect(sha256(await readFile(join(folder, "blobs", name)))).toBe(name.replace(/[\\/]/, ""));
      }
    }
    const child = await duckdbEngine({ scratchFolder: join(folder, "child-scratch"), projectFolder: folder });
    expect((await readdir(join(folder, "child-scratch"))).length).toBe(1);
    const { version } = await snapshotSource(flights, { ...ports(), engine: child });
    expect(version).toMatchObject({ rowCount: 3, quarantinedCount: 1 });
    expect(column(await readDataset(version, ports()), "delay")).toEqual([5, -10, 20]);
    await child.close();
  });

  it("reads the first of three million real flights", async () => {
    const path = fileURLToPath(new URL("../data/flights-3m.parquet", import.meta.resolve("vega-datasets")));
    const from: SourceLocation = parquet(path, { rows: 50_000 });
    const real = events("flights", {
      from,
      schema: { ...schema, delay: t.int(), distance: t.int().between(1, 6000), destination: t.string() },
      eventTime: "date",
    });
    const { version } = await snapshotSource(real, ports());
    expect(version).toMatchObject({ rowCount: 50_000, quarantinedCount: 0 });
    expect(version.profile.date).toMatchObject({ min: Date.UTC(2001, 0, 1, 0, 1), missing: 0 });
  });
});

/** An engine that can hash and nothing else. */
function hashOnly(whole: TableEngine): TableEngine {
  const never = () => Promise.reject(new Error("nothing but hashing was expected"));
  return {
    name: whole.name,
    hashFile: (path, signal) => whole.hashFile(path, signal),
    stage: never,
    readTable: never,
    streamNumbers: never,
    writeTable: never,
    excludeRows: never,
    fingerprint: never,
    discard: never,
    close: never,
  };
}

/** Runs a snapshot in a child that stops for good at a moment, and kills it there. */
function killAt(moment: string): Promise<void> {
  const room = (name: string) => JSON.stringify(fileURLToPath(new URL(name, import.meta.url)));
  const script = `
    import { writeSync } from "node:fs";
    import { createJiti } from ${JSON.stringify(import.meta.resolve("jiti"))};
    const jiti = createJiti(${JSON.stringify(import.meta.url)});
    const { snapshotSource, events, csv } = await jiti.import(${room("index.ts")});
    const { duckdbEngine } = await jiti.import(${room("../adapters/duckdb/index.ts")});
    const { fsBlobStore } = await jiti.import(${room("../adapters/fs/index.ts")});
    const { t, systemClock } = await jiti.import(${room("../kernel/index.ts")});
    const [folder, moment] = process.argv.slice(1);
    const stopAt = (now) => {
      if (now !== moment) return;
      writeSync(1, "stopped");
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    };
    const schema = { date: t.timestamp(), delay: t.int().between(-100, 3000), origin: t.string() };
    await snapshotSource(events("flights", { from: csv("flights.csv"), schema, eventTime: "date" }), {
      engine: await duckdbEngine({ scratchFolder: folder + "/child-scratch", projectFolder: folder }),
      blobs: fsBlobStore(folder + "/blobs"),
      catalog: { findBySourceKey: async () => {}, latest: async () => {}, record: async () => stopAt("record") },
      clock: systemClock,
      progress: { start: () => ({ update: (done) => stopAt(String(done)), finish() {} }) },
    });`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script, folder, moment]);
  let errors = "";
  child.stderr.on("data", (bytes: Buffer) => {
    errors += bytes.toString();
  });
  child.stdout.on("data", () => child.kill("SIGKILL"));
  return new Promise((resolve, reject) => {
    child.on("close", (_, signal) => {
      if (signal === "SIGKILL") resolve();
      else reject(new Error(errors));
    });
  });
}
