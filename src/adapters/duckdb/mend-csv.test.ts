import { beforeAll, describe, expect, it } from "vitest";
import { csv, type SourceLocation, type TableEngine } from "../../data/index.js";
import { t, type Schema } from "../../kernel/index.js";
import { rowsOf, useTestEngine, type TestEngine } from "./engine.testing.js";

let engine: TableEngine;
let writeText: TestEngine["writeText"];
const opened = useTestEngine();
beforeAll(() => {
  ({ engine, writeText } = opened());
});

async function stageRows(location: SourceLocation, schema: Schema) {
  const staged = await engine.stage(location, schema);
  const rows = rowsOf(await engine.readTable(staged.path, schema));
  expect(rows.length).toBe(staged.rowCount);
  await engine.discard(staged.path);
  return { rows, rejects: staged.rejects };
}

describe("stage", () => {
  const letters = { i: t.int(), s: t.string() };
  const bad = (row: number, reason: string, text: string) => ({ row, reason, text });

  it.each([
    ["too many fields", "2,b,c,d", "expected 2 fields, found 4"],
    ["too few fields", "2", "expected 2 fields, found 1"],
    ["a field behind the last", "2,b,", "expected 2 fields, found 3"],
    ["an open quote", '2,"b', "expected 2 fields, found a quote that does not close as it should"],
    [
      "an open quote before quotes",
      '2,"b,x',
      "expected 2 fields, found a quote that does not close as it should",
    ],
    ["text behind a quote", '2,"b"x', "expected 2 fields, found a quote that does not close as it should"],
  ])("sets aside a CSV row with %s, and reads the others", async (_, line, reason) => {
    const path = await writeText("rows.csv", `i,s\n1,"a\na"\n\n${line}\n3,"c"\r\n4,d`);
    expect(await stageRows(csv(path), letters)).toEqual({
      rows: [
        [1, "a\na"],
        [null, null],
        [3, "c"],
        [4, "d"],
      ],
      rejects: [bad(1, `line 5: ${reason}`, line)],
    });
  });

  it("sets aside CSV rows far behind DuckDB's sample, beside values that cannot be read", async () => {
    const lines = Array.from({ length: 60_000 }, (_, i) => `${i},"a ""quoted"" text, ${i}"`);
    lines[100] = 'soon,"b"';
    lines[30_000] = "30000";
    lines[59_999] = '59999,"open';
    const path = await writeText("far.csv", `i,s\n${lines.join("\n")}\n`);
    const { rows, rejects } = await stageRows(csv(path), letters);
    expect([rows.length, rows[59_998]]).toEqual([60_000, [59_998, 'a "quoted" text, 59998']]);
    expect(rejects).toEqual([
      { row: 100, column: "i", found: "soon" },
      bad(30_000, "line 30002: expected 2 fields, found 1", "30000"),
      bad(
        59_999,
        "line 60001: expected 2 fields, found a quote that does not close as it should",
        '59999,"open',
      ),
    ]);
    const few = await stageRows(csv(path, { rows: 30_000 }), letters);
    expect([few.rows.length, few.rejects.length]).toEqual([30_000, 1]);
  });

  it("sets aside CSV rows with a delimiter of its own, and of one column", async () => {
    const path = await writeText("own-bad.csv", "i;s\n1;a\n2;b;c\n");
    expect((await stageRows(csv(path, { delimiter: ";" }), letters)).rejects).toEqual([
      bad(1, "line 3: expected 2 fields, found 3", "2;b;c"),
    ]);
    const one = await writeText("one-bad.csv", "\uFEFFs\na\n\nb,c\n");
    expect(await stageRows(csv(one), { s: t.string() })).toEqual({
      rows: [["a"], [null], [null]],
      rejects: [bad(2, "line 4: expected 1 field, found 2", "b,c")],
    });
  });
});
