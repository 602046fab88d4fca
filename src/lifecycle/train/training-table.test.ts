import fc from "fast-check";
import { expect, test } from "vitest";
import { t, tableOf, type Table, type Value } from "../../kernel/index.js";
import { contentHash } from "./training-table.js";

const schema = { number: t.float().optional(), text: t.string().optional() };
const row = fc.tuple(
  fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0)),
  fc.option(fc.constantFrom("a", "b", "", "ab")),
);

/** The same rows over a dictionary of another order, with texts that no row has. */
function coded(table: Table): Table {
  const { text } = table.columns;
  if (text.kind === "number") throw new TypeError("no texts");
  const dictionary = ["unused", ...text.dictionary.toReversed()];
  const codes = text.codes.map((code) => (code < 0 ? -1 : dictionary.indexOf(text.dictionary[code])));
  return { ...table, columns: { ...table.columns, text: { kind: "text", codes, dictionary } } };
}

test("equal rows have one hash, however their texts are coded; others have another", () => {
  const rows = fc.array(row, { maxLength: 8 });
  fc.assert(
    fc.property(rows, rows, (left: Value[][], right: Value[][]) => {
      const [a, b] = [left, right].map((rows) => tableOf(schema, rows));
      expect(contentHash(coded(a), schema)).toBe(contentHash(a, schema));
      expect(contentHash(a, schema) === contentHash(b, schema)).toBe(
        JSON.stringify(left) === JSON.stringify(right),
      );
    }),
    {
      examples: [
        [[[0, "a"]], [[0, null]]],
        [
          [
            [1, "a"],
            [2, "b"],
          ],
          [
            [1, "b"],
            [2, "a"],
          ],
        ],
      ],
    },
  );
});

test("names, types and the order of columns count", () => {
  const table = tableOf(schema, [[1, "a"]]);
  const { number, text } = schema;
  const others = [
    { text, number },
    { number: t.int(), text },
  ];
  const hashes = [schema, ...others].map((one) => contentHash(table, one));
  const renamed = { rowCount: 1, columns: { numbers: table.columns.number, text: table.columns.text } };
  hashes.push(contentHash(renamed, { numbers: number, text }));
  expect(new Set(hashes).size).toBe(4);
});
