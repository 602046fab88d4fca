import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seededRng } from "../kernel/index.js";
import { halfSipHash } from "./half-sip-hash.js";
import { hashValue, secondHash } from "./value-hash.js";

function hashBytes(bytes: Uint8Array, k1: number, k0 = 0): number {
  const room = new Uint8Array(bytes.length + 4);
  room.set(bytes);
  return halfSipHash(new DataView(room.buffer), bytes.length, { k0, k1 });
}

function bytesOf(value: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return bytes;
}

const codePoints = fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }));

describe("hashValue", () => {
  test("of a text is the hash of its UTF-8", () => {
    fc.assert(
      fc.property(codePoints, (text) => {
        expect(hashValue(text)).toBe(hashBytes(new TextEncoder().encode(text), 2));
      }),
    );
  });

  test.each(["", "\u007f\u0080\u07ff\u0800\uffff\u{10000}\u{10ffff}", "Zürich 駅 🛫", "é".repeat(5000)])(
    "of the text %j is the hash of its UTF-8",
    (text) => {
      expect(hashValue(text)).toBe(hashBytes(new TextEncoder().encode(text), 2));
      expect(hashValue("a")).toBe(hashBytes(Uint8Array.of(97), 2));
    },
  );

  test("tells lone surrogates apart", () => {
    const texts = ["\ud800", "\ud801", "\udc00", "\ud800x", "\ufffd", "\ud800\udc00", "\udc00\ud800"];
    expect(new Set(texts.map(hashValue)).size).toBe(texts.length);
  });

  test("of a number is the hash of its IEEE 754 bits, and −0 is 0", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(hashValue(value)).toBe(hashBytes(bytesOf(value === 0 ? 0 : value), 1));
      }),
    );
    expect(hashValue(-0)).toBe(hashValue(0));
  });

  test("of a number is not that of the text of equal bytes or equal spelling", () => {
    expect(hashValue(0)).not.toBe(hashValue("\0".repeat(8)));
    expect(hashValue(7)).not.toBe(hashValue("7"));
  });

  test("changes every bit with a chance of a half when one bit of the value changes", () => {
    // 64 bits × 500 values a cell: a share is off by 5 standard deviations, 0.5 / √32000 each, or less.
    const rng = seededRng(11);
    const flips = new Array<number>(53).fill(0);
    const rounds = 500;
    const bytes = new DataView(new ArrayBuffer(8));
    for (let round = 0; round < rounds; round++) {
      const value = BigInt(rng.below(1e6));
      for (let bit = 0n; bit < 64n; bit++) {
        const hashes = [value, value ^ (1n << bit)].map((bits) => {
          bytes.setBigUint64(0, bits, true);
          return BigInt(hashBytes(new Uint8Array(bytes.buffer), 1));
        });
        const changed = hashes[0] ^ hashes[1];
        for (let out = 0; out < 53; out++) flips[out] += Number((changed >> BigInt(out)) & 1n);
      }
    }
    for (const count of flips) expect(Math.abs(count / (64 * rounds) - 0.5)).toBeLessThan(0.014);
  });

  test("has a second hash with another key, independent of the first", () => {
    expect(secondHash("a")).toBe(hashBytes(Uint8Array.of(97), 2, 1));
    expect(secondHash(-0)).toBe(hashBytes(bytesOf(0), 1, 1));
    expect(new Set(["a", 7].flatMap((value) => [hashValue(value), secondHash(value)])).size).toBe(4);
  });

  test.each([NaN, Infinity, -Infinity])("refuses %d", (value) => {
    expect(() => hashValue(value)).toThrow(/MW1401/);
  });
});
