import fc from "fast-check";
import { expect, test } from "vitest";
import { seededRng } from "../../kernel/index.js";
import { binOf, boundsPerFeature } from "./bins.js";
import { chunkRows, gradientLimit, hessianBits, hessianLimit, scaleFor } from "./fixed-point.js";
import { openGradients } from "./gradients.js";
import { openShard, type Shard } from "./shard.js";
import { layoutFor, loneCrew, wholeGradients } from "./shard.testing.js";

/** A shard of random columns with random packed gradients. */
function randomShard(features: number, rowCount: number, seed: number) {
  const rng = seededRng(seed);
  const columns = Array.from({ length: features }, () =>
    Float32Array.from({ length: rowCount }, () => (rng.below(9) === 0 ? NaN : rng.below(400) / 7)),
  );
  const layout = layoutFor(columns);
  const targets = new Float32Array(rowCount);
  const shard = openShard(
    { columns, targets },
    { layout, seat: { thread: 0, threads: 1 }, base: [0], leaves: 2 },
  );
  const packed = new BigInt64Array(shard.kernels.buffer, shard.at.gradients, rowCount);
  for (let row = 0; row < rowCount; row++) {
    const g = rng.below(2 * gradientLimit + 1) - gradientLimit;
    packed[row] = BigInt(g) * 2n ** BigInt(hessianBits) + BigInt(rng.below(hessianLimit + 1));
  }
  shard.startTree(all(features));
  return { columns, layout, shard };
}

/** Sums row by row in big integers. */
function naiveHistogram(
  { columns, layout, shard }: ReturnType<typeof randomShard>,
  rows: Uint32Array,
): bigint[] {
  const sums = Array.from({ length: 2 * layout.binCount + 1 }, () => 0n);
  const gradients = wholeGradients(shard);
  for (const row of rows) {
    columns.forEach((column, f) => {
      const bin = layout.offsets[f] + binOf(column[row], layout.bounds, f * boundsPerFeature);
      sums[2 * bin] += BigInt(gradients[row].g);
      sums[2 * bin + 1] += BigInt(gradients[row].h);
    });
    sums[2 * layout.binCount]++;
  }
  return sums;
}

const all = (features: number) => new Uint8Array(features).fill(1);

test("histograms equal sums in big integers, for every width of the last group and across chunks", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 17 }),
      fc.integer({ min: 1, max: 20_000 }),
      fc.nat(),
      (features, rowCount, seed) => {
        const made = randomShard(features, rowCount, seed);
        const { shard, layout } = made;
        const [whole, left] = shard.histograms;
        // What an earlier node left there.
        whole.fill(7);
        left.fill(7);
        shard.build({ start: 0, end: rowCount }, all(features), whole);
        expect(Array.from(whole, BigInt)).toEqual(naiveHistogram(made, shard.rows));
        const split = { feature: 0, bin: layout.offsets[1] >> 1, missingLeft: false };
        const middle = shard.part(0, rowCount, { ...split, ...none });
        shard.build({ start: 0, end: middle }, all(features), left);
        expect(Array.from(left, BigInt)).toEqual(naiveHistogram(made, shard.rows.slice(0, middle)));
        shard.subtract(whole, left);
        expect(Array.from(whole, BigInt)).toEqual(naiveHistogram(made, shard.rows.slice(middle)));
      },
    ),
    { numRuns: 20 },
  );
});

const none = { gain: 0, l2: 0, left: { g: 0, h: 0 }, right: { g: 0, h: 0 } };

test("a split parts the rows by their bin and keeps their order", () => {
  const { columns, layout, shard } = randomShard(3, 5_000, 7);
  for (const missingLeft of [false, true]) {
    shard.startTree(all(3));
    const bin = 20;
    const middle = shard.part(100, 4_000, { feature: 1, bin, missingLeft, ...none });
    const goesLeft = (row: number) => {
      const of = binOf(columns[1][row], layout.bounds, boundsPerFeature);
      return of === 0 ? missingLeft : of <= bin;
    };
    const rows = Array.from({ length: 3_900 }, (_, i) => 100 + i);
    expect([...shard.rows.slice(100, middle)]).toEqual(rows.filter(goesLeft));
    expect([...shard.rows.slice(middle, 4_000)]).toEqual(rows.filter((row) => !goesLeft(row)));
    expect([...shard.rows.slice(4_000, 4_003)]).toEqual([4_000, 4_001, 4_002]);
  }
});

test("the largest possible chunk still adds up exactly", () => {
  const features = 1;
  const column = new Float32Array(chunkRows);
  const layout = layoutFor([column]);
  const given = { columns: [column], targets: column };
  const shard = openShard(given, { layout, seat: { thread: 0, threads: 1 }, base: [0], leaves: 2 });
  const packed = new BigInt64Array(shard.kernels.buffer, shard.at.gradients, chunkRows);
  shard.startTree(all(features));
  for (const g of [gradientLimit + 1, -gradientLimit - 1]) {
    packed.fill(BigInt(g) * 2n ** BigInt(hessianBits) + BigInt(hessianLimit + 1));
    const [histogram] = shard.histograms;
    shard.build({ start: 0, end: chunkRows }, all(features), histogram);
    const [, , sumG, sumH] = histogram;
    expect([sumG, sumH]).toEqual([g * chunkRows, (hessianLimit + 1) * chunkRows]);
  }
});

test("scales are powers of two that keep the largest value within the limit, and no smaller than half of that", () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-20, max: 1e20, noNaN: true }), (largest) => {
      const scale = scaleFor(largest, gradientLimit);
      expect(Number.isInteger(Math.log2(scale))).toBe(true);
      expect(scale * largest).toBeLessThanOrEqual(gradientLimit);
      expect(scale * largest).toBeGreaterThan(gradientLimit / 2 - 1);
    }),
  );
});

function logisticShard(scores: readonly number[]): Shard {
  const columns = [Float32Array.from(scores)];
  const layout = layoutFor(columns);
  const targets = Float32Array.from(scores, (_, row) => row % 2);
  const shard = openShard(
    { columns, targets },
    { layout, seat: { thread: 0, threads: 1 }, base: [0], leaves: 2 },
  );
  shard.scores[0].set(scores);
  return shard;
}

function gradientsOf(shard: Shard) {
  const { seat } = loneCrew();
  const loss = { name: "logistic", width: 1, quantile: 0.5 } as const;
  return openGradients({ shard, loss, seat, largestWeight: 1, largestOfThreads: (own) => own });
}

test("gradients of the logistic loss are within a quantum and a ten-millionth of the exact ones", () => {
  const scores = Array.from({ length: 9_999 }, (_, i) => (i - 5_000) / 100);
  const shard = logisticShard(scores);
  const scales = gradientsOf(shard).load(0, 5);
  wholeGradients(shard).forEach(({ g, h }, row) => {
    const p = 1 / (1 + Math.exp(-scores[row]));
    expect(Math.abs(g / scales.g - (p - (row % 2)))).toBeLessThan(1 / scales.g + 3e-7);
    expect(Math.abs(h / scales.h - p * (1 - p))).toBeLessThan(1 / scales.h + 3e-7);
  });
});

test("dithered gradients are right on average, however small", () => {
  const rows = 200_000;
  const shard = logisticShard(new Array<number>(rows).fill(-14));
  shard.targets.fill(0);
  const scales = gradientsOf(shard).load(0, 99);
  const p = 1 / (1 + Math.exp(14));
  const gradients = wholeGradients(shard);
  const mean = (of: "g" | "h") => gradients.reduce((sum, row) => sum + row[of], 0) / rows / scales[of];
  expect(mean("g") / p).toBeCloseTo(1, 2);
  expect(mean("h") / p).toBeCloseTo(1, 1);
});
