import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hashText, murmur3 } from "./murmur3.js";
import { naiveMurmur3 } from "./naive-expression.testing.js";

describe("the hash", () => {
  test("has the verification value that SMHasher publishes for Murmur3A", () => {
    // The hashes of {}, {0}, {0, 1}, … with seeds 256, 255, 254, …, themselves hashed with seed 0.
    const hashes = new DataView(new ArrayBuffer(1024));
    for (let length = 0; length < 256; length++) {
      const key = Uint8Array.from({ length }, (_, i) => i);
      hashes.setUint32(length * 4, murmur3(key, 256 - length), true);
    }
    expect(murmur3(new Uint8Array(hashes.buffer))).toBe(0xb0f57ee3);
  });

  test("of texts is that of their UTF-8 bytes, as published for seed 0", () => {
    expect(hashText("")).toBe(0);
    expect(hashText("test")).toBe(0xba6bd213);
    expect(hashText("Hello, world!")).toBe(0xc0363e43);
    expect(hashText("The quick brown fox jumps over the lazy dog")).toBe(0x2e4ff723);
  });

  test("equals the algorithm in big integers on every text, long ones too", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.string({ unit: "binary", minLength: 1300, maxLength: 1500 }),
    );
    const property = fc.property(text, (given) => {
      expect(hashText(given)).toBe(naiveMurmur3(Buffer.from(given, "utf8")));
    });
    fc.assert(property, { numRuns: 200 });
  });
});
