import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compilePattern, longestMatchedText } from "./pattern.js";
import { textLength } from "./value-rule.js";

describe("compilePattern", () => {
  it.each([
    ["^[A-Z]{3}$", ["JFK"], ["JF", "jfk", "JFKX"]],
    ["b+", ["abc"], ["ac"]],
    ["^\\p{L}+$", ["Évora"], ["E1"]],
    ["^[a-z]+(-[a-z]+)*$", ["kebab-case-name"], ["kebab--case"]],
    ["^(\\d{1,3}\\.){3}\\d{1,3}$", ["10.0.0.1"], ["10.0.0"]],
    ["^(?:[)*+]|\\(+)$", ["*", "(("], ["()"]],
    ["^(a|b|c)+$", ["abcab"], ["abd"]],
  ])("%s finds what it says", (pattern, good, bad) => {
    const matches = compilePattern(pattern, "a test");
    expect([good.filter(matches), bad.filter(matches)]).toEqual([good, []]);
  });

  it.each([
    "",
    "(",
    "[z-a]",
    "a{2,1}",
    "\\",
    "(a+)+",
    "^(\\w+\\s?)*$",
    "((a*)b?){2,}",
    "(x|y*)+",
    "(?:(?:a+)?)*",
    "([)]+)*",
  ])("throws MW0215 for %j", (pattern) => {
    expect(() => compilePattern(pattern, "a test")).toThrow(/MW0215/);
  });

  it("throws MW0215 for what is no text", () => {
    expect(() => compilePattern(/a/ as never, "a test")).toThrow(/MW0215/);
  });

  it("matches no text over its limit", () => {
    const matches = compilePattern("^a", "a test");
    expect(matches("a".repeat(longestMatchedText))).toBe(true);
    expect(matches("a".repeat(longestMatchedText + 1))).toBe(false);
  });
});

describe("textLength", () => {
  it("counts code points", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 20 }), (text) => {
        expect(textLength(text)).toBe([...text].length);
      }),
      { seed: 5 },
    );
    expect(textLength("👍\ud83d")).toBe(2);
  });
});
