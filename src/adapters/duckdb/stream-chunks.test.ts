import { describe, expect, test } from "vitest";
import { t } from "../../kernel/index.js";
import { useTestEngine } from "./engine.testing.js";

const opened = useTestEngine();

const schema = {
  at: t.timestamp().optional(),
  i: t.int().optional(),
  f: t.float().optional(),
  b: t.bool().optional(),
  s: t.string(),
};

/** Many of DuckDB's chunks; one row in seven or more is null. */
const rowCount = 20_001;
const select = `SELECT CASE WHEN n % 7 > 0 THEN make_timestamp_ms(n * 1000) END AS at,
  CASE WHEN n % 7 > 1 THEN n END AS i, CASE WHEN n % 7 > 2 THEN n / 4.0 END::DOUBLE AS f,
  CASE WHEN n % 7 > 3 THEN n % 2 = 0 END AS b, 'x' AS s FROM range(${rowCount}) rows(n)`;

async function absolute(name: string): Promise<string> {
  return `${opened().folder}/${await opened().writeParquet(name, select)}`;
}

describe("numbers of a file", () => {
  test("come as they were asked for, in the order of the file, NaN for null", async () => {
    const numbers = await opened().engine.streamNumbers(await absolute("n.parquet"), schema, [
      ...["f", "at", "b", "i"],
    ]);
    const read: number[][] = [[], [], [], []];
    for (let next = await numbers.next(); next !== undefined; next = await numbers.next()) {
      next.forEach((value, i) => read[i % read.length].push(value));
    }
    await numbers.close();
    const expected = (value: (n: number) => number, nulls: number) =>
      Array.from({ length: rowCount }, (_, n) => (n % 7 > nulls ? value(n) : NaN));
    expect(read[0]).toEqual(expected((n) => n / 4, 2));
    expect(read[1]).toEqual(expected((n) => n * 1_000, 0));
    expect(read[2]).toEqual(expected((n) => (n % 2 === 0 ? 1 : 0), 3));
    expect(read[3]).toEqual(expected((n) => n, 1));
  });

  test("need not be read to the end", async () => {
    const { engine } = opened();
    const path = await absolute("half.parquet");
    const numbers = await engine.streamNumbers(path, schema, ["i"]);
    const first = await numbers.next();
    expect(first?.[2]).toBe(2);
    await numbers.close();
    const unread = await engine.streamNumbers(path, schema, ["i"]);
    await unread.close();
    expect((await engine.readTable(path, schema, { columns: ["i"] })).rowCount).toBe(rowCount);
  });

  test("are asked for by columns of the schema, of a file that is there", async () => {
    const { engine, folder } = opened();
    await expect(engine.streamNumbers("n.parquet", schema, ["ii"])).rejects.toMatchObject({ code: "MW0208" });
    await expect(engine.streamNumbers(`${folder}/none.parquet`, schema, ["i"])).rejects.toMatchObject({
      code: "MW0211",
    });
  });
});
