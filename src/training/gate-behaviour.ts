import { checkNumber, didYouMean, rejectUnknownKeys } from "../kernel/index.js";
import { trainingErrors } from "./errors.js";
import { fairnessTable, type FairnessGap } from "./evaluation/fairness.js";
import { checkMetric, type EvaluationMetric } from "./evaluation/metric-table.js";
import type { Gate, GateInput } from "./gate.js";

const figure = (value: number) => value.toFixed(4);

/**
 * A gap between the groups of an attribute must stay within a bound, by the end of its interval that speaks against the
 * model: differences at most, ratios at least. Groups that are too small are in no gap; without two others it fails.
 * @param attribute the column whose values are the groups. Throws MW0501
 */
export function fairAcross(attribute: string, gap: FairnessGap, limit: number): Gate {
  if (!Object.hasOwn(fairnessTable, gap)) {
    const names = Object.keys(fairnessTable);
    throw trainingErrors.error("MW0501", {
      expected: `a gap for fairAcross(): ${names.join(", ")}`,
      found: JSON.stringify(gap) ?? typeof gap,
      remedy: didYouMean(String(gap), names),
    });
  }
  checkNumber(limit, `the bound of fairAcross("${attribute}")`, { min: 0, max: 1e9 });
  const { better } = fairnessTable[gap];
  const sign = better === "higher" ? "≥" : "≤";
  const name = `${gap} across ${attribute} ${sign} ${limit}`;
  return Object.freeze({
    name,
    definition: { kind: "fairAcross", attribute, gap, limit },
    metrics: [],
    judge({ fairness = [] }: GateInput) {
      const nothing = { name, passed: false, observed: null, required: limit };
      const report = fairness.find((candidate) => candidate.attribute === attribute);
      if (report === undefined) return { ...nothing, detail: `groups of ${attribute} were not compared` };
      const found = report.gaps[gap];
      if (found === undefined || found.value === null) {
        return { ...nothing, detail: `${gap} is not measured: ${found?.reason ?? "not of this task"}` };
      }
      const observed = better === "higher" ? found.interval.low : found.interval.high;
      const passed = better === "higher" ? observed >= limit : observed <= limit;
      const detail = `${gap} ${figure(found.value)}, at worst ${figure(observed)} ${sign} ${limit}`;
      return { name, passed, observed, required: limit, detail };
    },
  });
}

/**
 * The metric may fall by no more than `maxFall` under any of the perturbations of the model's `robustness`: the upper
 * end of the interval of the fall. Throws MW0501.
 */
export function withstands(metric: EvaluationMetric, options: { readonly maxFall: number }): Gate {
  checkMetric(metric, "withstands()");
  rejectUnknownKeys(options, ["maxFall"], "withstands()");
  const maxFall = checkNumber(options.maxFall, "maxFall of withstands()", { min: 0, max: 1e9 });
  const name = `${metric} withstands perturbations`;
  return Object.freeze({
    name,
    definition: { kind: "withstands", metric, maxFall },
    metrics: [metric],
    judge({ robustness }: GateInput) {
      const nothing = { name, passed: false, observed: null, required: maxFall };
      const perturbations = robustness?.perturbations ?? [];
      if (perturbations.length === 0) return { ...nothing, detail: "no perturbation was tried" };
      let worst = { fall: -Infinity, perturbation: "" };
      for (const { name: perturbation, falls } of perturbations) {
        const fall = falls[metric];
        if (fall === undefined || fall.value === null) {
          const reason = fall?.reason ?? "not of this task";
          return { ...nothing, detail: `${metric} is not measured under ${perturbation}: ${reason}` };
        }
        if (fall.interval.high > worst.fall) worst = { fall: fall.interval.high, perturbation };
      }
      const detail = `of ${perturbations.length} perturbations ${worst.perturbation} costs most: at worst ${figure(worst.fall)}, at most ${maxFall}`;
      return { name, passed: worst.fall <= maxFall, observed: worst.fall, required: maxFall, detail };
    },
  });
}

/** All invariance and directional tests of the model's `robustness` must hold. `observed` counts those that fail. */
export function behaves(): Gate {
  const name = "behaves as declared";
  return Object.freeze({
    name,
    definition: { kind: "behaves" },
    metrics: [],
    judge({ robustness }: GateInput) {
      const tests = robustness?.tests ?? [];
      if (tests.length === 0) {
        return { name, passed: false, observed: null, required: 0, detail: "no behaviour was tested" };
      }
      const failed = tests.filter(({ passed }) => !passed);
      const detail =
        failed.length === 0
          ? `all of ${tests.length} tests hold`
          : failed.map((test) => `${test.name}: ${test.detail}`).join("; ");
      return { name, passed: failed.length === 0, observed: failed.length, required: 0, detail };
    },
  });
}
