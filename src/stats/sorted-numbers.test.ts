import fc from "fast-check";
import { expect, test } from "vitest";
import { gallop, insertAll, lowerBound, withInserted } from "./sorted-numbers.js";

const ascending = fc
  .array(fc.integer({ min: 0, max: 99 }), { maxLength: 60 })
  .map((numbers) => [...new Set(numbers)].sort((a, b) => a - b));

test("lowerBound and gallop find the place that a look at each number finds", () => {
  fc.assert(
    fc.property(ascending, fc.integer({ min: -1, max: 100 }), fc.nat(), (sorted, least, start) => {
      const place = sorted.filter((number) => number < least).length;
      expect(lowerBound(sorted, least)).toBe(place);
      expect(gallop(sorted, least, start % (place + 1))).toBe(place);
    }),
  );
});

test("withInserted and insertAll keep the order", () => {
  fc.assert(
    fc.property(ascending, ascending, (a, b) => {
      const added = b.filter((number) => !a.includes(number));
      const expected = [...a, ...added].sort((x, y) => x - y);
      const all = [...a];
      insertAll(all, added);
      expect(all).toEqual(expected);
      let one = [...a];
      for (const number of added) one = withInserted(one, lowerBound(one, number), number);
      expect(one).toEqual(expected);
    }),
  );
});
