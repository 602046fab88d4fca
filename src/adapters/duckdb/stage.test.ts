import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { csv, json, parquet, type SourceLocation, type TableEngine } from "../../data/index.js";
import { t, valueAt, type Schema, type Value } from "../../kernel/index.js";
import { everyKind, rowsOf, useTestEngine, type TestEngine } from "./engine.testing.js";

let folder: string;
let engine: TableEngine;
let writeParquet: TestEngine["writeParquet"];
let writeText: TestEngine["writeText"];
const opened = useTestEngine();
beforeAll(() => {
  ({ folder, engine, writeParquet, writeText } = opened());
});

async function stageRows(location: SourceLocation, schema: Schema) {
  const staged = await engine.stage(location, schema);
  const rows = rowsOf(await engine.readTable(staged.path, schema));
  expect(rows.length).toBe(staged.rowCount);
  await engine.discard(staged.path);
  return { rows, rejects: staged.rejects };
}

const noon = Date.UTC(2001, 0, 1, 12, 30, 15, 250);

/** Stages each and expects these rows; then no value may have been rejected. */
const sameRows: Value[][] = [
  [33, 0.1, 1, noon, "JFK"],
  [null, null, null, null, null],
  [-7, -1e-300, 0, Date.UTC(1969, 11, 31, 23, 59, 59, 999), 'Zürich, "quoted"\n👍'],
];

describe("stage", () => {
  it("reads Parquet", async () => {
    const path = await writeParquet(
      "kinds.parquet",
      `SELECT * FROM (VALUES
        (33::INTEGER, 0.1::DOUBLE, true, TIMESTAMP '2001-01-01 12:30:15.25', 'JFK'),
        (NULL, 'NaN'::DOUBLE, NULL, NULL, NULL),
        (-7, -1e-300, false, TIMESTAMP '1969-12-31 23:59:59.999', 'Zürich, "quoted"' || chr(10) || '👍')) v(i, f, b, t, s)`,
    );
    expect(await stageRows(parquet(path), everyKind)).toEqual({ rows: sameRows, rejects: [] });
  });

  it("reads CSV", async () => {
    const path = await writeText(
      "kinds.csv",
      'extra,s,t,b,f,i\n1,JFK,2001-01-01T12:30:15.250Z,true,0.1,33\n2,,,,,\n3,"Zürich, ""quoted""\n👍",1969-12-31 23:59:59.999,FALSE,-1e-300,-7\n',
    );
    expect(await stageRows(csv(path), everyKind)).toEqual({ rows: sameRows, rejects: [] });
  });

  const jsonRows = [
    { i: 33, f: 0.1, b: true, t: "2001-01-01T14:30:15.25+02:00", s: "JFK", extra: [] },
    { i: null },
    { i: -7, f: -1e-300, b: false, t: -1, s: 'Zürich, "quoted"\n👍' },
  ];

  it("reads JSON lines and JSON arrays", async () => {
    const lines = await writeText("lines.json", jsonRows.map((row) => JSON.stringify(row)).join("\n"));
    const array = await writeText("array.json", JSON.stringify(jsonRows));
    for (const path of [lines, array]) {
      expect(await stageRows(json(path), everyKind)).toEqual({ rows: sameRows, rejects: [] });
    }
  });

  it("reads the first rows only, CSV with its own delimiter and null", async () => {
    const path = await writeText("own.csv", "i;s\n1;a\nNA;b;\n".replace("b;", "b") + "3;c\n");
    const schema = { i: t.int(), s: t.string() };
    expect((await stageRows(csv(path, { delimiter: ";", nullText: "NA", rows: 2 }), schema)).rows).toEqual([
      [1, "a"],
      [null, "b"],
    ]);
  });

  it.each([
    ["SMALLINT", "5::SMALLINT", "int", 5],
    ["UBIGINT", "5::UBIGINT", "int", 5],
    ["HUGEINT", "5::HUGEINT", "int", 5],
    ["whole DOUBLE", "5::DOUBLE", "int", 5],
    ["DECIMAL", "5.25::DECIMAL(9,2)", "float", 5.25],
    ["FLOAT", "0.5::FLOAT", "float", 0.5],
    ["BIGINT", "5::BIGINT", "float", 5],
    ["DATE", "DATE '2001-01-01'", "timestamp", Date.UTC(2001, 0, 1)],
    ["TIMESTAMP_NS", "TIMESTAMP_NS '2001-01-01 12:30:15.250999999'", "timestamp", noon],
    ["TIMESTAMPTZ", "TIMESTAMPTZ '2001-01-01 14:30:15.25+02'", "timestamp", noon],
    ["a time before 1970", "TIMESTAMP '1969-12-31 23:59:59.9999'", "timestamp", -1],
    ["ENUM", "'JFK'::ENUM('JFK', 'SFO')", "string", "JFK"],
  ] as const)("takes %s for %s as %s", async (_, value, kind, expected) => {
    const path = await writeParquet("one.parquet", `SELECT ${value} AS x`);
    expect(await stageRows(parquet(path), { x: t[kind]() })).toEqual({ rows: [[expected]], rejects: [] });
  });

  it("tells the values that it cannot read, by row, and reads the rest", async () => {
    const columns = { i: t.int(), b: t.bool(), t: t.timestamp() };
    const path = await writeText(
      "odd.csv",
      "i,b,t\n1,true,2001-01-01\n1.5,yes,soon\n99999999999999999999,,\n",
    );
    const { rows, rejects } = await stageRows(csv(path), columns);
    expect(rows[0]).toEqual([1, 1, Date.UTC(2001, 0, 1)]);
    expect(rows.slice(1).flat()).toEqual([null, null, null, null, null, null]);
    expect(rejects).toEqual([
      { row: 1, column: "i", found: "1.5" },
      { row: 1, column: "b", found: "yes" },
      { row: 1, column: "t", found: "soon" },
      { row: 2, column: "i", found: "99999999999999999999" },
    ]);
  });

  it("does not take JSON's texts for numbers, numbers for texts, or 0 for false", async () => {
    const good = { i: 1, f: 1, b: true, t: 0, s: "a" };
    const odd = { i: "1", f: "1", b: 0, t: true, s: 5 };
    const path = await writeText("odd.json", `${JSON.stringify(good)}\n${JSON.stringify(odd)}\n`);
    const { rejects } = await stageRows(json(path), everyKind);
    const told = rejects.map((reject) => ("column" in reject ? `${reject.column} ${reject.found}` : reject));
    expect(told).toEqual(["i 1", "f 1", "b 0", "t true", "s 5"]);
  });

  it("tells what in Parquet does not fit a whole number", async () => {
    const path = await writeParquet(
      "half.parquet",
      "SELECT unnest(['1.0', '2.5', NULL, 'NaN']::DOUBLE[]) AS x",
    );
    expect(await stageRows(parquet(path), { x: t.int() })).toEqual({
      rows: [[1], [null], [null], [null]],
      rejects: [{ row: 1, column: "x", found: "2.5" }],
    });
  });

  it("finds a JSON key that only late objects have", async () => {
    const early = '{"a":1}\n'.repeat(30_000);
    const path = await writeText("late.json", `${early}{"a":1,"late":5}\n`);
    expect((await stageRows(json(path), { late: t.int().optional() })).rows.at(-1)).toEqual([5]);
  });

  it("keeps the order of rows across row groups and threads", async () => {
    const path = await writeParquet(
      "ordered.parquet",
      "SELECT range AS x, 'k' || (range % 7) AS s FROM range(700000)",
    );
    const schema = { x: t.int(), s: t.string() };
    const staged = await engine.stage(parquet(path), schema);
    const { x, s } = (await engine.readTable(staged.path, schema)).columns;
    let misplaced = 0;
    for (let row = 0; row < 700_000; row++) {
      if (valueAt(x, row) !== row || valueAt(s, row) !== `k${row % 7}`) misplaced++;
    }
    expect(misplaced).toBe(0);
    const excluded = await engine.excludeRows(staged.path, schema, [0, 300_000, 699_999]);
    const kept = (await engine.readTable(excluded, schema, { columns: ["x"] })).columns;
    expect(Object.keys(kept)).toEqual(["x"]);
    const expected = Float64Array.from({ length: 700_000 }, (_, i) => i).filter(
      (i) => ![0, 300_000, 699_999].includes(i),
    );
    expect(
      kept.x.kind === "number" && Buffer.from(kept.x.values.buffer).equals(Buffer.from(expected.buffer)),
    ).toBe(true);
    await engine.discard(staged.path);
    await engine.discard(excluded);
  });

  it("reads exactly the file it is given, whatever its name", async () => {
    const names = ["it's [1]*?.csv", "a b;drop table.csv", 'quote".csv'];
    for (const [i, name] of names.entries()) await writeText(name, `x"'x\n${i}\n`.replace(`x"'x`, "x"));
    await writeText("it's 1.csv", "x\n99\n");
    for (const [i, name] of names.entries()) {
      expect((await stageRows(csv(name), { x: t.int() })).rows).toEqual([[i]]);
    }
    await mkdir(join(folder, "key=5"));
    await writeText("key=5/part.csv", "x\n7\n");
    await expect(stageRows(csv("key=5/part.csv"), { key: t.int() })).rejects.toMatchObject({
      code: "MW0203",
    });
  });

  it("takes column names with quotes", async () => {
    const schema = { [`o'neil "x"; --`]: t.int() };
    const path = await writeText("quotes.json", JSON.stringify({ [`o'neil "x"; --`]: 5 }));
    expect((await stageRows(json(path), schema)).rows).toEqual([[5]]);
  });
});

describe("stage refuses", () => {
  const schema = { delay: t.int(), origin: t.string() };
  const stage = (location: SourceLocation, columns: Schema = schema) => engine.stage(location, columns);
  const scratch = async () =>
    (await readdir(join(folder, "scratch"), { recursive: true })).filter((name) => name.endsWith(".parquet"));

  it("a missing file, a folder", async () => {
    await expect(stage(parquet("nowhere.parquet"))).rejects.toMatchObject({
      code: "MW0201",
      found: "nothing",
    });
    await expect(stage(csv("."))).rejects.toMatchObject({ code: "MW0201" });
    await expect(engine.hashFile("nowhere.parquet")).rejects.toMatchObject({ code: "MW0201" });
  });

  it("a CSV file of nothing at all", async () => {
    await writeText("empty.csv", "");
    await expect(stage(csv("empty.csv"))).rejects.toMatchObject({
      ...{ code: "MW0202", found: "an empty file, 0 bytes" },
    });
  });

  it("what is not Parquet, and Parquet that is cut or damaged", async () => {
    await writeText("text.parquet", "this is not Parquet");
    await expect(stage(parquet("text.parquet"))).rejects.toMatchObject({ code: "MW0202" });
    await writeText("empty.parquet", "");
    await expect(stage(parquet("empty.parquet"))).rejects.toMatchObject({ code: "MW0202" });
    await writeParquet(
      "whole.parquet",
      "SELECT range AS delay, md5(range::VARCHAR) AS origin FROM range(20000)",
    );
    const whole = await readFile(join(folder, "whole.parquet"));
    await writeText("cut.parquet", whole.subarray(0, whole.length - 100));
    await expect(stage(parquet("cut.parquet"))).rejects.toMatchObject({ code: "MW0202" });
    const damaged = Buffer.from(whole).fill(0xff, 4, 2000);
    await writeText("damaged.parquet", damaged);
    await expect(stage(parquet("damaged.parquet"))).rejects.toMatchObject({ code: "MW0202" });
    expect(await scratch()).toEqual([]);
  });

  it("CSV and JSON that are broken", async () => {
    await writeText("broken.csv", '"delay,origin\n1,a\n2,b\n');
    await expect(stage(csv("broken.csv"))).rejects.toMatchObject({ code: "MW0202" });
    await writeText("broken.json", '{"delay":1,"origin":"a"}\n{"delay":');
    await expect(stage(json("broken.json"))).rejects.toMatchObject({ code: "MW0202" });
    await writeText("bytes.csv", Buffer.from([...Buffer.from("delay,origin\n1,"), 0xff, 0xfe, 10]));
    await expect(stage(csv("bytes.csv"))).rejects.toMatchObject({ code: "MW0202" });
  });

  it("a column that is not there, with the nearest that is", async () => {
    const remedy = 'Did you mean "orign"?';
    await writeParquet("misspelt.parquet", "SELECT 1 AS delay, 'a' AS orign");
    await expect(stage(parquet("misspelt.parquet"))).rejects.toMatchObject({ code: "MW0203", remedy });
    await writeText("misspelt.csv", "delay,orign\n1,a\n");
    await expect(stage(csv("misspelt.csv"))).rejects.toMatchObject({ code: "MW0203", remedy });
    await writeText("misspelt.json", '[{"delay":1,"orign":"a"}]');
    await expect(stage(json("misspelt.json"))).rejects.toMatchObject({ code: "MW0203", remedy });
    await writeText("case.csv", "delay,Origin\n1,a\n");
    await expect(stage(csv("case.csv"))).rejects.toMatchObject({
      code: "MW0203",
      remedy: 'Did you mean "Origin"?',
    });
  });

  it("a column of another type", async () => {
    await writeParquet("typed.parquet", "SELECT 'soon' AS delay, 'a' AS origin, 1 AS n, [1] AS list");
    await expect(stage(parquet("typed.parquet"))).rejects.toMatchObject({
      code: "MW0204",
      details: { column: "delay", found: "VARCHAR" },
    });
    for (const columns of [{ n: t.string() }, { n: t.bool() }, { n: t.timestamp() }, { list: t.float() }]) {
      await expect(stage(parquet("typed.parquet"), columns)).rejects.toMatchObject({ code: "MW0204" });
    }
    await writeText("typed.csv", "delay,origin\nsoon,a\nlate,b\n,c\n");
    await expect(stage(csv("typed.csv"))).rejects.toMatchObject({
      code: "MW0204",
      details: { column: "delay" },
    });
    await writeText("typed.json", '[{"delay":"1","origin":"a"}]');
    await expect(stage(json("typed.json"))).rejects.toMatchObject({
      code: "MW0204",
      details: { column: "delay" },
    });
  });

  it("to go on after it was cancelled", async () => {
    await writeParquet(
      "long.parquet",
      "SELECT range AS delay, md5(range::VARCHAR) AS origin FROM range(500000)",
    );
    const abort = new AbortController();
    const staged = engine.stage(parquet("long.parquet"), schema, abort.signal);
    abort.abort();
    await expect(staged).rejects.toMatchObject({ code: "MW0105" });
    await expect(engine.hashFile("long.parquet", abort.signal)).rejects.toMatchObject({ code: "MW0105" });
    expect(await scratch()).toEqual([]);
  });
});
