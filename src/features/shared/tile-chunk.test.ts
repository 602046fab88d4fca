import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chunkOf, chunkSpan, createChunkReader, writeChunk } from "./tile-chunk.js";
import { distinct, sum } from "../definition/aggregation.js";
import { viewOf } from "../proof/one-key.testing.js";

const span = 8;
const tiles = fc.array(fc.option(fc.uint8Array({ maxLength: 20 }), { nil: undefined }), {
  minLength: span,
  maxLength: span,
});

function readAll(bytes: Uint8Array): (Uint8Array | undefined)[] {
  const found = new Array<Uint8Array | undefined>(span).fill(undefined);
  const reader = createChunkReader(span);
  reader.open(bytes);
  while (reader.next()) found[reader.place] = Uint8Array.from(reader.bytes.subarray(reader.at, reader.end));
  return found;
}

describe("a chunk", () => {
  test("gives its tiles back, wherever its bytes lie in memory", () => {
    const property = fc.property(tiles, fc.nat(9), (given, offset) => {
      const bytes = writeChunk(given);
      const moved = new Uint8Array(bytes.length + offset).subarray(offset);
      moved.set(bytes);
      expect(readAll(moved)).toEqual(given);
    });
    fc.assert(property);
  });

  test("cut inside a tile, or grown, it is refused", () => {
    const property = fc.property(tiles, fc.nat(), (given, at) => {
      const bytes = writeChunk(given);
      const ends = new Set(given.map((_, place) => writeChunk(given.slice(0, place)).length));
      const cut = at % bytes.length;
      if (!ends.has(cut)) expect(() => readAll(bytes.subarray(0, cut))).toThrow(/MW0305 tile damaged/);
      expect(() => readAll(Uint8Array.from([...bytes, 0]))).toThrow(/MW0305 tile damaged/);
    });
    fc.assert(property);
  });

  test("of another format, out of order, or of a larger span it is refused", () => {
    const tile = Uint8Array.of(5);
    const [first, second] = [
      [1, 1, 0, 0, 0, 5],
      [2, 1, 0, 0, 0, 5],
    ] as const;
    expect(writeChunk([undefined, tile, tile])).toEqual(Buffer.from([2, ...first, ...second]));
    for (const bytes of [
      [],
      [1],
      [1, ...first],
      [2, ...second, ...first],
      [2, ...first, ...first],
      [2, span, 0, 0, 0, 0],
    ]) {
      expect(() => readAll(Uint8Array.from(bytes))).toThrow(/MW0305 tile damaged/);
    }
  });
});

test("buckets before 1970 have chunks as well", () => {
  expect([-9, -8, -1, 0, 7, 8].map((bucket) => chunkOf(bucket, 8))).toEqual([-2, -1, -1, 0, 0, 1]);
});

test("a chunk holds fewer tiles where they have sketches", () => {
  const spans = [
    viewOf((f) => ({ total: sum(f.v).over("1h") })),
    viewOf((f) => ({ words: distinct(f.word).over("1h") })),
  ].map(({ plan }) => chunkSpan(plan));
  expect(spans).toEqual([16, 2]);
});
