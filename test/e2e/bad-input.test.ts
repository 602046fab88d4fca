import { existsSync } from "node:fs";
import { chmod, cp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { duckdbEngine } from "../../src/adapters/duckdb/index.js";
import { t, tableOf, type Schema, type Value } from "../../src/kernel/index.js";
import { commandHost } from "../support/command.js";
import { defaultTrips, edited, temporaryFolders, tripsConfig, tripsCsv } from "../support/trips.js";

interface Trained {
  readonly modelHash: string;
  readonly packageId: string;
  readonly version: number;
}

interface Refusal {
  readonly args?: readonly string[];
  readonly exit: 1 | 2 | 3;
  readonly code: string;
  /** What the error must name: in `found`, `expected`, and `do`. */
  readonly expected?: string | RegExp;
  readonly found: string | RegExp;
  readonly remedy: string | RegExp;
}

const folders = temporaryFolders();
const { runCommand, runJson, failure, close } = commandHost();
/** A project that was trained once; tests that need one take a copy. */
let trained: string;
let result: Trained;

beforeAll(async () => {
  trained = await folders.project();
  result = await runJson<Trained>(trained, ["train"]);
});
afterAll(async () => {
  await close();
  await folders.removeAll();
});

async function copyOfTrained(): Promise<string> {
  const folder = await folders.make({});
  await cp(trained, folder, { recursive: true });
  return folder;
}

const matching = (text: string | RegExp): unknown =>
  typeof text === "string" ? expect.stringContaining(text) : expect.stringMatching(text);

/** Runs a command that must be refused, and looks at everything that the refusal must say. */
async function expectRefusal(folder: string, refusal: Refusal): Promise<void> {
  const { exit, error } = await failure(folder, refusal.args ?? ["train"]);
  expect(error).toMatchObject({
    code: refusal.code,
    expected: matching(refusal.expected ?? /\S/),
    found: matching(refusal.found),
    remedy: matching(refusal.remedy),
  });
  expect(exit).toBe(refusal.exit);
}

/** The project is as if the bad command had never been: the next training makes the first version, bit for bit. */
async function expectSound(folder: string): Promise<void> {
  expect(await runJson<Trained>(folder, ["train"])).toMatchObject({
    modelHash: result.modelHash,
    version: 1,
  });
}

describe("data", () => {
  const tripSchema = {
    at: t.timestamp(),
    city: t.string(),
    vehicle: t.string(),
    distance: t.int(),
    rain: t.float().optional(),
    delay: t.int(),
  } satisfies Schema;
  const parquetConfig = edited(tripsConfig, 'csv("trips.csv")', 'parquet("trips.parquet")');

  /** Writes trips as Parquet, with the columns of a schema. */
  async function writeParquet(folder: string, schema: Schema): Promise<string> {
    const engine = await duckdbEngine({ scratchFolder: join(folder, "made") });
    const rows = defaultTrips.map((trip): Value[] => {
      const values: Record<string, Value> = { ...trip, at: Date.parse(trip.at) };
      return Object.entries(schema).map(([name, { kind }]) =>
        kind === "string" && values[name] !== null ? String(values[name]) : values[name],
      );
    });
    const path = join(folder, "trips.parquet");
    await rename(await engine.writeTable(tableOf(schema, rows), schema), path);
    await engine.close();
    return path;
  }

  test("a missing file is named, and nothing is kept of the attempt", async () => {
    const folder = await folders.project();
    await rename(join(folder, "trips.csv"), join(folder, "later.csv"));
    await expectRefusal(folder, {
      exit: 2,
      code: "MW0201",
      expected: join(folder, "trips.csv"),
      found: "nothing",
      remedy: "path of the source",
    });
    await rename(join(folder, "later.csv"), join(folder, "trips.csv"));
    await expectSound(folder);
  });

  test("a Parquet file without a column of the schema: the column and the nearest one are named", async () => {
    const folder = await folders.project({ config: parquetConfig });
    const { delay, ...others } = tripSchema;
    await writeParquet(folder, { ...others });
    await expectRefusal(folder, { exit: 2, code: "MW0203", expected: "delay", found: /\S/, remedy: /\S/ });
    await writeParquet(folder, { ...others, delay });
    await expectSound(folder);
  });

  test("a Parquet column of another type", async () => {
    const folder = await folders.project({ config: parquetConfig });
    await writeParquet(folder, { ...tripSchema, delay: t.string() });
    await expectRefusal(folder, {
      exit: 2,
      code: "MW0204",
      expected: "delay",
      found: /VARCHAR/,
      remedy: /\S/,
    });
    await writeParquet(folder, tripSchema);
    await expectSound(folder);
  });

  test.each(["cut off", "garbled", "no Parquet at all"])("a Parquet file that is %s", async (damage) => {
    const folder = await folders.project({ config: parquetConfig });
    const path = await writeParquet(folder, tripSchema);
    const whole = await readFile(path);
    if (damage === "cut off") await writeFile(path, whole.subarray(0, whole.length - 100));
    else if (damage === "garbled") await writeFile(path, whole.fill(0x55, 200, 3_000));
    else await writeFile(path, tripsCsv(defaultTrips));
    await expectRefusal(folder, { exit: 2, code: "MW0202", expected: path, found: /\S/, remedy: "again" });
    await writeParquet(folder, tripSchema);
    await expectSound(folder);
  });

  test("odd values in a CSV file are quarantined with their reasons; the rest trains", async () => {
    const [head, first, ...others] = tripsCsv(defaultTrips).split("\n");
    const folder = await folders.project();
    const odd = [...first.split(",").slice(0, 5), "soon"].join(",");
    await writeFile(join(folder, "trips.csv"), [head, odd, ...others].join("\n"));
    expect(await runJson(folder, ["data", "snapshot"])).toMatchObject({
      snapshots: [{ rowCount: defaultTrips.length - 1, quarantinedCount: 1 }],
    });
  });

  test("a broken expectation of severity block: its name and how many rows break it", async () => {
    const rule = 'expectRow("delay is plausible", f.delay.le(600), "quarantine")';
    const late = { ...defaultTrips[5], delay: 601 };
    const folder = await folders.project({
      config: edited(tripsConfig, rule, rule.replace("quarantine", "block")),
      trips: defaultTrips.with(5, late),
    });
    await expectRefusal(folder, {
      exit: 1,
      code: "MW0205",
      expected: '"delay is plausible"',
      found: "1 rows that break it, first row 5",
      remedy: "quarantine",
    });
    await writeFile(join(folder, "trips.csv"), tripsCsv(defaultTrips));
    await expectSound(folder);
  });

  test("too few rows for a count expectation, and no rows at all", async () => {
    const folder = await folders.project({ trips: defaultTrips.slice(0, 99) });
    const refusal = { exit: 1, expected: /trips/, remedy: /\S/ } as const;
    await expectRefusal(folder, { ...refusal, code: "MW0205", found: "99 rows" });
    await writeFile(join(folder, "trips.csv"), tripsCsv([]));
    await expectRefusal(folder, { ...refusal, code: "MW0210", found: "none" });
    await writeFile(join(folder, "trips.csv"), tripsCsv(defaultTrips));
    await expectSound(folder);
  });

  test("a part of the split without rows: the part and the times that there are", async () => {
    const split = 'byTime({ train: "2024-01/2024-01", test: "2024-02/2024-02" })';
    const folder = await folders.project({
      config: edited(tripsConfig, "byTime({ trainShare: 0.7 })", split),
    });
    await expectRefusal(folder, {
      exit: 2,
      code: "MW0209",
      expected: '"test"',
      found: "2024-01-01T00:00:00.000Z to 2024-01-30T00:45:00.000Z",
      remedy: "split",
    });
    expect(await runJson(folder, ["runs"])).toMatchObject({
      runs: [{ status: "failed", code: "MW0209", version: null, seconds: expect.any(Number) as number }],
    });
    await writeFile(join(folder, "millwright.config.ts"), tripsConfig);
    expect(await runJson<Trained>(folder, ["train"])).toMatchObject({
      modelHash: result.modelHash,
      version: 1,
    });
  });

  test.each([
    { part: "training", code: "MW0403", exit: 1, dull: (i: number) => i < 2400 },
    { part: "test", code: "MW0502", exit: 1, dull: (i: number) => i >= 1900 },
  ] as const)("a single class among the $part rows", async ({ code, exit, dull }) => {
    const trips = defaultTrips.map((trip, i) => (dull(i) ? { ...trip, delay: 0 } : trip));
    const folder = await folders.project({ trips });
    await expectRefusal(folder, { exit, code, expected: "class", found: /\S/, remedy: /\S/ });
    await writeFile(join(folder, "trips.csv"), tripsCsv(defaultTrips));
    await expectSound(folder);
  });
});

describe("configuration", () => {
  test("an unknown name: it and the nearest valid one; no storage is begun", async () => {
    const folder = await folders.project({ config: edited(tripsConfig, "matureAfter:", "matureAfer:") });
    await expectRefusal(folder, { exit: 2, code: "MW0103", found: '"matureAfer"', remedy: '"matureAfter"' });
    expect(existsSync(join(folder, ".millwright"))).toBe(false);
  });

  test("code that throws", async () => {
    const folder = await folders.project({ config: `${tripsConfig}\nthrow new Error("no tides today");` });
    const expected = join(folder, "millwright.config.ts");
    await expectRefusal(folder, { exit: 2, code: "MW1121", expected, found: "no tides today", remedy: /\S/ });
    expect(existsSync(join(folder, ".millwright"))).toBe(false);
  });

  test("a folder without one", async () => {
    const folder = await folders.make({});
    await expectRefusal(folder, {
      exit: 2,
      code: "MW1120",
      expected: folder,
      found: "no such file",
      remedy: "init",
    });
    expect(existsSync(join(folder, ".millwright"))).toBe(false);
  });

  test("a storage folder that is a file: it stays as it is", async () => {
    const folder = await folders.project();
    await writeFile(join(folder, ".millwright"), "mine");
    await expectRefusal(folder, {
      exit: 3,
      code: "MW1003",
      expected: ".millwright",
      found: "EEXIST",
      remedy: "storage.folder",
    });
    expect(await readFile(join(folder, ".millwright"), "utf8")).toBe("mine");
  });
});

describe("the command line", () => {
  const of = (...args: string[]) => ({ args, exit: 2 as const });

  test.each([
    { ...of("train", "late-tripp"), code: "MW1101", found: '"late-tripp"', remedy: '"late-trip"' },
    { ...of("features", "list", "late-tripp"), code: "MW1101", found: '"late-tripp"', remedy: '"late-trip"' },
    { ...of("runs", "late-tripp"), code: "MW1101", found: '"late-tripp"', remedy: '"late-trip"' },
    { ...of("models", "show", "late-tripp"), code: "MW0601", found: '"late-tripp"', remedy: '"late-trip"' },
    { ...of("models", "show", "late-trip", "9"), code: "MW0602", found: "9", remedy: "1" },
    {
      ...of("models", "show", "late-trip", "chanpion"),
      code: "MW0603",
      found: "chanpion",
      remedy: "champion",
    },
    { ...of("data", "snapshot", "tripps"), code: "MW1102", found: '"tripps"', remedy: '"trips"' },
    {
      ...of("evaluate", "--from", "yesterday", "--to", "2024-02-01"),
      code: "MW1201",
      found: '"yesterday"',
      remedy: "2001-06-01",
    },
    { ...of("serve", "--as-of", "2024-02-30"), code: "MW1201", found: '"2024-02-30"', remedy: "2001-06-01" },
  ])("$args", async (refusal) => {
    await expectRefusal(trained, refusal);
  });

  test("a verb without what it works on", async () => {
    const range = ["evaluate", "--from", "2030-01-01", "--to", "2030-02-01"];
    const nothing = { exit: 1, code: "MW1111", remedy: /\S/ } as const;
    await expectRefusal(trained, { ...nothing, args: range, found: "2030-01-01" });
    await expectRefusal(trained, { ...nothing, args: ["monitor", "--live", "typo"], found: "none" });
    const untrained = await folders.project();
    await expectRefusal(untrained, {
      args: ["serve"],
      exit: 1,
      code: "MW1106",
      found: "late-trip",
      remedy: "train",
    });
    await expectRefusal(untrained, { args: range, exit: 1, code: "MW1109", found: "none", remedy: "train" });
  });

  test.each([
    ["trian", "train"],
    ["train --thread 1", "--threads"],
    ["train --threads none", "whole number"],
    ["serve --port 70000", "65535"],
    ["monitor --live ../../elsewhere", "letters, digits"],
    ["evaluate late-trip", "--from"],
    ["train a b", "too many arguments"],
  ])("wrong usage: %s", async (line, hint) => {
    const { code, stderr } = await runCommand(trained, ...line.split(" "));
    expect(stderr).toContain(hint);
    expect(code).toBe(2);
  });

  test("for people: the code and all three sentences on standard error, nothing on standard output", async () => {
    const { code, stdout, stderr } = await runCommand(trained, "train", "late-tripp");
    expect(stderr).toMatch(
      /^MW1101 unknown model\n {2}expected {2}.*\n {2}found {5}"late-tripp"\n {2}do {8}.*\n$/,
    );
    expect([code, stdout]).toEqual([2, ""]);
  });
});

describe("a tampered package", () => {
  async function damage(folder: string, hash: string, change: (bytes: Buffer) => Buffer): Promise<void> {
    const path = join(folder, ".millwright/blobs", hash.slice(0, 2), hash.slice(2));
    const bytes = await readFile(path);
    await chmod(path, 0o644);
    await writeFile(path, change(bytes));
  }
  const flipped = (bytes: Buffer) => {
    bytes[bytes.length >> 1] ^= 0x10;
    return bytes;
  };

  test.each(["model.onnx", "manifest.json", "probes.json", "reference-profile.json", "card.md"])(
    "is not served: %s, one bit flipped",
    async (file) => {
      const folder = await copyOfTrained();
      const { manifest } = await runJson<{ manifest: { files: Record<string, { sha256: string }> } }>(
        folder,
        ["models", "show", "late-trip"],
      );
      await damage(
        folder,
        file === "manifest.json" ? result.packageId : manifest.files[file].sha256,
        flipped,
      );
      await expectRefusal(folder, {
        args: ["serve", "--port", "0"],
        exit: 3,
        code: "MW0604",
        expected: file,
        found: /SHA-256 [0-9a-f]{64}|bytes with [0-9a-f]{64}/,
        remedy: /\S/,
      });
      expect(existsSync(join(folder, ".millwright/live"))).toBe(false);
    },
  );

  test("nor one whose file is gone", async () => {
    const folder = await copyOfTrained();
    await rm(join(folder, ".millwright/blobs", result.modelHash.slice(0, 2), result.modelHash.slice(2)));
    await expectRefusal(folder, {
      args: ["serve", "--port", "0"],
      exit: 3,
      code: "MW0605",
      expected: "model.onnx",
      found: "nothing",
      remedy: /\S/,
    });
  });

  test("a damaged database", async () => {
    const folder = await copyOfTrained();
    const path = join(folder, ".millwright/metadata.db");
    await writeFile(path, "not a database, and long enough to be read as one\n".repeat(100));
    const before = await readFile(path);
    await expectRefusal(folder, { args: ["models"], exit: 3, code: "MW1009", found: /\S/, remedy: /\S/ });
    expect(await readFile(path)).toEqual(before);
  });
});

describe("a definition that changed after training", () => {
  test.each([
    ["the label", edited(tripsConfig, "label: (f) => f.delay.gt(5)", "label: (f) => f.delay.gt(6)")],
    ["a window", edited(tripsConfig, 'mean(f.delay).over("6h")', 'mean(f.delay).over("5h")')],
    ["a request field", edited(tripsConfig, "      vehicle: t.string(),\n      distance", "      distance")],
  ])("%s: not served until it is trained again", async (_, config) => {
    const folder = await copyOfTrained();
    await writeFile(join(folder, "millwright.config.ts"), config);
    await expectRefusal(folder, {
      args: ["serve", "--port", "0"],
      exit: 1,
      code: "MW1107",
      expected: 'version 1 of "late-trip"',
      found: "another definition",
      remedy: "millwright train late-trip",
    });
    expect(await runJson<Trained>(folder, ["train"])).toMatchObject({ version: 2 });
  });
});
