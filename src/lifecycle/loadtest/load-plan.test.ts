import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { planLoad, type LoadPlanOptions } from "./load-plan.js";

const options = fc.record({
  peakPerSecond: fc.double({ min: 0.5, max: 300, noNaN: true }),
  seconds: fc.double({ min: 0.2, max: 4, noNaN: true }),
  arrivals: fc.constantFrom("poisson" as const, "constant" as const),
  seed: fc.nat(),
});

describe("the plan of a load test", () => {
  test("its times ascend, lie in their stages, and every request belongs to one", () => {
    fc.assert(
      fc.property(options, (given) => {
        const { stages, intendedMs } = planLoad(given);
        let [first, startMs] = [0, 0];
        for (const stage of stages) {
          expect([stage.first, stage.startMs]).toEqual([first, startMs]);
          const times = intendedMs.subarray(stage.first, stage.end);
          expect(times.every((at) => at >= stage.startMs && at < stage.endMs)).toBe(true);
          [first, startMs] = [stage.end, stage.endMs];
        }
        expect(first).toBe(intendedMs.length);
        expect(intendedMs.every((at, i) => i === 0 || at >= intendedMs[i - 1])).toBe(true);
      }),
    );
  });

  test("equal seeds give equal plans, other seeds others", () => {
    const at = (seed: number) => [...planLoad({ peakPerSecond: 50, seconds: 1, seed }).intendedMs];
    expect(at(3)).toEqual(at(3));
    expect(at(3)).not.toEqual(at(4));
  });

  test("goes up to twice the peak, and back to half of it", () => {
    const { stages } = planLoad({ peakPerSecond: 100 });
    expect(stages.map(({ kind, perSecond }) => [kind, perSecond])).toEqual([
      ...[
        ["warm-up", 25],
        ["step", 25],
        ["step", 50],
        ["step", 100],
        ["step", 150],
        ["step", 200],
      ],
      ["recovery", 50],
    ]);
    expect(stages.map(({ startMs, endMs }) => endMs - startMs)).toEqual([
      3000,
      ...Array<number>(6).fill(10_000),
    ]);
  });

  test("constant arrivals stand at equal gaps: 4 a second, from the start of the stage", () => {
    const { stages, intendedMs } = planLoad({
      ...{ peakPerSecond: 4, shares: [1], seconds: 2, arrivals: "constant" },
    });
    const { first, end } = stages[1];
    expect([...intendedMs.subarray(first, end)]).toEqual([2000, 2250, 2500, 2750, 3000, 3250, 3500, 3750]);
  });

  test("Poisson arrivals: as many as the rate says, and gaps whose spread is their mean", () => {
    const { stages, intendedMs } = planLoad({ peakPerSecond: 1000, shares: [1], seconds: 40, seed: 5 });
    const times = intendedMs.subarray(stages[1].first, stages[1].end);
    // Five standard deviations of a Poisson count of 40,000.
    expect(Math.abs(times.length - 40_000)).toBeLessThan(5 * 200);
    const gaps = times.slice(1).map((at, i) => at - times[i]);
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length);
    expect(mean).toBeCloseTo(1, 1);
    expect(deviation / mean).toBeCloseTo(1, 1);
    // One gap in e is longer than the mean: no two arrivals know of each other.
    expect(gaps.filter((gap) => gap > mean).length / gaps.length).toBeCloseTo(Math.exp(-1), 1);
  });

  test.each<[string, Partial<LoadPlanOptions>, RegExp]>([
    ["steps without the peak", { shares: [0.5, 2] }, /MW1176.*found 50 %, 200 %/],
    ["steps that descend", { shares: [1, 0.5] }, /MW1176/],
    ["a step of nothing", { shares: [0, 1] }, /MW1176/],
    ["no steps", { shares: [] }, /MW1176.*found none/],
    ["more requests than fit", { peakPerSecond: 1e6, seconds: 60 }, /MW1176.*5,000,000.*--seconds/],
  ])("refuses %s", (_, more, message) => {
    expect(() => planLoad({ peakPerSecond: 10, ...more })).toThrow(message);
  });
});
