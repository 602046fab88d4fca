import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { limits, oracle, questions } from "./bucket-oracle.testing.js";
import { takeRows, waitMs, type Bucket } from "./token-bucket.js";

const answerOf = (answer: ReturnType<typeof takeRows>["answer"]) =>
  answer.admitted ? "given" : answer.retryAfterMs;

describe("the token bucket", () => {
  it("gives what the definition of the limit gives, and tells the same waiting time", () => {
    const cases = limits.chain((limit) => fc.tuple(fc.constant(limit), questions(limit)));
    fc.assert(
      fc.property(cases, fc.integer({ min: 0, max: 1.8e15 }), ([limit, asked], startUs) => {
        const slow = oracle(limit);
        let nowUs = startUs;
        let bucket: Bucket | undefined;
        const answers = asked.map(({ afterUs, rows }) => {
          nowUs += afterUs;
          const taken = takeRows(bucket, { limit, rows, nowUs });
          bucket = taken.bucket;
          return [answerOf(taken.answer), slow.ask(nowUs, rows)];
        });
        expect(answers.map(([own]) => own)).toEqual(answers.map(([, slowly]) => slowly));
      }),
      { numRuns: 200 },
    );
  });

  it("keeps its word: after the time that it tells the rows are given, a millisecond before they are not", () => {
    fc.assert(
      fc.property(limits, fc.nat(), (limit, seed) => {
        const full = takeRows(undefined, { limit, rows: limit.burst, nowUs: 0 }).bucket;
        const rows = 1 + (seed % limit.burst);
        const { answer, bucket } = takeRows(full, { limit, rows, nowUs: 0 });
        if (answer.admitted) throw new Error("admitted");
        const after = (ms: number) => takeRows(bucket, { limit, rows, nowUs: ms * 1000 }).answer.admitted;
        expect([after(answer.retryAfterMs - 1), after(answer.retryAfterMs)]).toEqual([false, true]);
      }),
    );
  });

  it("waits for a rounded quotient once more", () => {
    // 9007199254740991 = 2^53 - 1, divided by 3: exactly 3002399751580330.33…
    expect(waitMs(2 ** 53 - 1, 3)).toBe(Math.ceil(3_002_399_751_580_331 / 1000));
    expect(waitMs(1, 1_000_000_000)).toBe(1);
  });

  it("gives nothing for a clock that went back, and goes on from there", () => {
    const limit = { perSecond: 1, burst: 2 };
    const full = takeRows(undefined, { limit, rows: 2, nowUs: 5e6 }).bucket;
    const back = takeRows(full, { limit, rows: 1, nowUs: 1e6 });
    expect(back.answer).toEqual({ admitted: false, retryAfterMs: 1000 });
    expect(takeRows(back.bucket, { limit, rows: 1, nowUs: 2e6 }).answer).toEqual({ admitted: true });
  });
});
