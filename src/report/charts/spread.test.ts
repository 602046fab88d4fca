import fc from "fast-check";
import { expect, test } from "vitest";

import { spread } from "./spread.js";

test("labels with room stay; neighbours without room share the displacement", () => {
  expect(spread([10, 100], 20, [0, 200])).toEqual([10, 100]);
  expect(spread([50, 50], 20, [0, 200])).toEqual([40, 60]);
  expect(spread([60, 50], 20, [0, 200])).toEqual([65, 45]);
});

test("labels keep their gap, their order and the bounds", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 500 }), { maxLength: 8 }), (wanted) => {
      const placed = spread(wanted, 20, [0, 500]);
      const ranked = wanted.map((_, i) => i).sort((a, b) => wanted[a] - wanted[b]);
      ranked.slice(1).forEach((index, i) => {
        expect(placed[index] - placed[ranked[i]]).toBeGreaterThanOrEqual(20 - 1e-9);
      });
      expect(placed.every((at) => at >= -1e-9 && at <= 500 + 1e-9)).toBe(true);
    }),
  );
});

test("no other placement of three labels on a grid displaces them less", () => {
  const positions = fc.integer({ min: 60, max: 140 });
  const cost = (placed: readonly number[], wanted: readonly number[]) =>
    placed.reduce((sum, at, i) => sum + (at - wanted[i]) ** 2, 0);
  fc.assert(
    fc.property(fc.tuple(positions, positions, positions), (wanted) => {
      const sorted = [...wanted].sort((a, b) => a - b);
      const best = cost(spread(sorted, 20, [0, 200]), sorted);
      let least = Infinity;
      for (let a = 20; a <= 140; a += 5) {
        for (let b = a + 20; b <= 160; b += 5) {
          for (let c = b + 20; c <= 180; c += 5) least = Math.min(least, cost([a, b, c], sorted));
        }
      }
      expect(best).toBeLessThanOrEqual(least + 1e-6);
    }),
    { numRuns: 20 },
  );
});
