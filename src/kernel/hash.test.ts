import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalHash, canonicalJson, sha256, type Canonical } from "./hash.js";

/** The number whose IEEE 754 bits are written in hexadecimal. */
const ieee = (hex: string) => Buffer.from(hex, "hex").readDoubleBE();

describe("canonical JSON", () => {
  test("writes the example of RFC 8785, section 3.2.2", () => {
    const value = {
      numbers: [333333333.3333333, 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"/",
      literals: [null, true, false],
    };
    expect(canonicalJson(value)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  test("sorts the keys of RFC 8785, section 3.2.3, by their UTF-16 code units", () => {
    const value = {
      "\u20ac": "Euro Sign",
      "\r": "Carriage Return",
      "\ufb33": "Hebrew Letter Dalet With Dagesh",
      "1": "One",
      "\ud83d\ude00": "Emoji: Grinning Face",
      "\u0080": "Control",
      "\u00f6": "Latin Small Letter O With Diaeresis",
    };
    const inOrder = [...canonicalJson(value).matchAll(/:"([^"]*)"/g)].map(([, text]) => text);
    expect(inOrder).toEqual([
      "Carriage Return",
      "One",
      "Control",
      "Latin Small Letter O With Diaeresis",
      "Euro Sign",
      "Emoji: Grinning Face",
      "Hebrew Letter Dalet With Dagesh",
    ]);
  });

  test.each([
    ["0000000000000000", "0"],
    ["8000000000000000", "0"],
    ["0000000000000001", "5e-324"],
    ["8000000000000001", "-5e-324"],
    ["7fefffffffffffff", "1.7976931348623157e+308"],
    ["4340000000000000", "9007199254740992"],
    ["4430000000000000", "295147905179352830000"],
    ["44b52d02c7e14af5", "9.999999999999997e+22"],
    ["44b52d02c7e14af6", "1e+23"],
    ["44b52d02c7e14af7", "1.0000000000000001e+23"],
    ["444b1ae4d6e2ef4e", "999999999999999700000"],
    ["444b1ae4d6e2ef50", "1e+21"],
    ["3eb0c6f7a0b5ed8c", "9.999999999999997e-7"],
    ["3eb0c6f7a0b5ed8d", "0.000001"],
    ["41b3de4355555554", "333333333.33333325"],
    ["becbf647612f3696", "-0.0000033333333333333333"],
    ["43143ff3c1cb0959", "1424953923781206.2"],
  ])("writes the number %s as RFC 8785, appendix B, does: %s", (hex, text) => {
    expect(canonicalJson(ieee(hex))).toBe(text);
  });

  test("says the same value, and the same bytes in whatever order keys were given", () => {
    const property = fc.property(fc.jsonValue(), (value) => {
      const text = canonicalJson(value);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      expect(canonicalJson(reversed(value as Canonical))).toBe(text);
    });
    fc.assert(property);
  });

  test("leaves undefined members out, and keeps the key __proto__", () => {
    expect(canonicalJson({ b: undefined, a: 1 })).toBe('{"a":1}');
    expect(canonicalJson(JSON.parse('{"__proto__":1}') as Canonical)).toBe('{"__proto__":1}');
    expect(canonicalJson(Object.create(null) as Canonical)).toBe("{}");
  });

  test.each([
    ["NaN", NaN],
    ["an infinite number", -Infinity],
    ["a function", () => 1],
    ["a symbol", Symbol("s")],
    ["a bigint", 1n],
    ["undefined", undefined],
    ["undefined in an array", [undefined]],
    ["a Date", new Date(0)],
    ["a Map", new Map([["a", 1]])],
    ["a typed array", Float32Array.of(1)],
    ["NaN deep inside", { a: [{ b: NaN }] }],
  ])("does not write %s: MW0102", (_, value) => {
    expect(() => canonicalJson(value as Canonical)).toThrow(
      expect.objectContaining({ code: "MW0102" }) as Error,
    );
  });
});

/** The same value, keys in another order. */
function reversed(value: Canonical): Canonical {
  if (Array.isArray(value)) return (value as Canonical[]).map(reversed);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value as Record<string, Canonical>).reverse();
  return Object.fromEntries(entries.map(([key, member]) => [key, reversed(member)]));
}

describe("hashes", () => {
  test("are those of FIPS 180-2, of texts in UTF-8 and of bytes", () => {
    const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    expect(sha256("abc")).toBe(abc);
    expect(sha256(Uint8Array.of(97, 98, 99))).toBe(abc);
  });

  test("of values are those of their canonical text", () => {
    // SHA-256 of {"a":1,"b":[]}: printf '%s' '{"a":1,"b":[]}' | sha256sum
    expect(canonicalHash({ b: [], a: 1 })).toBe(
      "f87e4099e9be5e75094e0a4f46d3dc18a9c37429314a5a2490fb78d31e7e170c",
    );
    expect(canonicalHash({ a: 1 })).not.toBe(canonicalHash({ a: "1" }));
    expect(canonicalHash([1, [2]])).not.toBe(canonicalHash([[1], 2]));
  });
});
