import type { LoadMeasurements } from "./load-measurements.js";
import type { LoadPlan } from "./load-plan.js";

/**
 * What a perfect generator would measure of a server that takes equally long for every request, one after another, and
 * refuses where more than `queue` of them wait or are computed.
 */
export function pretendServer(
  { intendedMs, stages }: LoadPlan,
  { serviceMs, queue }: { readonly serviceMs: number; readonly queue: number },
): LoadMeasurements {
  const doneMs = new Float64Array(intendedMs.length);
  const outcome = new Uint16Array(intendedMs.length);
  let freeMs = 0;
  intendedMs.forEach((at, i) => {
    const backlog = Math.max(0, freeMs - at) / serviceMs;
    const refused = backlog + 1 > queue + 1e-9;
    outcome[i] = refused ? 2 : 1;
    if (!refused) freeMs = Math.max(freeMs, at) + serviceMs;
    doneMs[i] = refused ? at : freeMs;
  });
  return {
    ...{ sentMs: intendedMs.slice(), doneMs, outcome, waited: new Uint8Array(intendedMs.length) },
    outcomes: [
      { label: "200", kind: "good" },
      { label: "503 MW0703", kind: "refused" },
    ],
    generator: stages.map(() => ({ utilization: 0.2, loopDelayP99Ms: 1 })),
  };
}
