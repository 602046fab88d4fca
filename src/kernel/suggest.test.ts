import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { didYouMean, nearest } from "./suggest.js";

/** The recursive definition of Levenshtein's distance (1966). */
function distance(a: string, b: string): number {
  if (a === "" || b === "") return a.length + b.length;
  const rest = distance(a.slice(1), b.slice(1)) + (a[0] === b[0] ? 0 : 1);
  return Math.min(rest, distance(a.slice(1), b) + 1, distance(a, b.slice(1)) + 1);
}

describe("nearest", () => {
  test("finds what is as near as the definition of edit distance says, and the first of equals", () => {
    const word = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 6 });
    const property = fc.property(word, fc.array(word, { maxLength: 4 }), (name, candidates) => {
      const near = candidates.filter((candidate) => distance(name, candidate) <= 2);
      const least = Math.min(...near.map((candidate) => distance(name, candidate)));
      expect(nearest(name, candidates)).toBe(near.find((candidate) => distance(name, candidate) === least));
    });
    fc.assert(property, { numRuns: 200 });
  });

  test("forgives case and, in a long name, a third of its letters", () => {
    expect(nearest("DELAY", ["delay"])).toBe("delay");
    // From kitten to sitting it is three: too far for six letters; nine may differ in three.
    expect(nearest("kitten", ["sitting"])).toBeUndefined();
    expect(nearest("kitten123", ["sitting123"])).toBe("sitting123");
  });
});

test("didYouMean names the nearest, else all, else none", () => {
  expect(didYouMean("orgin", ["origin", "date"])).toBe('Did you mean "origin"?');
  expect(didYouMean("weight", ["origin", "date"])).toBe("Valid names: origin, date.");
  expect(didYouMean("weight", [])).toBe("There are none.");
});
