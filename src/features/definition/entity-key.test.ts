import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bindPositions, bindTable, t, tableOf, type Value } from "../../kernel/index.js";
import { compileKey, entityKey, keyCodes } from "./entity-key.js";

/** Texts of the characters that encodings give a meaning to. */
const text = fc.string({
  unit: fc.constantFrom(",", '"', "[", "]", "\\", "0", "1", "-", " ", "\ud83d"),
  maxLength: 3,
});
const number = fc.oneof(fc.constantFrom(0, -0, 1, 10, 11, -1, 2 ** 53), fc.integer({ min: -20, max: 20 }));
const part: fc.Arbitrary<Value> = fc.oneof(text, text, number, fc.constant(null));

const samePart = (a: Value, b: Value) => a === b;
const hasNull = (parts: readonly Value[]) => parts.includes(null);

describe("a key of several parts", () => {
  test("is that of the same parts and of no others", () => {
    const pair = fc.integer({ min: 2, max: 3 }).chain((length) => {
      const parts = fc.array(part, { minLength: length, maxLength: length });
      return fc.tuple(parts, parts);
    });
    const property = fc.property(pair, ([a, b]) => {
      if (hasNull(a)) expect(entityKey(a)).toBeNull();
      if (hasNull(a) || hasNull(b)) return;
      const same = a.every((value, i) => samePart(value, b[i]));
      expect(entityKey(a) === entityKey(b)).toBe(same);
    });
    fc.assert(property, { numRuns: 5_000 });
  });

  test.each([
    [
      ["a", "bc"],
      ["ab", "c"],
    ],
    [
      ["", ","],
      [",", ""],
    ],
    [
      ['a","b', "c"],
      ["a", 'b","c'],
    ],
    [
      ["1", 23],
      [1, "23"],
    ],
    [
      [1, 23],
      [12, 3],
    ],
    [
      ["[]", ""],
      ["", "[]"],
    ],
    [
      ["\\", '"'],
      ['\\"', ""],
    ],
    [
      ["null", "a"],
      ["a", "null"],
    ],
  ])("keeps %j and %j apart", (a, b) => {
    expect(entityKey(a)).not.toBe(entityKey(b));
  });

  test("knows one zero", () => {
    expect(entityKey([-0, "a"])).toBe(entityKey([0, "a"]));
    expect(entityKey([-0])).toBe(entityKey([0]));
  });
});

describe("the keys of a table", () => {
  const schema = { place: t.string().optional(), number: t.int().optional(), word: t.string().optional() };
  const row = fc.tuple(
    fc.option(text, { nil: null, freq: 6 }),
    fc.option(number, { nil: null, freq: 6 }),
    fc.option(text, { nil: null, freq: 6 }),
  );

  test("are those of its rows one by one, each distinct key coded once", () => {
    const columns = fc
      .subarray(Object.keys(schema), { minLength: 1 })
      .chain((chosen) => fc.shuffledSubarray(chosen, { minLength: chosen.length }));
    const property = fc.property(fc.array(row, { maxLength: 60 }), columns, (rows, names) => {
      const table = tableOf(schema, rows);
      const { codes, texts } = keyCodes(names.map((name) => table.columns[name]));
      const coded = Array.from(codes, (code) => (code < 0 ? null : texts[code]));
      const ofRecord = compileKey(names, bindPositions(Object.keys(schema)));
      expect(coded).toEqual(rows.map(ofRecord));
      const ofRow = compileKey(names, bindTable(table));
      expect(coded).toEqual(rows.map((_, i) => ofRow(i)));
      expect(new Set(texts).size).toBe(texts.length);
    });
    fc.assert(property, { numRuns: 500 });
  });
});
