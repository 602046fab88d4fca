import type { DuckDBConnection } from "@duckdb/node-api";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  bindPositions,
  bindTable,
  columnsOf,
  compileExpression,
  hourOfDay,
  startOf,
  tableOf,
  type Expression,
  type ExpressionNode,
  type NumberExpression,
  type Operation,
  type Table,
  type Value,
} from "../../kernel/index.js";
import { expressionTrees, treeRows, treeSchema } from "../../kernel/expression-trees.testing.js";
import { operations, operationsIn } from "../../kernel/naive-expression.testing.js";
import { useTestEngine } from "./engine.testing.js";
import { columnValueSql, expressionSql } from "./expression-sql.js";
import { openInstance } from "./session.js";
import { columnsOfSchema, fromCanonical } from "./sql.js";

const f = columnsOf(treeSchema);
const columns = new Map(columnsOfSchema(treeSchema).map((column) => [column.name, columnValueSql(column)]));
const columnSql = (name: string) => columns.get(name) as string;
const opened = useTestEngine();

const rowCount = 300;
let table: Table;
let connection: DuckDBConnection;
let close: () => void;

beforeAll(async () => {
  table = tableOf(treeSchema, fc.sample(treeRows, { seed: 3, numRuns: rowCount }));
  const path = await opened().engine.writeTable(table, treeSchema);
  const instance = await openInstance({ threads: 2, memoryLimit: "1GB", spillFolder: opened().folder });
  connection = await instance.connect();
  await connection.run("SET TimeZone = 'UTC'");
  const rows = `SELECT *, file_row_number AS row FROM ${fromCanonical(path, ", file_row_number = true")}`;
  await connection.run(`CREATE TABLE rows AS ${rows}`);
  close = () => {
    connection.closeSync();
    instance.closeSync();
  };
});

afterAll(() => close());

/** 0 and −0 are one number. */
const plain = (value: Value) => (value === 0 ? 0 : value);

/** Texts cross as the hexadecimal digits of their bytes: the client drops a byte order mark before a text. */
async function valuesInSql(sql: string, isText: boolean): Promise<Value[]> {
  const select = isText ? `hex(encode(${sql}))` : sql;
  const result = await connection.runAndReadAll(`SELECT ${select} AS value FROM rows ORDER BY row`);
  if (!isText) expect(["DOUBLE", "VARCHAR"]).toContain(String(result.columnTypes()[0]));
  return result
    .getRows()
    .map(([value]) =>
      isText && value !== null ? Buffer.from(String(value), "hex").toString() : plain(value as Value),
    );
}

async function expectEqual(node: ExpressionNode, sql: string): Promise<void> {
  const expected = valuesInProcess(node);
  const isText = expected.some((value) => typeof value === "string");
  expect(await valuesInSql(sql, isText)).toEqual(expected);
}

function valuesInProcess(node: ExpressionNode): Value[] {
  const read = compileExpression(node, bindTable(table));
  return Array.from({ length: rowCount }, (_, row) => plain(read(row)));
}

describe("the SQL of an expression", () => {
  test.each([
    ["with nothing but columns and constants in it", 1, 100],
    ["of any depth", undefined, 100],
  ] as const)("gives on every row what the evaluator gives: %s", async (_, maxDepth, numRuns) => {
    const property = fc.asyncProperty(expressionTrees("sql", maxDepth), async (node) => {
      const sql = expressionSql(node, columnSql);
      fc.pre(sql !== undefined);
      await expectEqual(node, sql);
    });
    await fc.assert(property, { numRuns });
  });

  test("gives what the evaluator gives where DuckDB by itself would not", async () => {
    const traps: Expression[] = [
      ...[
        f.x.modulo(3),
        f.x.modulo(-3),
        f.x.modulo(f.n),
        f.x.modulo(0),
        f.x.dividedBy(f.n),
        f.n.dividedBy(2),
      ],
      ...[f.x.round(), f.x.round(2), f.x.dividedBy(2).floor(), f.x.atLeast(f.n), f.x.atMost(0), f.x.sqrt()],
      ...[f.x.times(f.x).isNull(), f.x.times(f.x).eq(f.x.times(f.x)), f.x.plus(0.1).plus(0.2).eq(0.3)],
      ...[f.word.length(), f.word.slice(1, 3), f.word.trim(), f.word.toNumber(), f.word.contains("")],
      ...[f.yes.and(f.n.gt(0)), f.yes.then(f.n, 0), f.n.nullIf(f.x), f.x.bucket([-1, 0, 1]), f.x.sign()],
    ];
    for (const { node } of traps) await expectEqual(node, expressionSql(node, columnSql) as string);
  });

  test("gives the starts of units from the very first of them in the range of times", async () => {
    const stepMs = 120_000_000;
    const early = (row: number) => -8.64e15 + row * stepMs;
    const sqlOfRow = `(-8.64e15::DOUBLE + row * ${stepMs})`;
    for (const unit of ["minute", "hour", "day", "week", "month", "quarter", "year"] as const) {
      const { node } = startOf(f.at, { unit });
      const read = compileExpression(node, bindPositions(["at"]));
      const expected = Array.from({ length: rowCount }, (_, row) => read([early(row)]));
      expect(expected.filter((value) => value !== null).length).toBeGreaterThan(20);
      expect(await valuesInSql(expressionSql(node, () => sqlOfRow) as string, false)).toEqual(expected);
    }
  });

  test("is a number or a text on every row, whatever the constants in it", async () => {
    const property = fc.asyncProperty(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.string({ unit: "binary" }),
      async (number, text) => {
        const constants = f.yes.then(f.x, number).eq(number).then(text, f.word.concat(text));
        await expectEqual(constants.node, expressionSql(constants.node, columnSql) as string);
      },
    );
    await fc.assert(property, { numRuns: 30 });
  });

  test("covers every operation but those that DuckDB has in no exact form", () => {
    const others: Operation[] = ["pow", "exp", "ln", "log10", "toText", "hash", "lower", "upper", "local"];
    const sample = fc.sample(expressionTrees("sql"), { seed: 1, numRuns: 2_000 });
    const used = new Set(sample.flatMap(operationsIn));
    expect(new Set([...used, ...others])).toEqual(new Set(operations));
    const without = sample.filter((node) => expressionSql(node, columnSql) === undefined);
    expect(without.length).toBeLessThan(sample.length * 0.1);
  });

  test("is none with an operation that DuckDB has in no exact form, wherever it stands", () => {
    const zone = "Europe/Berlin";
    const without: Expression[] = [
      ...[
        f.x.power(2),
        f.x.exp(),
        f.x.ln(),
        f.x.log10(),
        f.x.toText(),
        f.word.hash(9),
        f.word.lower(),
        f.word.upper(),
      ],
      ...[hourOfDay(f.at, { zone }), startOf(f.at, { unit: "day", zone }), f.yes.then(f.x.exp().plus(1), 0)],
    ];
    expect(without.map(({ node }) => expressionSql(node, columnSql))).toEqual(without.map(() => undefined));
  });

  test("is none when it would be too long or too deep for the engine", () => {
    const nest = (times: number, around: (inner: NumberExpression) => NumberExpression) =>
      Array.from({ length: times }).reduce<NumberExpression>(around, f.x);
    const deep = nest(200, (inner) => inner.floor());
    const long = nest(30, (inner) => f.n.dividedBy(inner.plus(1)));
    expect([deep, long].map(({ node }) => expressionSql(node, columnSql))).toEqual([undefined, undefined]);
  });

  test("checks once for what is not finite, at the end of a chain", () => {
    const available = f.at.plus(f.n.times(8_000)).plus("30m");
    expect(expressionSql(available.node, (name) => name)).toBe(
      "CASE WHEN isfinite(((at + (n * (8000e0))) + (1800000e0))) THEN ((at + (n * (8000e0))) + (1800000e0)) END",
    );
    expect(expressionSql(f.n.gt(15).node, (name) => name)).toBe("((n > (15e0)))::DOUBLE");
  });
});
