import fc from "fast-check";
import { expect, test } from "vitest";
import { seededRng } from "../../kernel/index.js";
import {
  chunkRows,
  fastSigmoid,
  gradientScale,
  hessianScale,
  packBase,
  packGradient,
  unpackSums,
} from "./fixed-point.js";
import { addRows, rowRecords, subtract } from "./histogram.js";

test("the tabulated logistic function is within 1e-7 of the exact one", () => {
  for (let score = -25; score <= 25; score += 0.00371) {
    expect(Math.abs(fastSigmoid(score) - 1 / (1 + Math.exp(-score)))).toBeLessThan(1e-7);
  }
});

test("the largest possible chunk still adds up exactly", () => {
  for (const [score, label] of [
    [30, 0],
    [-30, 1],
    [0, 0],
    [0, 1],
  ] as const) {
    const { g, h } = unpackSums(packGradient(score, label, 99));
    let total = 0;
    for (let i = 0; i < chunkRows; i++) total += packGradient(score, label, 99);
    expect(unpackSums(total)).toEqual({ g: g * chunkRows, h: h * chunkRows });
  }
  const worst = -gradientScale * packBase + 8_191;
  let total = 0;
  for (let i = 0; i < chunkRows; i++) total += worst;
  expect(unpackSums(total)).toEqual({ g: -gradientScale * chunkRows, h: 8_191 * chunkRows });
});

test("dithered gradients are right on average, however small", () => {
  const score = -9;
  const p = 1 / (1 + Math.exp(9));
  let g = 0;
  let h = 0;
  const rows = 200_000;
  for (let row = 0; row < rows; row++) {
    const sums = unpackSums(packGradient(score, 0, Math.imul(row, 0x9e3779b1)));
    g += sums.g / gradientScale;
    h += sums.h / hessianScale;
  }
  expect(g / rows / p).toBeCloseTo(1, 1);
  expect(h / rows / (p * (1 - p))).toBeCloseTo(1, 1);
});

/** Sums row by row with one array per feature, in big integers. */
function naiveHistogram(bins: readonly Uint8Array[], packed: Float64Array, rows: Uint32Array): bigint[][] {
  return bins.map((column) => {
    const sums = Array.from({ length: 512 }, () => 0n);
    for (const row of rows) {
      const { g, h } = unpackSums(packed[row]);
      sums[2 * column[row]] += BigInt(g);
      sums[2 * column[row] + 1] += BigInt(h);
    }
    return sums;
  });
}

test("histograms equal sums in big integers, for every width of the last group and across chunks", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 20_000 }),
      fc.nat(),
      (features, rowCount, seed) => {
        const rng = seededRng(seed);
        const bins = Array.from({ length: features }, () =>
          Uint8Array.from({ length: rowCount }, () => rng.below(256)),
        );
        const records = rowRecords(rowCount, features);
        bins.forEach((column, f) =>
          column.forEach(
            (bin, row) => (records.words[row * records.stride + 2 + (f >> 2)] |= bin << (8 * (f & 3))),
          ),
        );
        const packed = Float64Array.from({ length: rowCount }, () =>
          packGradient(rng.next() * 8 - 4, rng.below(2), rng.below(2 ** 32)),
        );
        const rows = Uint32Array.from({ length: rowCount }, (_, row) => row).filter(() => rng.below(3) > 0);
        const layout = {
          featureCount: features,
          bounds: new Float32Array(0),
          offsets: Int32Array.from({ length: features + 1 }, (_, f) => 256 * f),
          binCount: 256 * features,
        };
        const histogram = new Float64Array(512 * features);
        packed.forEach((value, row) => (records.gradients[(row * records.stride) / 2] = value));
        addRows(records, rows, { histogram, layout });
        expect(Array.from(histogram, BigInt)).toEqual(naiveHistogram(bins, packed, rows).flat());
        subtract(histogram, histogram.slice());
        expect(histogram.every((value) => value === 0)).toBe(true);
      },
    ),
    { numRuns: 20 },
  );
});
