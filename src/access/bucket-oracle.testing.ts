import fc from "fast-check";
import type { RateLimit } from "./ports.js";

/** Somebody asks for rows, so many microseconds after the question before. */
export interface Question {
  readonly afterUs: number;
  readonly rows: number;
}

/** Limits to the thousandth, small and large, and questions around what they give. */
export const limits: fc.Arbitrary<RateLimit> = fc.record({
  perSecond: fc
    .oneof(fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: 1, max: 1e9 }))
    .map((n) => n / 1000),
  burst: fc.oneof(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 1_000_000 })),
});

export const questions = ({ perSecond, burst }: RateLimit): fc.Arbitrary<Question[]> => {
  const rowUs = Math.round(1e6 / perSecond);
  const afterUs = fc.oneof(
    fc.constant(0),
    fc.integer({ min: 0, max: 3 * rowUs }),
    // Where it is decided: just before, at and after the moment at which some rows are paid back.
    fc
      .tuple(fc.integer({ min: 1, max: Math.min(burst, 1000) }), fc.integer({ min: -1, max: 1 }))
      .map(([rows, off]) => Math.max(0, Math.ceil((rows * 1e6) / perSecond) + off)),
  );
  const rows = fc.oneof(fc.integer({ min: 0, max: Math.min(burst, 5) }), fc.integer({ min: 0, max: burst }));
  return fc.array(fc.record({ afterUs, rows }), { maxLength: 40 });
};

/**
 * The definition of a rate limit, in whole numbers of any size: rows are given unless some stretch of time up to now
 * would hold more than the burst and what the rate gives in that stretch. Slow: it looks at every stretch.
 */
export function oracle({ perSecond, burst }: RateLimit) {
  const perUs = BigInt(Math.round(perSecond * 1000));
  const row = 1_000_000_000n;
  const given: { readonly atUs: bigint; readonly rows: bigint }[] = [];

  /** By how many billionths of a row the worst stretch that ends at a time, with more rows then, is too much. */
  function excess(atUs: bigint, rows: bigint): bigint {
    let worst = (rows - BigInt(burst)) * row;
    let sum = rows;
    for (const past of given.toReversed()) {
      sum += past.rows;
      const over = (sum - BigInt(burst)) * row - (atUs - past.atUs) * perUs;
      if (over > worst) worst = over;
    }
    return worst;
  }

  return {
    /** Whether rows are given; if not, the least whole milliseconds after which they would be. */
    ask(atUs: number, rows: number): number | "given" {
      const over = excess(BigInt(atUs), BigInt(rows));
      if (over <= 0n) {
        given.push({ atUs: BigInt(atUs), rows: BigInt(rows) });
        return "given";
      }
      const perMs = perUs * 1000n;
      return Number((over + perMs - 1n) / perMs);
    },
  };
}
