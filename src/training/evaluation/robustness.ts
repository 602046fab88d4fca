import { throwIfCancelled } from "../../kernel/index.js";
import type { FeatureTable } from "../../learning/index.js";
import { trainingErrors } from "../errors.js";
import { comparePaired } from "./comparison.js";
import { replicateMetrics, unmeasured, type Figure, type Figures, type MetricReplicates } from "./figures.js";
import { metricTable, type EvaluationMetric } from "./metric-table.js";
import { describePerturbation, perturb } from "./perturb.js";
import type { BehaviourTest, Robustness } from "./robustness-options.js";
import { widthOf, type Scored } from "./scored.js";

/** What one change of a column costs. */
export interface PerturbationReport {
  readonly name: string;
  /** How much worse each metric becomes, whatever its direction; below 0 is better. */
  readonly falls: Figures;
}

/** What a behavioural test found. */
export interface BehaviourReport {
  readonly name: string;
  readonly passed: boolean;
  readonly rows: number;
  /** Rows that break the rule. */
  readonly violations: number;
  /** The greatest change the wrong way; 0 when there is none. */
  readonly worst: number;
  readonly detail: string;
}

/** How a model bears changed inputs. Plain JSON. */
export interface RobustnessReport {
  readonly rows: number;
  readonly perturbations: readonly PerturbationReport[];
  readonly tests: readonly BehaviourReport[];
}

/** Scores a feature table: rows × width, row-major. */
export type ScoreTable = (table: FeatureTable) => Promise<Float32Array>;

export interface RobustnessInput {
  readonly robustness: Robustness;
  /** The model on the unchanged table, in its row order. */
  readonly scored: Scored;
  readonly table: FeatureTable;
  readonly score: ScoreTable;
  readonly seed: number;
  /** Default 100. */
  readonly replicates?: number;
  readonly signal?: AbortSignal;
}

/**
 * Scores the table anew for every perturbation and every test, one at a time. The falls are paired: before and after are
 * read on the same resamples.
 * @throws MW0505 a table or scores of another length, MW0502, MW0105 when cancelled
 */
export async function assessRobustness(input: RobustnessInput): Promise<RobustnessReport> {
  const { robustness, scored, table, seed, replicates = 100 } = input;
  if (table.rowCount !== scored.times.length)
    throw badTable(`${scored.times.length} rows`, `${table.rowCount}`);
  const before = replicateMetrics(scored, { seed, replicates });
  const perturbations: PerturbationReport[] = [];
  for (const perturbation of robustness.perturbations) {
    const scores = await scoreChanged(input, perturbation);
    const after = replicateMetrics({ ...scored, scores }, { seed, replicates });
    perturbations.push({ name: describePerturbation(perturbation), falls: fallsOf(before, after) });
  }
  const tests: BehaviourReport[] = [];
  for (const test of robustness.tests) {
    const after = await scoreChanged(input, test.perturbation);
    tests.push(judgeBehaviour(test, { before: scored.scores, after, width: widthOf(scored) }));
  }
  return Object.freeze({ rows: table.rowCount, perturbations, tests });
}

async function scoreChanged(
  { table, scored, score, seed, signal }: RobustnessInput,
  perturbation: Parameters<typeof perturb>[1],
): Promise<Float32Array> {
  throwIfCancelled(signal);
  const scores = await score(perturb(table, perturbation, seed));
  if (scores.length === scored.scores.length) return scores;
  throw badTable(`${scored.scores.length} scores`, `${scores.length}`);
}

function badTable(expected: string, found: string) {
  return trainingErrors.error("MW0505", {
    expected,
    found,
    remedy: "Score every row of the table that is given.",
  });
}

function fallsOf(before: MetricReplicates, after: MetricReplicates): Figures {
  const { metrics } = comparePaired(before, after);
  return Object.fromEntries(
    Object.entries(metrics).map(([name, found]): [string, Figure] => {
      if (found.difference === null) return [name, unmeasured(found.reason)];
      const { value, interval } = found.difference;
      if (metricTable[name as EvaluationMetric].better === "higher") return [name, found.difference];
      return [
        name,
        { value: 0 - value, interval: { ...interval, low: 0 - interval.high, high: 0 - interval.low } },
      ];
    }),
  );
}

/**
 * Holds every row to the rule. A row breaks it when any of its scores changes (`invariant`), falls (`increasing`) or
 * rises (`decreasing`) by more than `within`. Without rows there is no pass.
 */
export function judgeBehaviour(
  { name, kind, within, share }: BehaviourTest,
  {
    before,
    after,
    width,
  }: { readonly before: Float32Array; readonly after: Float32Array; readonly width: number },
): BehaviourReport {
  const rows = before.length / width;
  let [violations, worst] = [0, 0];
  for (let row = 0; row < rows; row++) {
    let wrong = 0;
    for (let i = row * width; i < (row + 1) * width; i++) {
      const rise = after[i] - before[i];
      wrong = Math.max(wrong, kind === "increasing" ? -rise : kind === "decreasing" ? rise : Math.abs(rise));
    }
    worst = Math.max(worst, wrong);
    if (wrong > within) violations++;
  }
  const passed = rows > 0 && violations <= share * rows;
  const detail = `${violations} of ${rows} rows break it, by at most ${worst.toPrecision(3)}`;
  return { name, passed, rows, violations, worst, detail };
}
