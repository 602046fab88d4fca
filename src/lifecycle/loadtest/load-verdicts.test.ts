import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { quantileRanks } from "./load-binomial.js";
import { cutShort, judgeAvailability, judgeLatency, requestsFor, worstVerdict } from "./load-verdicts.js";

const objective = { p95Ms: 100, availability: 0.999 };
const latencies = (fast: number, slow: number, failed = 0) =>
  Float64Array.from([
    ...Array<number>(fast).fill(10),
    ...Array<number>(slow).fill(200),
    ...Array<number>(failed).fill(Infinity),
  ]);

describe("the verdict on latency", () => {
  test("is met or missed only where the whole interval says so", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.double({ min: 1, max: 300, noNaN: true }), fc.constant(Infinity)), {
          maxLength: 400,
        }),
        (values) => {
          const sorted = Float64Array.from(values).sort();
          const { low, high } = quantileRanks(sorted.length, 0.95);
          const { state } = judgeLatency(sorted, objective);
          expect(state === "met").toBe(high !== null && sorted[high - 1] <= 100);
          expect(state === "missed").toBe(low !== null && sorted[low - 1] > 100);
        },
      ),
    );
  });

  test("no request and too few requests are no pass", () => {
    expect(judgeLatency(latencies(0, 0), objective).state).toBe("insufficient");
    const few = judgeLatency(latencies(71, 0), objective);
    expect(few).toMatchObject({
      state: "insufficient",
      reason: expect.stringContaining("it takes 72") as string,
    });
    expect(judgeLatency(latencies(72, 0), objective).state).toBe("met");
  });

  test("requests that failed are slower than any objective", () => {
    expect(judgeLatency(latencies(900, 0, 100), objective).state).toBe("missed");
    expect(judgeLatency(latencies(950, 0, 50), objective).state).toBe("insufficient");
    expect(judgeLatency(latencies(1000, 0, 10), objective).state).toBe("met");
  });
});

describe("the verdict on availability", () => {
  test("three nines take 3,688 good answers: 0.999 ^ 3688 < 0.025 < 0.999 ^ 3687", () => {
    expect(requestsFor(0.999)).toBe(3688);
    expect(judgeAvailability(3688, 3688, objective).state).toBe("met");
    const short = judgeAvailability(3687, 3687, objective);
    expect(short.state).toBe("insufficient");
    expect(short.reason).toContain("it takes 3,688 requests without a failure");
  });

  test("failures beyond what chance explains miss it; no request tells nothing", () => {
    expect(judgeAvailability(990, 1000, objective).state).toBe("missed");
    expect(judgeAvailability(0, 0, objective).state).toBe("insufficient");
  });

  test("a perfect record is never shown, and one failure breaks it", () => {
    const perfect = { ...objective, availability: 1 };
    expect(judgeAvailability(10_000, 10_000, perfect).state).toBe("insufficient");
    expect(judgeAvailability(9_999, 10_000, perfect).state).toBe("missed");
  });
});

test("the worst verdict decides, and a step that was cut short is never met", () => {
  const [met, missed, insufficient] = (["met", "missed", "insufficient"] as const).map((state) => ({
    state,
    reason: state,
  }));
  expect(worstVerdict([met, insufficient])).toBe(insufficient);
  expect(worstVerdict([insufficient, missed, met])).toBe(missed);
  expect(cutShort(met).state).toBe("insufficient");
  expect(cutShort(missed)).toBe(missed);
});
