import { describe, expect, test } from "vitest";
import { latencySketch } from "../stats/index.js";
import { assessLatency, compileLatencyPolicy } from "./latency-detector.js";

function sketchOf(count: number, ms: (i: number) => number) {
  const sketch = latencySketch();
  for (let i = 0; i < count; i++) sketch.record(ms(i));
  return sketch;
}

describe("assessLatency", () => {
  const policy = compileLatencyPolicy({ p95Ms: 50 });

  test("is ok under the objective and drift over it", () => {
    // 1,000 requests of 10 ms, of which the slowest 4 % or 6 % take 200 ms.
    const under = assessLatency(
      sketchOf(1000, (i) => (i < 40 ? 200 : 10)),
      policy,
    );
    expect(under).toMatchObject({ state: "ok", n: 1000, objectiveMs: 50 });
    const over = assessLatency(
      sketchOf(1000, (i) => (i < 60 ? 200 : 10)),
      policy,
    );
    expect(over.state).toBe("drift");
    expect("p95Ms" in over && Math.abs(over.p95Ms / 200 - 1)).toBeLessThanOrEqual(0.01);
    expect("p50Ms" in over && Math.abs(over.p50Ms / 10 - 1)).toBeLessThanOrEqual(0.01);
  });

  test("is missing without a request and insufficient with few", () => {
    expect(assessLatency(latencySketch(), policy)).toMatchObject({ state: "missing", n: 0 });
    expect(
      assessLatency(
        sketchOf(99, () => 500),
        policy,
      ),
    ).toMatchObject({ state: "insufficient", n: 99 });
  });

  test("compiles its policy", () => {
    expect(compileLatencyPolicy()).toEqual({ p95Ms: 100, minRequests: 100 });
    expect(() => compileLatencyPolicy({ p95: 3 } as object)).toThrow(/MW0901.*Did you mean "p95Ms"/);
    expect(() => compileLatencyPolicy({ p95Ms: -1 })).toThrow(/MW0901/);
  });
});
