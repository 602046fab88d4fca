import fc from "fast-check";
import { expect, test } from "vitest";
import { barrierMemory } from "./barrier.js";
import { exchangeBytes, openCrew } from "./crew.js";
import { leafQuantiles, quantileRoom } from "./leaf-quantiles.js";
import { openShard } from "./shard.js";
import { layoutFor } from "./shard.testing.js";

/** By sorting: mean of the smallest value with at least, and with more than, its share of the weight up to it. */
function naiveQuantile(values: readonly number[], weights: readonly number[], quantile: number): number {
  const order = values.map((_, i) => i).sort((a, b) => values[a] - values[b]);
  const rank = quantile * weights.reduce((sum, weight) => sum + weight, 0);
  let upTo = 0;
  const sums = order.map((i) => (upTo += weights[i]));
  const atLeast = sums.findIndex((sum) => sum >= rank);
  const above = sums.findIndex((sum) => sum > rank);
  return (values[order[atLeast]] + values[order[above < 0 ? order.length - 1 : above]]) / 2;
}

test("quantiles of leaves equal those by sorting", () => {
  const value = fc.oneof(fc.integer({ min: -5, max: 5 }), fc.float({ min: -1e6, max: 1e6, noNaN: true }));
  const row = fc.tuple(value, fc.integer({ min: 1, max: 4 }));
  fc.assert(
    fc.property(
      fc.array(row, { minLength: 2, maxLength: 60 }),
      fc.constantFrom(0.1, 0.5, 0.75, 0.9),
      fc.boolean(),
      (rows, quantile, weighted) => {
        const targets = Float32Array.from(rows, ([target]) => target);
        const columns = [targets];
        const shard = openShard(
          { columns, targets },
          { layout: layoutFor(columns), seat: { thread: 0, threads: 1 }, base: [0], leaves: 2 },
        );
        shard.startTree(Uint8Array.of(1));
        const middle = Math.ceil(rows.length / 2);
        const leaves = [
          { node: 0, start: 0, end: middle },
          { node: 1, start: middle, end: rows.length },
        ];
        const exchange = new SharedArrayBuffer(exchangeBytes(1, quantileRoom(2)));
        const crew = openCrew({ barrier: barrierMemory(), exchange }, { thread: 0, threads: 1 });
        const weights = rows.map(([, weight]) => (weighted ? weight : 1));
        const found = leafQuantiles(
          { shard, leaves, quantile, weights: weighted ? Float64Array.from(weights) : undefined },
          crew,
        );
        leaves.forEach(({ start, end }, leaf) => {
          const residuals = [...targets.subarray(start, end)];
          const expected = naiveQuantile(residuals, weights.slice(start, end), quantile);
          expect(found[leaf]).toBeCloseTo(expected, 10);
        });
      },
    ),
  );
});
