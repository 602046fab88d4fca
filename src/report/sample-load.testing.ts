import { seededRng } from "../kernel/index.js";
import type { LoadTestResult } from "../lifecycle/index.js";

type Step = LoadTestResult["steps"][number];

const edgesMs = Array.from({ length: 41 }, (_, i) => 1.2 * 160 ** (i / 40));
const shares = [0.25, 0.5, 1, 1.5, 2];

/** A server that does some 520 requests a second and refuses what is more. */
export function sampleLoad(): LoadTestResult {
  const steps = shares.map((share) => step("step", share));
  const calm = step("recovery", 0.5);
  return {
    ...{ model: "arrival-delay", url: "http://127.0.0.1:8080", startedAtMs: Date.UTC(2026, 3, 2, 9, 30) },
    ...{ peakPerSecond: 400, arrivals: "poisson", seed: 1, timeoutMs: 10_000, connections: 256 },
    requestsFrom: "2,000 rows of source flights",
    objective: { p95Ms: 60, availability: 0.999 },
    verdict: steps[2].verdict,
    sustained: { share: 1, perSecond: 400 },
    steps,
    recovery: {
      ...{ state: "recovered", afterMs: 480, reason: "from then on 19 of 20 requests were within 60 ms" },
      step: calm,
    },
    interrupted: false,
    warnings: [
      "The generator was the bottleneck at 200 %: it sent 1 in 100 requests 7.2 ms late or more, which is part of the " +
        "latencies. Its event loop was held up for 6.9 ms.",
    ],
  };
}

function step(kind: Step["kind"], share: number): Step {
  const requests = Math.round(share * 4000);
  const good = Math.min(requests, 5230);
  const p50Ms = 2.4 + 0.8 * share + (share > 1.2 ? 35 * (share - 0.9) : 0);
  const over = share > 1.2;
  const reason = over
    ? "5,230 of 8,000 were answered well, which shows between 64.3 % and 66.4 %; the objective is 99.9 %"
    : "the 95th percentile lies between 4.06 ms and 4.29 ms; the objective is 60 ms";
  return {
    ...{
      kind,
      share,
      complete: true,
      seconds: 10,
      offeredPerSecond: share * 400,
      sentPerSecond: share * 399.6,
    },
    ...{ goodPerSecond: good / 10, requests, good, refused: requests - good, failed: 0 },
    outcomes: [
      { label: "200", kind: "good", count: good },
      ...(over ? [{ label: "503 MW0703", kind: "refused", count: requests - good }] : []),
    ],
    latency: {
      ...{ p50Ms, p90Ms: p50Ms * 1.22, p95Ms: p50Ms * 1.3, p99Ms: p50Ms * 1.9, maxMs: p50Ms * 3.1 },
      ...{ p95LowMs: p50Ms * 1.27, p95HighMs: p50Ms * 1.34 },
    },
    histogram: { edgesMs, counts: histogramOf(p50Ms, good) },
    series: seriesOf(p50Ms, share),
    verdict: { state: over ? "missed" : "met", reason },
    acceptedVerdict: {
      state: "met",
      reason: "the 95th percentile lies between 50 ms and 58 ms; the objective is 60 ms",
    },
    generator: {
      ...{ lateP99Ms: 1.3 + 3 * share, lateMaxMs: 4 + 5 * share, waitedForConnection: 0 },
      ...{ utilization: 0.2 + 0.25 * share, loopDelayP99Ms: 1.2 + 2.8 * share },
    },
  };
}

const histogramOf = (p50Ms: number, good: number): number[] => {
  const weights = edgesMs.slice(1).map((edge) => Math.exp(-((Math.log(edge / p50Ms) / 0.28) ** 2)));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => Math.round((good * weight) / sum));
};

function seriesOf(p50Ms: number, share: number): Step["series"] {
  const rng = seededRng(share * 100);
  return Array.from({ length: 40 }, (_, i) => {
    const here = p50Ms * (0.9 + 0.2 * rng.next()) * (share > 1.2 ? Math.min(1, 0.3 + i / 6) : 1);
    const refused = share > 1.2 && i > 3 ? 20 : 0;
    const good = Math.round(share * 100) - refused;
    return { fromMs: i * 250, p50Ms: here, p95Ms: here * 1.35, maxMs: here * 2, good, refused, failed: 0 };
  });
}
