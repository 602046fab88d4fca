import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { count, distinct, last, max, quantile, std, sum, topValue } from "../definition/aggregation.js";
import { cellAlgebras } from "./cell-algebra.js";
import { viewOf } from "../proof/one-key.testing.js";
import { sketchAlgebras, type Sketch } from "./sketch-algebra.js";
import { cellOperations, sketchOperations } from "./slots.js";
import { asBuffer, createTileCodec, viewOf as viewOfBytes, type Tile } from "./tile-codec.js";
import { readMeta, writeMeta } from "../shared/tile-meta.js";

const plain = viewOf((f) => ({
  n: count().over("1h"),
  total: sum(f.v).over("2d"),
  most: max(f.v).over("1h"),
}));
const rich = viewOf((f) => ({
  n: count().over("1h"),
  spread: std(f.v).over("1h"),
  last: last(f.v).over("2h"),
  word: last(f.word).over("2h"),
  words: distinct(f.word).over("1h"),
  median: quantile(f.v, 0.5).over("1h"),
  top: topValue(f.word).over("1h"),
}));

/** Sketches of some values, or none. */
function sketchOf(
  operation: keyof typeof sketchAlgebras,
  values: readonly number[] | null,
): Sketch | undefined {
  if (values === null) return undefined;
  const sketch: Sketch = sketchAlgebras[operation]();
  for (const value of values) sketch.add(operation === "quantiles" ? value : `${value} é "`, value);
  return sketch;
}

/** `toEqual` tells 0 from −0. */
const shown = ({ cells, sketches }: Tile) => ({
  cells: [...cells],
  sketches: sketches.map((sketch) => sketch?.toJson()),
});

describe.each([
  ["cells alone", plain],
  ["cells and sketches", rich],
])("a tile with %s", (_, view) => {
  const codec = createTileCodec(view.plan);
  const operations = sketchOperations(view.plan);
  const width = view.plan.identity.length;
  /** The cells of real events. */
  function eventsOf(given: readonly number[]): number[] {
    const { cellAt, identity } = view.plan;
    const tile = identity.slice();
    cellOperations(view.plan).forEach((operation, slot) => {
      for (const value of given) {
        cellAlgebras[operation].add(tile, cellAt[slot], { value, timeMs: startMs + 1000 * Math.abs(value) });
      }
    });
    return [...tile];
  }
  const startMs = 1_704_067_200_000;
  // Any double, and what tiles hold: nothing, whole numbers of every width, times, halves of wide numbers.
  const cell = fc.oneof(
    fc.double(),
    fc.constantFrom(0, -0, NaN, Infinity, -Infinity),
    fc.constantFrom(...[7, 15, 31, 50, 53].flatMap((bits) => [-1, 0, 1].map((near) => 2 ** bits + near))),
    fc.constantFrom(...[7, 15, 31].flatMap((bits) => [-1, 0, 1].map((near) => near - 2 ** bits))),
    fc.integer({ min: -300, max: 300 }),
    fc.integer({ min: startMs, max: startMs + 86_400_000 }),
  );
  // A cell by itself, all from one of few: then whole groups are narrow, equal or empty.
  const cells = fc.oneof(
    fc.array(cell, { minLength: width, maxLength: width }),
    fc
      .tuple(cell, cell)
      .chain((few) => fc.array(fc.constantFrom(...few), { minLength: width, maxLength: width })),
    fc.array(fc.integer({ min: -9, max: 99 }), { minLength: 1, maxLength: 40 }).map(eventsOf),
  );
  const tiles = fc
    .record({
      cells,
      values: fc.array(fc.option(fc.array(fc.integer({ min: -5, max: 400 }), { maxLength: 9 })), {
        minLength: operations.length,
        maxLength: operations.length,
      }),
    })
    .map(({ cells, values }): Tile => ({
      cells: Float64Array.from(cells),
      sketches: operations.map((operation, s) => sketchOf(operation, values[s])),
    }));

  test("comes back from its bytes bit by bit, wherever they lie in memory", () => {
    const property = fc.property(tiles, fc.nat(9), (tile, offset) => {
      const bytes = codec.encode(tile, startMs);
      const moved = new Uint8Array(bytes.length + offset).subarray(offset);
      moved.set(bytes);
      expect(shown(codec.decode(moved, startMs))).toEqual(shown(tile));
    });
    fc.assert(property);
  });

  test("is read into a block beside others, the wanted sketches alone", () => {
    const property = fc.property(tiles, (tile) => {
      const target = {
        cells: new Float64Array(3 * width).fill(7),
        at: width,
        startMs,
        sketches: [] as (Sketch | undefined)[],
        sketchAt: 1,
        wanted: operations.map((_, s) => s === 0),
      };
      const bytes = asBuffer(codec.encode(tile, startMs));
      codec.decodeInto({ bytes, view: viewOfBytes(bytes), at: 0, end: bytes.length }, target);
      expect(shown({ cells: target.cells.subarray(width, 2 * width), sketches: [] })).toEqual(
        shown({ cells: tile.cells, sketches: [] }),
      );
      expect([target.cells[width - 1], target.cells[2 * width]]).toEqual([7, 7]);
      expect(target.sketches.slice(1).map((sketch) => sketch?.toJson())).toEqual(
        tile.sketches.map((sketch, s) => (s === 0 ? sketch?.toJson() : undefined)),
      );
    });
    fc.assert(property);
  });

  test("cut, grown, or with a value of no width it is refused", () => {
    const property = fc.property(tiles, fc.nat(), (tile, at) => {
      const bytes = codec.encode(tile, startMs);
      const damaged = { code: "MW0305", row: { exit: 3 } };
      const refused = (given: Uint8Array) => {
        let error: unknown;
        try {
          codec.decode(given, startMs);
        } catch (caught) {
          error = caught;
        }
        expect(error).toMatchObject(damaged);
      };
      refused(bytes.subarray(0, at % bytes.length));
      refused(Uint8Array.from([...bytes, 0]));
      refused(Uint8Array.from([3, ...bytes.subarray(1)]));
      refused(new Uint8Array(0));
    });
    fc.assert(property);
  });
});

test("a tile whose sketch is not what a sketch writes is refused", () => {
  const codec = createTileCodec(rich.plan);
  const [operation] = sketchOperations(rich.plan);
  expect(cellOperations(rich.plan).length).toBeGreaterThan(2);
  const empty = rich.plan.identity.slice();
  const tile = (json: string): Uint8Array => {
    const sketch = { ...sketchAlgebras[operation](), toJson: () => JSON.parse(json) as never };
    return codec.encode({ cells: empty, sketches: sketchOperations(rich.plan).map(() => sketch) }, 0);
  };
  expect(() => codec.decode(tile('{"no":1}'), 0)).toThrow(/MW0305 tile damaged.*a sketch of/);
  const bytes = Buffer.from(tile('"text"'));
  bytes.write("{", bytes.lastIndexOf('"text"'));
  expect(() => codec.decode(bytes, 0)).toThrow(/MW0305/);
});

describe("what tiles rest on", () => {
  const partition = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("__proto__", "constructor", ""));
  const entry = fc.record({
    sequence: fc.nat(),
    beforeMs: fc.oneof(
      fc.integer(),
      fc.double({ min: -8.64e15, max: 8.64e15, noNaN: true }).map((ms) => ms + 0),
    ),
  });

  test("comes back from its text, and no two have one text", () => {
    const property = fc.property(
      fc.uniqueArray(fc.tuple(partition, entry), { selector: ([name]) => name }),
      (all) => {
        const meta = Object.fromEntries(all);
        expect(readMeta(writeMeta(meta))).toEqual(meta);
      },
    );
    fc.assert(property);
    expect(readMeta(undefined)).toEqual({});
  });

  test.each([
    "",
    "2",
    // Of another format.
    '{"a":[1,2]}',
    '1{"a":[1,2]}',
    "2null",
    "25",
    '2{"a":1}',
    '2{"a":[1]}',
    '2{"a":["1",2]}',
    '2{"a":[1.5,2]}',
    '2{"a":[1,null]}',
    '2{"a":[1,2]',
  ])("is refused when it is %j", (text) => {
    expect(() => readMeta(text)).toThrow(/MW0305 tile damaged/);
  });
});
