import {
  appendFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { FileDraft, FileField, FileRows } from "../../data/index.js";
import { valueAt } from "../../kernel/index.js";
import { duckdbRowFiles } from "./row-files.js";

const files = duckdbRowFiles({ threads: 1 });
let folder: string;
let instance: DuckDBInstance;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millwright-rows-"));
  instance = await DuckDBInstance.create(":memory:", { threads: "1" });
});
afterAll(async () => {
  instance.closeSync();
  await rm(folder, { recursive: true, force: true });
});

/** Rows that DuckDB itself reads or writes. */
async function query(sql: string): Promise<unknown[][]> {
  const connection = await instance.connect();
  try {
    return (await connection.runAndReadAll(sql)).getRowsJson();
  } finally {
    connection.closeSync();
  }
}

async function parquet(name: string, select: string, options = ""): Promise<string> {
  const path = join(folder, `${name}.parquet`);
  await query(`COPY (${select}) TO '${path}' (FORMAT parquet${options})`);
  return path;
}

async function begin(name: string, key = "a".repeat(64)): Promise<FileDraft> {
  const draft = await files.begin({ target: join(folder, name), key, note: `note of ${name}` });
  if (draft === undefined) throw new Error("held by another");
  return draft;
}

async function readAll(draft: FileDraft, path: string, fields: readonly FileField[], chunkRows: number) {
  const rows = await draft.openRows({ format: "parquet", path });
  const chunks: FileRows[] = [];
  await rows.read({ fields, matrices: [], from: 0, chunkRows }, async (chunk) => void chunks.push(chunk));
  const values = chunks.flatMap(({ table }) =>
    Array.from({ length: table.rowCount }, (_, row) =>
      fields.map(({ name }) => valueAt(table.columns[name], row)),
    ),
  );
  return { rows, chunks, values };
}

const field = (name: string, kind: FileField["kind"], element?: FileField["element"]): FileField => ({
  ...{ name: element === undefined ? name : `${name}[${element.at}]`, column: name, kind, nullable: true },
  ...(element === undefined ? {} : { element }),
});

test("rows come in order, in chunks of the wanted size, whatever the row groups", async () => {
  const path = await parquet(
    "ordered",
    "SELECT range AS id, 't' || (range % 3) AS text FROM range(10000)",
    ", ROW_GROUP_SIZE 2048",
  );
  const draft = await begin("ordered.out");
  const { chunks, values } = await readAll(draft, path, [field("id", "int"), field("text", "string")], 3000);
  expect(chunks.map(({ from, table }) => [from, table.rowCount])).toEqual([
    [0, 3000],
    [3000, 3000],
    [6000, 3000],
    [9000, 1000],
  ]);
  expect(values).toEqual(Array.from({ length: 10_000 }, (_, i) => [i, `t${i % 3}`]));
  await draft.discard();
});

test("lists are read by element, and lists of another length are rejected", async () => {
  const path = await parquet("lists", "SELECT unnest([[1.5, 2], [3, NULL], [4], NULL]::FLOAT[][]) AS x");
  const draft = await begin("lists.out");
  const fields = [field("x", "float", { at: 0, of: 2 }), field("x", "float", { at: 1, of: 2 })];
  const { chunks, values, rows } = await readAll(draft, path, fields, 10);
  expect(rows.columns).toEqual([{ name: "x", type: "FLOAT[]", list: true }]);
  expect(values).toEqual([
    [1.5, 2],
    [3, null],
    [null, null],
    [null, null],
  ]);
  expect(chunks[0].rejects).toEqual([{ row: 2, column: "x[0]", found: "a list of 1" }]);
  await draft.discard();
});

test("a column of another type, a file of another format and one that is missing are told apart", async () => {
  const draft = await begin("wrong.out");
  const path = await parquet("wrong", "SELECT 'a' AS x");
  await expect(readAll(draft, path, [field("x", "int")], 10)).rejects.toMatchObject({ code: "MW0204" });
  const text = join(folder, "text.parquet");
  await writeFile(text, "no parquet");
  await expect(draft.openRows({ format: "parquet", path: text })).rejects.toMatchObject({ code: "MW0202" });
  const empty = { format: "csv", path: join(folder, "empty.csv"), delimiter: ",", nullText: "" } as const;
  await writeFile(empty.path, "");
  await expect(draft.openRows(empty)).rejects.toMatchObject({
    ...{ code: "MW0202", found: "an empty file, 0 bytes" },
  });
  const nothing = { format: "parquet", path: join(folder, "nothing.parquet") } as const;
  await expect(draft.openRows(nothing)).rejects.toMatchObject({ code: "MW0201" });
  await draft.discard();
});

const part = (from: number, rowCount: number) => ({
  rowCount,
  columns: [
    { name: "twice", type: "double", value: (row: number) => 2 * (from + row) },
    { name: "set", type: "texts", value: (row: number) => (row === 1 ? null : ["a", `${row}`]) },
    { name: "big", type: "bigint", value: (row: number) => BigInt(row) },
  ] as const,
  kept: (row: number) => (from + row) % 2 === 0,
  note: `it's part ${from}`,
});

test("a draft keeps its note and parts for whoever goes on, and becomes the output at once", async () => {
  const path = await parquet("whole", "SELECT range AS id FROM range(6)");
  const first = await begin("whole.out");
  await first.add(part(0, 4));
  expect(await files.begin({ target: join(folder, "whole.out"), key: "a".repeat(64), note: "" })).toBe(
    undefined,
  );
  await first.close();
  const second = await files.begin({ target: join(folder, "whole.out"), key: "a".repeat(64), note: "other" });
  expect(second).toMatchObject({ note: "note of whole.out", parts: [{ rowCount: 4, note: "it's part 0" }] });
  await second?.add(part(4, 2));
  await second?.openRows({ format: "parquet", path });
  const facts = { model: "m", version: "it's 3" };
  await second?.carry(["id"]);
  const publication = { computed: ["twice", "set"], onlyKept: true, facts, replace: false };
  const out = join(folder, "whole.out");
  await symlink("nowhere", out);
  expect(await second?.publish(publication)).toBe(undefined);
  expect(await readlink(out)).toBe("nowhere");
  await rm(out);
  expect(await second?.publish(publication)).toBe(3);
  expect(await query(`SELECT id, twice, "set" FROM read_parquet('${out}')`)).toEqual([
    ["0", 0, ["a", "0"]],
    ["2", 4, ["a", "2"]],
    ["4", 8, ["a", "0"]],
  ]);
  const metadata = await query(
    `SELECT decode(key), decode(value) FROM parquet_kv_metadata('${out}') ORDER BY 1`,
  );
  expect(metadata).toEqual([
    ["model", "m"],
    ["version", "it's 3"],
  ]);
  expect((await readdir(folder)).filter((name) => name.startsWith("whole.out.predict-"))).toEqual([]);
});

test.each([
  ["some in another order", ["at", "deep", "list", "label", "gap"]],
  ["all in their order", ["id", "label", "list", "deep", "at", "gap"]],
])("columns are carried as they lie beside pages of every type: %s", async (_, carried) => {
  const path = await parquet(
    "carried",
    "SELECT range AS id, 'text ' || (range % 5) AS label, [range, NULL, 3] AS list, {'a': range, 'b': ['x']} AS deep, " +
      "TIMESTAMP '2024-01-01' + to_seconds(range) AS at, nullif(range % 3, 1) AS gap FROM range(5000)",
    ", ROW_GROUP_SIZE 2048, COMPRESSION zstd",
  );
  const draft = await begin("carried.out");
  await draft.openRows({ format: "parquet", path });
  await draft.carry(carried);
  const missing = <T>(row: number, value: T) => (row % 7 === 0 ? null : value);
  const every = (from: number, rowCount: number) => ({
    rowCount,
    columns: [
      { name: "float", type: "float", value: (row: number) => missing(from + row, (from + row) / 4) },
      { name: "int", type: "int", value: (row: number) => missing(from + row, -from - row) },
      { name: "big", type: "bigint", value: (row: number) => missing(from + row, BigInt(from + row) ** 4n) },
      { name: "huge", type: "ubigint", value: (row: number) => 2n ** 64n - 1n - BigInt(from + row) },
      { name: "bool", type: "bool", value: (row: number) => missing(from + row, (from + row) % 2 === 0) },
      { name: "text", type: "text", value: (row: number) => missing(from + row, `é${from + row}`) },
      {
        name: "texts",
        type: "texts",
        value: (row: number) => missing(from + row, row % 2 ? [] : ["a", `${from + row}`]),
      },
      { name: "bools", type: "bools", value: (row: number) => [(from + row) % 2 === 0, true] },
    ] as const,
    kept: () => true,
    note: "",
  });
  for (const [from, rows] of [
    [0, 1000],
    [1000, 3500],
    [4500, 500],
  ] as const)
    await draft.add(every(from, rows));
  const computed = every(0, 0).columns.map(({ name }) => name);
  expect(await draft.publish({ computed, facts: {}, replace: true })).toBe(5000);
  const out = `read_parquet('${join(folder, "carried.out")}', file_row_number = true)`;
  const alike = await query(
    `SELECT count(*) FROM ${out} o JOIN read_parquet('${path}', file_row_number = true) i USING (file_row_number) WHERE ` +
      carried.map((name) => `o.${name} IS NOT DISTINCT FROM i.${name}`).join(" AND "),
  );
  expect(alike).toEqual([["5000"]]);
  const gone = "file_row_number % 7 = 0";
  const wrong = await query(
    `SELECT count(*) FROM (SELECT *, file_row_number r FROM ${out}) WHERE ` +
      [
        `float IS DISTINCT FROM CASE WHEN NOT (${gone}) THEN (r / 4)::FLOAT END`,
        `int IS DISTINCT FROM CASE WHEN NOT (${gone}) THEN -r END`,
        `big IS DISTINCT FROM CASE WHEN NOT (${gone}) THEN r * r * r * r END`,
        "huge IS DISTINCT FROM 18446744073709551615 - r",
        `bool IS DISTINCT FROM CASE WHEN NOT (${gone}) THEN r % 2 = 0 END`,
        `text IS DISTINCT FROM CASE WHEN NOT (${gone}) THEN 'é' || r END`,
        `texts IS DISTINCT FROM CASE WHEN ${gone} THEN NULL WHEN r % 2 = 1 THEN [] ELSE ['a', r::VARCHAR] END`,
        "bools IS DISTINCT FROM [r % 2 = 0, true]",
      ].join(" OR "),
  );
  expect(wrong).toEqual([["0"]]);
});

test("matrices are row-major floats, from floats of either width, whole numbers and texts", async () => {
  const path = await parquet(
    "matrix",
    `SELECT ${Array.from({ length: 9 }, (_, i) => `(range + ${i} / 16)::${i % 2 ? "FLOAT" : "DOUBLE"} AS x_${i}`).join(", ")}, ` +
      "nullif(range, 1)::INTEGER AS n FROM range(3000)",
  );
  const draft = await begin("matrix.out");
  const rows = await draft.openRows({ format: "parquet", path });
  const names = [...Array.from({ length: 9 }, (_, i) => `x_${i}`), "n"];
  const matrixOf = (name: string, columns: readonly string[]) => ({
    name,
    fields: columns.map((column) => field(column, "float")),
  });
  const matrices = [matrixOf("m", names), matrixOf("narrow", ["x_3", "x_1"])];
  const taken: number[] = [];
  const narrow: number[] = [];
  await rows.read({ fields: [field("n", "int")], matrices, from: 1, chunkRows: 700 }, async (chunk) => {
    taken.push(...chunk.matrices["m"]);
    narrow.push(...chunk.matrices["narrow"]);
  });
  const expected = Array.from({ length: 2999 }, (_, i) => i + 1).flatMap((row) => [
    ...Array.from({ length: 9 }, (_, i) => row + i / 16),
    row === 1 ? NaN : row,
  ]);
  expect(taken).toEqual(expected.map(Math.fround));
  const pairs = Array.from({ length: 2999 }, (_, i) => [i + 1 + 3 / 16, i + 1 + 1 / 16]);
  expect(narrow).toEqual(pairs.flat().map(Math.fround));
  await draft.discard();
});

test("a damaged part is made again, and what another key left is removed", async () => {
  const first = await begin("damaged.out");
  for (const from of [0, 2, 4]) await first.add(part(from, 2));
  await first.close();
  const name = `damaged.out.predict-${"a".repeat(16)}`;
  await writeFile(join(folder, name, "part-000001"), "torn");
  const second = await begin("damaged.out");
  expect(second.parts.length).toBe(1);
  await second.close();
  const other = await begin("damaged.out", "abcdef0123456789");
  expect(other.parts).toEqual([]);
  const left = (await readdir(folder)).filter((entry) => entry.startsWith("damaged.out.predict-"));
  expect(left).toEqual(["damaged.out.predict-abcdef0123456789"]);
  await other.discard();
});

test.each(["part-000000", "note.json"])(
  "a draft whose %s cannot be read is neither begun anew nor held",
  async (file) => {
    const draft = await begin("unreadable.out");
    await draft.add(part(0, 2));
    await draft.close();
    const name = join(folder, `unreadable.out.predict-${"a".repeat(16)}`, file);
    const bytes = await readFile(name);
    await rm(name);
    await mkdir(name);
    await expect(begin("unreadable.out")).rejects.toMatchObject({ code: "MW1003" });
    await rm(name, { recursive: true });
    await writeFile(name, bytes);
    const again = await begin("unreadable.out");
    expect(again.parts.length).toBe(1);
    await again.discard();
  },
);

test("a fingerprint differs after every write", async () => {
  const path = join(folder, "print.csv");
  await writeFile(path, "a\n1\n");
  const before = await files.fingerprint(path);
  expect(await files.fingerprint(path)).toBe(before);
  await appendFile(path, "2\n");
  expect(await files.fingerprint(path)).not.toBe(before);
  await expect(files.fingerprint(join(folder, "none"))).rejects.toMatchObject({ code: "MW0201" });
});
