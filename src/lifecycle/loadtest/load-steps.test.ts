import { describe, expect, test } from "vitest";
import { planLoad } from "./load-plan.js";
import { summariseLoad, type LoadTestFacts } from "./load-result.js";
import { pretendServer } from "./pretend-server.testing.js";

const objective = { p95Ms: 100, availability: 0.99 };
const facts: LoadTestFacts = {
  ...{ model: "m", url: "http://127.0.0.1:1", startedAtMs: 0, peakPerSecond: 400, arrivals: "constant" },
  ...{ seed: 1, timeoutMs: 1000, connections: 8, requestsFrom: "a test" },
};
const plan = planLoad({ peakPerSecond: 400, seconds: 2, arrivals: "constant" });

/** A server that takes 2 ms for a request, so that it does 500 a second, and refuses behind a full queue. */
const bounded = () => pretendServer(plan, { serviceMs: 2, queue: 20 });

describe("a server that refuses early", () => {
  const result = summariseLoad({ plan, measured: bounded() }, objective, facts);
  const step = (share: number) => result.steps.find((each) => each.share === share);

  test("sustains what it can do, and its refusals count apart", () => {
    expect(result.steps.map(({ share, verdict }) => [share, verdict.state])).toEqual([
      ...[
        [0.25, "insufficient"],
        [0.5, "met"],
        [1, "met"],
        [1.5, "missed"],
        [2, "missed"],
      ],
    ]);
    expect(result.verdict.state).toBe("met");
    expect(result.sustained).toEqual({ share: 1, perSecond: 400 });
    // Of 800 a second it does 500, but for the queue that it holds at the beginning.
    expect(step(2)).toMatchObject({ offeredPerSecond: 800, goodPerSecond: 500, failed: 0 });
    expect((step(2)?.refused ?? 0) / 2).toBeCloseTo(300, -1);
    expect(step(2)?.acceptedVerdict.state).toBe("met");
  });

  test("latencies are those of the queue: 2 ms without one, 40 ms behind a full one", () => {
    expect(step(1)?.latency).toMatchObject({
      p50Ms: expect.closeTo(2, 6) as number,
      maxMs: expect.closeTo(2, 6) as number,
    });
    expect(step(2)?.latency.maxMs).toBeLessThanOrEqual(40.001);
    expect(step(2)?.latency.p50Ms).toBeGreaterThan(36);
  });

  test("what is drawn holds every good answer once", () => {
    for (const { histogram, series, good, refused } of result.steps) {
      expect(histogram.counts.reduce((sum, count) => sum + count, 0)).toBe(good);
      expect(series.reduce((sum, moment) => sum + moment.good, 0)).toBe(good);
      expect(series.reduce((sum, moment) => sum + moment.refused, 0)).toBe(refused);
      expect(histogram.edgesMs).toEqual(result.steps[0].histogram.edgesMs);
    }
  });

  test("is back at once", () => {
    expect(result.recovery).toMatchObject({ state: "recovered", afterMs: 0, step: { share: 0.5 } });
  });

  test("is plain JSON without a gap", () => {
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
  });
});

describe("a server that queues without end", () => {
  const measured = pretendServer(plan, { serviceMs: 2, queue: Infinity });
  const result = summariseLoad({ plan, measured }, objective, facts);

  test("fails its overload by latency, not by refusals", () => {
    const last = result.steps.at(-1);
    expect(last?.refused).toBe(0);
    expect(last?.acceptedVerdict.state).toBe("missed");
  });

  test("comes back when its backlog is done", () => {
    // 2 s at 600 and 2 s at 800 a second leave 800 requests; at 200 new ones a second 500 are done: 2.7 s, and the
    // last step is 2 s. With half the time of overload it is back in between.
    expect(result.recovery?.state).toBe("not recovered");
    const short = planLoad({ peakPerSecond: 400, seconds: 2, arrivals: "constant", shares: [1, 1.5] });
    const again = pretendServer(short, { serviceMs: 2, queue: Infinity });
    const { recovery } = summariseLoad({ plan: short, measured: again }, objective, facts);
    // 200 requests are left, 300 more are done than come in a second, and the last 50 wait less than 100 ms.
    expect(recovery?.state).toBe("recovered");
    expect(recovery?.afterMs).toBeCloseTo((1000 * (200 - 50)) / 300, -2);
  });
});

describe("what keeps figures from being taken at face value", () => {
  test("a generator that was late or at its end, and connections that ran out", () => {
    const measured = bounded();
    const { first, end } = plan.stages[3];
    for (let i = first; i < end; i++) measured.sentMs[i] += 15;
    measured.waited.fill(1, plan.stages[5].first, plan.stages[5].first + 7);
    const generator = measured.generator.map((own, i) => (i === 4 ? { ...own, utilization: 0.97 } : own));
    const { warnings } = summariseLoad({ plan, measured: { ...measured, generator } }, objective, facts);
    expect(warnings).toEqual([
      expect.stringMatching(/generator was the bottleneck at 100 %: .*15 ms late/) as string,
      expect.stringMatching(/generator was the bottleneck at 150 %: .*90 % of the time/) as string,
      expect.stringMatching(/^7 requests at 200 % waited/) as string,
    ]);
  });

  test("steps too short for the availability: three nines at 400 a second take ten seconds", () => {
    const { warnings, verdict } = summariseLoad(
      { plan, measured: bounded() },
      { p95Ms: 100, availability: 0.999 },
      facts,
    );
    expect(warnings).toEqual([expect.stringMatching(/99\.9 % takes 3,688 .*--seconds 10\./) as string]);
    expect(verdict.state).toBe("insufficient");
  });

  test("a test that was broken off judges what was over, and no more", () => {
    const stoppedMs = plan.stages[3].startMs + 1000;
    const whole = bounded();
    const outcome = whole.outcome.map((how, i) => (whole.doneMs[i] <= stoppedMs ? how : 0));
    const measured = { ...whole, outcome, stoppedMs };
    const result = summariseLoad({ plan, measured }, objective, facts);
    expect(result.interrupted).toBe(true);
    expect(result.recovery).toBeUndefined();
    expect(result.steps.map(({ share, complete }) => [share, complete])).toEqual([
      ...[
        [0.25, true],
        [0.5, true],
        [1, false],
      ],
    ]);
    expect(result.steps.at(-1)).toMatchObject({ seconds: 1, offeredPerSecond: 400 });
    expect(result.verdict).toMatchObject({ state: "insufficient" });
    expect(result.sustained?.share).toBe(0.5);
    const nothing = { ...measured, outcome: outcome.map(() => 0), stoppedMs: 10 };
    expect(summariseLoad({ plan, measured: nothing }, objective, facts)).toMatchObject({
      ...{ steps: [], sustained: null, verdict: { state: "insufficient" } },
    });
  });
});
