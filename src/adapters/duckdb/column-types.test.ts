import { beforeAll, describe, expect, it } from "vitest";
import { csv, json, parquet, type SourceLocation, type TableEngine } from "../../data/index.js";
import { t, type Schema } from "../../kernel/index.js";
import { rowsOf, useTestEngine, type TestEngine } from "./engine.testing.js";

let engine: TableEngine;
let writeParquet: TestEngine["writeParquet"];
let writeText: TestEngine["writeText"];
const opened = useTestEngine();
beforeAll(() => {
  ({ engine, writeParquet, writeText } = opened());
});

async function stageRows(location: SourceLocation, schema: Schema) {
  const staged = await engine.stage(location, schema);
  const rows = rowsOf(await engine.readTable(staged.path, schema));
  expect(rows.length).toBe(staged.rowCount);
  await engine.discard(staged.path);
  return { rows, rejects: staged.rejects };
}

describe("stage", () => {
  it("keeps whole numbers that are too large for a column as their texts", async () => {
    const texts = ["9007199254740991", "9007199254740993", "-9007199254740992"];
    const lines = await writeText("large.csv", `i\n${texts.join("\n")}\n`);
    const objects = await writeText("large.json", texts.map((text) => `{"i":${text}}`).join("\n"));
    const typed = await writeParquet(
      "large.parquet",
      `SELECT unnest([${texts.map((text) => `${text}::BIGINT`).join(", ")}]) AS i`,
    );
    for (const location of [csv(lines), json(objects), parquet(typed)]) {
      expect(await stageRows(location, { i: t.int() })).toEqual({
        rows: [[9007199254740991], [null], [null]],
        rejects: [
          { row: 1, column: "i", found: "9007199254740993" },
          { row: 2, column: "i", found: "-9007199254740992" },
        ],
      });
    }
  });

  it("takes nan for missing where a value may be missing, and nowhere else", async () => {
    const path = await writeText("nan.csv", "need,may\n1,NaN\nnan,2\n");
    expect(await stageRows(csv(path), { need: t.float(), may: t.float().optional() })).toEqual({
      rows: [
        [1, null],
        [null, 2],
      ],
      rejects: [{ row: 1, column: "need", found: "nan" }],
    });
  });
});
