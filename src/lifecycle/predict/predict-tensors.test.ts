import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { temporaryFolders } from "../../../test/support/trips.js";
import { openProject } from "../../compose/index.js";
import {
  everyTypeGraph,
  heavyGraph,
  identityGraph,
  logarithmGraph,
  lookupGraph,
  scalingGraph,
} from "../../inference/tensor-graphs.testing.js";
import { t, type FieldSpec } from "../../kernel/index.js";
import { importModel } from "../versions/import-model.js";
import { jsonLines, parquetFile, predictHere, rowsIn } from "./predict-file.testing.js";
import type { Project } from "../project.js";

const folders = temporaryFolders();
let project: Project;
let folder: string;

beforeAll(async () => {
  folder = await folders.project();
  project = await openProject(folder);
  const import_ = (name: string, graph: Uint8Array) => importModel(project, { name, graph });
  await import_("log", logarithmGraph());
  await import_("pair", identityGraph(["n", 2]));
  await import_("single", identityGraph([1, 2]));
  await import_("types", everyTypeGraph());
  await import_("lookup", lookupGraph([10, 11, 12]));
  await import_("scaling", scalingGraph(2));
  await import_("fixed", identityGraph([4, 2]));
  await import_("wide", heavyGraph(4096 * 3));
});
afterAll(async () => {
  await project.close();
  await folders.removeAll();
});

const whole = { int8: -5, int16: -300, int32: -70_000, int64: 2 ** 40, uint8: 200, uint16: 60_000 };
const ofEveryType = {
  ...{ ...whole, uint32: 4e9, uint64: 2 ** 50, float32: 1.5, float64: 0.1, float16: 0.25 },
  ...{ string: "é", bool: true },
};

describe("an imported graph over a file", () => {
  it("takes a column for each input and adds one for each output, the others carried as they are", async () => {
    const rows = [
      { id: "a", x: 1, note: { deep: [1] } },
      { id: "b", x: Math.E, note: null },
      { id: "c", x: null, note: "text" },
    ];
    const files = await jsonLines(folder, "log", rows);
    const done = await predictHere(project, { model: "log@1", ...files });
    expect(done).toMatchObject({
      ...{ model: "log", version: 1, rows: 3, written: 3, resumedRows: 0, columns: ["y"] },
      refused: { count: 0, first: [] },
    });
    const written = await rowsIn(project, files.out, {
      ...{ id: t.string(), x: t.float().optional(), note: t.string().optional(), y: t.float().optional() },
    });
    expect(written).toEqual(
      [
        { id: "a", x: 1, note: '{"deep":[1]}', y: 0 },
        { id: "b", x: Math.E, note: null, y: Math.log(Math.fround(Math.E)) },
        { id: "c", x: null, note: "text", y: null },
      ].map((row) => ({ ...row, y: row.y === null ? null : (expect.closeTo(row.y, 6) as number) })),
    );
    expect((await readdir(folder)).filter((name) => name.includes(".predict-"))).toEqual([]);
  });

  it("takes an input of several values from numbered columns or from lists, in order whatever the parts", async () => {
    const numbers = Array.from({ length: 100 }, (_, i) => [i, i / 4]);
    const columns = await jsonLines(
      folder,
      "numbered",
      numbers.map(([a, b]) => ({ x_0: a, x_1: b })),
    );
    for (const model of ["pair@1", "single@1"]) {
      await predictHere(project, { model, ...columns, chunkRows: 7, columns: [], force: true });
      const schema = { y_0: t.float(), y_1: t.float() };
      expect(await rowsIn(project, columns.out, schema)).toEqual(
        numbers.map(([a, b]) => ({ y_0: a, y_1: b })),
      );
    }
  });

  it("numbers the columns of a wide output", async () => {
    const files = await jsonLines(folder, "wide", [
      { x_0: 1, x_1: 0, x_2: 0 },
      { x_0: 0, x_1: 8, x_2: 0 },
    ]);
    const done = await predictHere(project, { model: "wide@1", ...files, columns: [] });
    expect(done.columns.length).toBe(1024);
    const weight = (i: number) => (i % 7) / 8;
    expect(await rowsIn(project, files.out, { y_5: t.float() })).toEqual([
      { y_5: weight(5) },
      { y_5: 8 * weight(1024 + 5) },
    ]);
  });

  it("keeps every type that it takes", async () => {
    const files = await jsonLines(folder, "types", [ofEveryType]);
    await predictHere(project, { model: "types@1", ...files, columns: [] });
    const ints = Object.keys(whole)
      .concat("uint32", "uint64")
      .map((name) => [`${name}_out`, t.int()] as const);
    const floats = ["float16", "float32", "float64"].map((name) => [`${name}_out`, t.float()] as const);
    const numbers = Object.fromEntries<FieldSpec>([...ints, ...floats]);
    const schema = {
      ...numbers,
      string_out: t.string(),
      bool_out: t.bool(),
    };
    const out = Object.entries(ofEveryType).map(([name, value]) => [
      `${name}_out`,
      name === "bool" ? 0 : value,
    ]);
    expect(await rowsIn(project, files.out, schema)).toEqual([Object.fromEntries(out)]);
  });

  it("reads Parquet where it lies and writes a column of it once", async () => {
    const schema = { x: t.float().optional(), at: t.timestamp() };
    const rows = [1, 2, 3].map((x) => ({ x, at: Date.UTC(2024, 0, x) }));
    const file = await parquetFile(project, join(folder, "log.parquet"), { schema, rows });
    const out = join(folder, "log.out2.parquet");
    await predictHere(project, { model: "log@1", file, out, columns: ["at"] });
    const written = await rowsIn(project, out, { at: t.timestamp(), y: t.float() });
    expect(written.map(({ at }) => at)).toEqual(rows.map(({ at }) => at));
  });
});

describe("rows that are no inputs", () => {
  const rows = [{ ids: 0 }, { ids: null }, { ids: 2 }, { ids: 1.5 }, { ids: 1 }];

  it("end the run before anything is written, counted and with reasons", async () => {
    const files = await jsonLines(folder, "fail", rows);
    await expect(predictHere(project, { model: "lookup@1", ...files })).rejects.toMatchObject({
      code: "MW1172",
      details: {
        count: 2,
        rows: [
          { row: 1, reasons: ["ids: expected int64, found nothing"] },
          { row: 3, reasons: ['ids: found "1.5"'] },
        ],
      },
    });
    expect((await readdir(folder)).filter((name) => name.startsWith("fail."))).toEqual(["fail.jsonl"]);
  });

  it("are left out, or kept without a prediction", async () => {
    const files = await jsonLines(folder, "bad", rows);
    const schema = { ids: t.float().optional(), found: t.float().optional() };
    const skipped = await predictHere(project, {
      model: "lookup@1",
      ...files,
      onBadRow: "skip",
      chunkRows: 2,
    });
    expect(skipped).toMatchObject({
      rows: 5,
      written: 3,
      refused: { count: 2, first: [{ row: 1 }, { row: 3 }] },
    });
    expect(await rowsIn(project, files.out, schema)).toEqual([
      { ids: 0, found: 10 },
      { ids: 2, found: 12 },
      { ids: 1, found: 11 },
    ]);
    const nulls = { onBadRow: "null", force: true, chunkRows: 1 } as const;
    const kept = await predictHere(project, { model: "lookup@1", ...files, ...nulls });
    expect(kept).toMatchObject({ rows: 5, written: 5, refused: { count: 2 } });
    const found = (await rowsIn(project, files.out, schema)).map((row) => row["found"]);
    expect(found).toEqual([10, null, 12, null, 11]);
  });
});

describe("rows of a CSV file that cannot be divided into its columns", () => {
  const csvFile = async (name: string) => {
    const path = join(folder, `${name}.csv`);
    await writeFile(path, "id,x\na,1\nb,2,3\nc,1\n");
    const file = { format: "csv", path, delimiter: ",", nullText: "" } as const;
    return { file, out: join(folder, `${name}.out.parquet`) };
  };

  it("are refused with their line, and the others predicted where that is wanted", async () => {
    const files = await csvFile("undivided");
    await expect(predictHere(project, { model: "log@1", ...files })).rejects.toMatchObject({
      code: "MW1172",
      details: { count: 1, rows: [{ row: 1, reasons: ["line 3: expected 2 fields, found 3"] }] },
    });
    const skipped = await predictHere(project, { model: "log@1", ...files, onBadRow: "skip" });
    expect(skipped).toMatchObject({ rows: 3, written: 2, refused: { count: 1 } });
    expect(await rowsIn(project, files.out, { id: t.string(), y: t.float() })).toEqual([
      { id: "a", y: 0 },
      { id: "c", y: 0 },
    ]);
  });
});

describe("what does not fit", () => {
  const refusal = (model: string, rows: readonly object[], options: object = {}) =>
    jsonLines(folder, "unfit", rows).then((files) =>
      predictHere(project, { model, ...files, ...options }).then(
        () => "written",
        (error: unknown) => error,
      ),
    );

  it("is named with the nearest column", async () => {
    expect(await refusal("log@1", [{ xx: 1 }])).toMatchObject({
      code: "MW1170",
      remedy: expect.stringContaining('"xx"') as string,
    });
    expect(await refusal("pair@1", [{ x_0: 1, x_2: 1 }])).toMatchObject({
      code: "MW1170",
      details: { column: "x_1" },
    });
    const others = { columns: ["z"] };
    expect(await refusal("log@1", [{ x: 1 }], others)).toMatchObject({
      code: "MW1170",
      details: { column: "z" },
    });
    expect(await refusal("log@1", [{ x: 1, Y: 2 }])).toMatchObject({
      code: "MW1170",
      details: { column: "y" },
    });
  });

  it("is a graph whose inputs or outputs are not by row", async () => {
    expect(await refusal("scaling@1", [{ x_0: 1, x_1: 2 }])).toMatchObject({
      code: "MW1173",
      details: { output: "sum" },
    });
    expect(await refusal("fixed@1", [{ x_0: 1, x_1: 2 }])).toMatchObject({
      code: "MW1173",
      details: { input: "x" },
    });
  });

  it("is a number that its type does not hold, a value that is missing, and a text that would be cut", async () => {
    const rows = [{ int8: 128 }, { bool: null }, { string: "a\0b" }, { string: null }].map((odd) => ({
      ...ofEveryType,
      ...odd,
    }));
    expect(await refusal("types@1", [ofEveryType, ...rows])).toMatchObject({
      code: "MW1172",
      details: {
        rows: [
          { row: 1, reasons: ["int8: expected int8, found 128"] },
          { row: 2, reasons: ["bool: expected bool, found nothing"] },
          { row: 3, reasons: ["string: expected string, found a text with the character NUL"] },
          { row: 4, reasons: ["string: expected string, found nothing"] },
        ],
      },
    });
  });

  it("is an output that is there already, unless it may be overwritten", async () => {
    const files = await jsonLines(folder, "twice", [{ x: 1 }]);
    await predictHere(project, { model: "log@1", ...files });
    const again = predictHere(project, { model: "log@1", ...files });
    await expect(again).rejects.toMatchObject({ code: "MW1171" });
    await predictHere(project, { model: "log@1", ...files, force: true });
  });

  it("is a version or a file that is not there", async () => {
    const files = await jsonLines(folder, "none", [{ x: 1 }]);
    await expect(predictHere(project, { model: "log", ...files })).rejects.toMatchObject({ code: "MW0603" });
    const file = { ...files.file, path: join(folder, "nothing.jsonl") };
    await expect(predictHere(project, { model: "log@1", ...files, file })).rejects.toMatchObject({
      code: "MW0201",
    });
    const out = join(folder, "no-folder", "out.parquet");
    await expect(predictHere(project, { model: "log@1", ...files, out })).rejects.toMatchObject({
      code: "MW1003",
    });
  });
});
