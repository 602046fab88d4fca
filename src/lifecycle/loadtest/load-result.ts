import type { Arrivals } from "./load-plan.js";
import { judgeRecovery, type LoadRecovery } from "./load-series.js";
import { summariseStages, type LoadStep, type MeasuredPlan } from "./load-steps.js";
import { milliseconds, requestsFor, type LoadObjective, type LoadVerdict } from "./load-verdicts.js";

/** What a load test was asked to do. */
export interface LoadTestFacts {
  readonly model: string;
  readonly url: string;
  readonly startedAtMs: number;
  /** What 100 % is. */
  readonly peakPerSecond: number;
  readonly arrivals: Arrivals;
  readonly seed: number;
  readonly timeoutMs: number;
  readonly connections: number;
  /** Where the requests were from, for people. */
  readonly requestsFrom: string;
}

/** How a load test went. Plain JSON. */
export interface LoadTestResult extends LoadTestFacts {
  readonly objective: LoadObjective;
  /** Of the step at the declared peak. */
  readonly verdict: LoadVerdict;
  /** The highest step that met the objective with none below it that missed; null where there is none. */
  readonly sustained: { readonly share: number; readonly perSecond: number } | null;
  readonly steps: readonly LoadStep[];
  /** The last step, at half the peak; absent when the test was broken off before. */
  readonly recovery?: LoadRecovery & { readonly step: LoadStep };
  /** Whether the test was broken off. */
  readonly interrupted: boolean;
  /** What keeps figures from being taken at face value. */
  readonly warnings: readonly string[];
}

/** Judges what was measured. */
export function summariseLoad(
  load: MeasuredPlan,
  objective: LoadObjective,
  facts: LoadTestFacts,
): LoadTestResult {
  const all = summariseStages(load, objective);
  const steps = all.filter(({ kind }) => kind === "step");
  const last = all.find(({ kind }) => kind === "recovery");
  const stage = load.plan.stages.find(({ kind }) => kind === "recovery");
  const recovery =
    last === undefined || stage === undefined
      ? {}
      : { recovery: { ...judgeRecovery(load, stage, objective.p95Ms), step: last } };
  const sustained = sustainedStep(steps);
  return {
    ...facts,
    objective,
    verdict: steps.find(({ share }) => share === 1)?.verdict ?? neverBegan,
    sustained:
      sustained === undefined
        ? null
        : { share: sustained.share, perSecond: sustained.share * facts.peakPerSecond },
    steps,
    ...recovery,
    interrupted: load.measured.stoppedMs !== undefined,
    warnings: [...ownFaults(all, objective), ...tooFew(load, objective)],
  };
}

const neverBegan: LoadVerdict = {
  state: "insufficient",
  reason: "the test was broken off before the declared peak",
};

function sustainedStep(steps: readonly LoadStep[]): LoadStep | undefined {
  const missed = steps.findIndex(({ verdict }) => verdict.state === "missed");
  const below = missed < 0 ? steps : steps.slice(0, missed);
  return below.findLast(({ verdict }) => verdict.state === "met");
}

/** A generator that is later than this, or than a tenth of the objective, shows in the figures. */
const fewMs = 2;
const mostUtilization = 0.9;

/** One warning of each kind, with the steps that it is about. */
function ownFaults(steps: readonly LoadStep[], { p95Ms }: LoadObjective): string[] {
  const late = steps.filter(({ generator }) => (generator.lateP99Ms ?? 0) > Math.max(fewMs, p95Ms / 10));
  const busy = steps.filter(({ generator }) => (generator.utilization ?? 0) > mostUtilization);
  const waited = steps.filter(({ generator }) => generator.waitedForConnection > 0);
  const most = (of: (step: LoadStep) => number | null) => Math.max(...late.map((step) => of(step) ?? 0));
  const requests = waited.reduce((sum, { generator }) => sum + generator.waitedForConnection, 0);
  return [
    late.length > 0 &&
      `The generator was the bottleneck ${namesOf(late)}: it sent 1 in 100 requests up to ` +
        `${milliseconds(most(({ generator }) => generator.lateP99Ms))} late or more, which is part of the latencies. ` +
        `Its event loop was held up for ${milliseconds(most(({ generator }) => generator.loopDelayP99Ms))}.`,
    busy.length > 0 &&
      `The generator was the bottleneck ${namesOf(busy)}: its thread worked more than ${mostUtilization * 100} % of the time.`,
    waited.length > 0 &&
      `${requests.toLocaleString("en")} requests ${namesOf(waited)} waited for one of the connections to become free; ` +
        "they count from when they were meant to be sent.",
  ].filter((warning) => warning !== false);
}

/** `at 50 %, at 100 % and after the overload`. */
function namesOf(steps: readonly LoadStep[]): string {
  const names = steps.map(({ kind, share }) =>
    kind === "recovery" ? "after the overload" : `at ${Math.round(share * 100)} %`,
  );
  return names.length === 1 ? names[0] : `${names.slice(0, -1).join(", ")} and ${names.at(-1) ?? ""}`;
}

/** Says before anybody wonders how long the steps must be for the declared availability. */
function tooFew({ plan }: MeasuredPlan, { availability }: LoadObjective): string[] {
  const peak = plan.stages.find(({ kind, share }) => kind === "step" && share === 1);
  if (peak === undefined || availability === 1) return [];
  const needed = requestsFor(availability);
  if (peak.end - peak.first >= needed) return [];
  const seconds = Math.ceil((1.05 * needed) / peak.perSecond);
  return [
    `An availability of ${Number((availability * 100).toPrecision(6))} % takes ${needed.toLocaleString("en")} good answers to ` +
      `show; at the declared peak that is --seconds ${seconds}.`,
  ];
}
