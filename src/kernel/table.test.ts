import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { t } from "./schema.js";
import { concatenateTables, tableOf, textColumn, valueAt, type Table, type Value } from "./table.js";

const schema = { at: t.timestamp(), n: t.float().optional(), ok: t.bool(), name: t.string().optional() };

const rows = fc.array(
  fc.tuple(
    fc.integer(),
    fc.option(fc.double({ noNaN: true })),
    fc.nat(1),
    fc.option(fc.constantFrom("a", "", "b", "__proto__")),
  ),
  { maxLength: 20 },
);

const valuesOf = (table: Table): Value[][] =>
  Array.from({ length: table.rowCount }, (_, row) =>
    Object.values(table.columns).map((column) => valueAt(column, row)),
  );

describe("a table", () => {
  test("gives back the rows it was made of", () => {
    const property = fc.property(rows, (given) => {
      expect(valuesOf(tableOf(schema, given))).toEqual(given);
    });
    fc.assert(property);
  });

  test("behind another has the rows of both, each text once in the dictionary", () => {
    const property = fc.property(rows, rows, (first, second) => {
      const both = concatenateTables(tableOf(schema, first), tableOf(schema, second));
      expect(valuesOf(both)).toEqual([...first, ...second]);
      const { name } = both.columns;
      const dictionary = name.kind === "text" ? name.dictionary : [];
      expect(new Set(dictionary).size).toBe(dictionary.length);
    });
    fc.assert(property);
  });

  test("does not join columns of different kinds", () => {
    const numbers = tableOf({ x: t.int() }, [[1]]);
    const texts = tableOf({ x: t.string() }, [["a"]]);
    expect(() => concatenateTables(numbers, texts)).toThrow(TypeError);
    expect(() => concatenateTables(texts, numbers)).toThrow(TypeError);
  });
});

test("a text column codes texts in order of first appearance and null as −1", () => {
  const { codes, dictionary } = textColumn(["b", null, "a", "b", ""]);
  expect([...codes]).toEqual([0, -1, 1, 0, 2]);
  expect(dictionary).toEqual(["b", "a", ""]);
});
