import { createHash } from "node:crypto";
import { mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { parquet, type Fingerprints, type TableEngine } from "../../data/index.js";
import { t, tableOf, type Schema, type Value } from "../../kernel/index.js";
import { duckdbEngine } from "./engine.js";
import { everyKind, rowsOf, useTestEngine, type TestEngine } from "./engine.testing.js";

let folder: string;
let engine: TableEngine;
let writeParquet: TestEngine["writeParquet"];
let writeText: TestEngine["writeText"];
const opened = useTestEngine();
beforeAll(() => {
  ({ folder, engine, writeParquet, writeText } = opened());
});

describe("canonical Parquet", () => {
  it("gives back every table", async () => {
    const text = fc.oneof(fc.string({ unit: "grapheme" }), fc.constantFrom("", "a", "\u0000", "|", ":"));
    const row = fc.tuple(
      fc.option(fc.maxSafeInteger()),
      fc.option(fc.double({ noNaN: true })),
      fc.option(fc.constantFrom(0, 1)),
      fc.option(fc.integer({ min: -8.64e12, max: 8.64e12 })),
      fc.option(text),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 30 }), async (rows) => {
        const path = await engine.writeTable(tableOf(everyKind, rows), everyKind);
        expect(rowsOf(await engine.readTable(path, everyKind))).toEqual(rows);
        expect(await engine.fingerprint(path, everyKind)).toEqual(fingerprintOracle(everyKind, rows));
        await engine.discard(path);
      }),
      { numRuns: 60, seed: 2 },
    );
  });

  it("has dictionaries sorted by UTF-8 bytes, of the texts that occur", async () => {
    const schema = { s: t.string().optional() };
    const texts = ["b", "ab", null, "\u{1f44d}", "\uff5e", "a", "ab", ""];
    const path = await engine.writeTable(
      tableOf(
        schema,
        texts.map((text) => [text]),
      ),
      schema,
    );
    const column = (await engine.readTable(path, schema)).columns.s;
    const sorted = ["", "a", "ab", "b", "\uff5e", "\u{1f44d}"];
    expect(column.kind === "text" && column.dictionary).toEqual(sorted);
  });

  it("takes many different texts", async () => {
    const schema = { id: t.string() };
    const rows = Array.from({ length: 70_000 }, (_, i): Value[] => [`id-${i}`]);
    const path = await engine.writeTable(tableOf(schema, rows), schema);
    expect(rowsOf(await engine.readTable(path, schema))).toEqual(rows);
  });

  it("names a column that is not in the dataset, and a damaged file", async () => {
    const schema = { delay: t.int() };
    const path = await engine.writeTable(tableOf(schema, [[1]]), schema);
    await expect(engine.readTable(path, schema, { columns: ["delya"] })).rejects.toMatchObject({
      code: "MW0208",
    });
    await writeFile(path, "not Parquet");
    await expect(engine.readTable(path, schema)).rejects.toMatchObject({ code: "MW0211" });
    await expect(engine.fingerprint(path, schema)).rejects.toMatchObject({ code: "MW0211" });
  });
});

/** The definition of `Fingerprint` in plain TypeScript, row by row. */
function fingerprintOracle(schema: Schema, rows: readonly (readonly Value[])[]): Fingerprints {
  const kinds = Object.values(schema).map(({ kind }) => kind);
  const bits = (value: number) => {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleBE(value + 0);
    return bytes.readBigUInt64BE().toString(2).padStart(64, "0");
  };
  const cell = (value: Value, i: number) => {
    if (typeof value === "string") return `${Buffer.byteLength(value)}:${value}|`;
    if (value === null) return kinds[i] === "string" ? ":|" : "|";
    return kinds[i] === "float" ? `${bits(value)}|` : `${value + 0}|`;
  };
  const summary = (texts: string[]) => {
    const hashes = texts.map((text) => createHash("md5").update(text).digest().readBigUInt64LE(8));
    const hex = (value: bigint) => BigInt.asUintN(64, value).toString(16).padStart(16, "0");
    const sum = hashes.reduce((total, hash) => total + hash, 0n);
    const xor = hashes.reduce((total, hash) => total ^ hash, 0n);
    return { count: texts.length, sum: hex(sum), xor: hex(xor) };
  };
  const texts = rows.map((row) => row.map(cell).join(""));
  return {
    orderFree: summary(texts),
    ordered: summary(texts.map((text, position) => `${position}#${text}`)),
  };
}

describe("fingerprints", () => {
  const schema = { x: t.int().optional(), s: t.string().optional() };
  const of = async (rows: Value[][]) => {
    const path = await engine.writeTable(tableOf(schema, rows), schema);
    return engine.fingerprint(path, schema);
  };
  const rows: Value[][] = [
    [1, "a"],
    [2, "b"],
    [2, "b"],
    [null, null],
  ];

  it("differ in the ordered form alone when rows are shuffled", async () => {
    const [first, shuffled] = [await of(rows), await of([rows[3], rows[1], rows[0], rows[2]])];
    expect(shuffled.orderFree).toEqual(first.orderFree);
    expect(shuffled.ordered).not.toEqual(first.ordered);
  });

  it("differ when a row is doubled, dropped or changed, or a value changes its column", async () => {
    const all = [
      rows,
      [...rows, rows[0]],
      rows.slice(1),
      [[1, "b"], ...rows.slice(1)],
      [
        [12, ""],
        [1, "2"],
        [null, "12"],
        [1, null],
      ],
      [
        [12, null],
        [1, "2"],
        [null, "12"],
        [1, ""],
      ],
    ] as Value[][][];
    const fingerprints = await Promise.all(all.map(of));
    expect(new Set(fingerprints.map(({ orderFree }) => orderFree.sum)).size).toBe(all.length);
  });
});

describe("duckdbEngine", () => {
  it("says what it is", () => {
    expect(engine.name).toMatch(/^duckdb \d+\.\d+\.\d+/);
  });

  it("removes its scratch folder when closed, and those of dead processes when opened", async () => {
    const scratchFolder = join(folder, "other-scratch");
    // No process has an id above the largest that Linux admits, 2^22.
    await mkdir(join(scratchFolder, "duckdb-99999999-left"), { recursive: true });
    const other = await duckdbEngine({ scratchFolder });
    expect((await readdir(scratchFolder)).map((name) => name.split("-")[1])).toEqual([String(process.pid)]);
    const path = await other.writeTable(tableOf({ x: t.int() }, [[1]]), { x: t.int() });
    expect((await stat(path)).isFile()).toBe(true);
    await other.close();
    expect(await readdir(scratchFolder)).toEqual([]);
  });

  it("hashes a file as the system does", async () => {
    await writeText("abc", "abc");
    // FIPS 180-2, appendix B.1.
    expect(await engine.hashFile("abc")).toBe(
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    );
  });

  it("says that memory is short, and does not blame the file", async () => {
    await writeParquet(
      "wide.parquet",
      "SELECT range AS delay, repeat(md5(range::VARCHAR), 3000) AS origin FROM range(3000)",
    );
    const small = await duckdbEngine({
      scratchFolder: join(folder, "small"),
      projectFolder: folder,
      memoryLimit: "8MB",
    });
    const staged = small.stage(parquet("wide.parquet"), { delay: t.int(), origin: t.string() });
    await expect(staged).rejects.toMatchObject({ code: "MW0211" });
    await small.close();
  });
});
