import type { Command } from "commander";
import { testMetrics, train, type TrainResult } from "../../lifecycle/index.js";
import { modelName, withCommonOptions } from "../options.js";
import { runOnProject, type CommonOptions } from "../run-command.js";
import { columns, paint } from "../terminal.js";

export function addTrain(program: Command): void {
  withCommonOptions(program.command("train [model]"))
    .description("train a model to a registered version; its gates decide whether it becomes the champion")
    .action((given: string | undefined, options: CommonOptions) =>
      runOnProject(options, async (project, signal) => {
        const name = modelName(
          given,
          project.models.map((model) => model.name),
        );
        const result = await train(project, name, signal);
        return { json: trainJson(result), text: trainText(result), refused: !result.promoted };
      }),
    );
}

function trainJson(result: TrainResult): object {
  const { report, importances: _, choice, timings, ...facts } = result;
  const { candidate, baseline, ablation, slices, found, fairness, robustness } = report;
  const metrics = Object.fromEntries(
    testMetrics(candidate).map(([name, figure]) => [
      name,
      figure.value === null
        ? { value: null, reason: figure.reason }
        : { value: figure.value, low: figure.interval.low, high: figure.interval.high },
    ]),
  );
  return {
    ...facts,
    metrics,
    ablation: ablation?.metrics ?? null,
    baseline: baseline?.metrics ?? null,
    ablationAuc: aucOf(ablation),
    baselineAuc: aucOf(baseline),
    choice,
    slices,
    worseSlices: found?.slices ?? null,
    fairness,
    robustness,
    timings,
  };
}

type Beside = TrainResult["report"]["baseline"];

/** The area under the curve of a model that stands beside a binary candidate. */
function aucOf(beside: Beside): number | null {
  const metrics: Readonly<Record<string, number | null>> = beside?.metrics ?? {};
  return metrics["auc"] ?? null;
}

const figure = (value: number) => value.toFixed(4);

function trainText(result: TrainResult): string {
  const mark = (passed: boolean) =>
    passed ? paint(process.stdout, "green", "✓") : paint(process.stdout, "red", "✗");
  const gates = result.gates.map(({ name, passed, detail }) => `${mark(passed)} ${name}: ${detail}`);
  const verdict = result.promoted
    ? `Version ${result.version} of ${result.model} is the champion.`
    : `Version ${result.version} of ${result.model} was not promoted: ${result.reasons.join("; ")}`;
  return [
    "",
    metricTable(result),
    ...choiceLines(result),
    ...findingLines(result),
    "",
    ...result.warnings.map((warning) => `${paint(process.stdout, "red", "!")} ${warning}`),
    ...gates,
    "",
    verdict,
  ].join("\n");
}

/** The candidate's metrics beside those of the models that it is compared with. */
function metricTable({ report: { candidate, baseline, ablation } }: TrainResult): string {
  const others = [
    ...(ablation === null ? [] : [{ name: "without windows", metrics: ablation.metrics }]),
    ...(baseline === null ? [] : [{ name: "baseline", metrics: baseline.metrics }]),
  ];
  const beside = (metrics: Readonly<Record<string, number | null>>, name: string) => {
    const value = metrics[name] ?? null;
    return value === null ? "" : figure(value);
  };
  // What this model or these rows do not have, such as quantiles, is not worth a line.
  const rows = testMetrics(candidate).flatMap(([name, { value, interval }]) =>
    value === null
      ? []
      : [
          [
            name,
            ...[value, interval.low, interval.high].map(figure),
            ...others.map(({ metrics }) => beside(metrics, name)),
          ],
        ],
  );
  return columns([["metric", "value", "low", "high", ...others.map(({ name }) => name)], ...rows]);
}

function choiceLines({ choice, trainer }: TrainResult): string[] {
  if (choice === null) return [];
  const { candidates, tuning, metric, heldRows } = choice;
  const loss = (value: number | null) => (value === null ? "failed" : figure(Math.abs(value)));
  const judged = candidates.map((each) => `${each.trainer} ${loss(each.loss)}`);
  const best = tuning?.trials[tuning.best];
  return [
    "",
    `chosen by ${metric} on ${heldRows.toLocaleString("en")} held-back rows: ${trainer.name}`,
    ...(judged.length === 0 ? [] : [`  of ${judged.join(", ")}`]),
    ...(best === undefined
      ? []
      : [
          `  best of ${tuning?.trials.length ?? 0} trials: ${loss(best.losses.at(-1) ?? null)} with ${JSON.stringify(best.parameters)}`,
        ]),
  ];
}

/** What the evaluation found besides the metrics. */
function findingLines({ report: { found, fairness, robustness } }: TrainResult): string[] {
  const worse = (found?.slices ?? [])
    .slice(0, 5)
    .map(
      ({ name, rows, meanLoss, otherLoss }) =>
        `  ${name}: mean loss ${figure(meanLoss)} in ${rows.toLocaleString("en")} rows, ${figure(otherLoss)} elsewhere`,
    );
  const gaps = fairness.flatMap(({ attribute, gaps: all }) =>
    Object.entries(all).flatMap(([gap, { value }]) =>
      value === null ? [] : [`  ${gap} across ${attribute}: ${figure(value)}`],
    ),
  );
  const tests = (robustness?.tests ?? []).map(
    ({ name, passed, detail }) => `  ${passed ? "holds" : "fails"}: ${name}: ${detail}`,
  );
  return [
    ...(worse.length === 0 ? [] : ["", "worse than elsewhere:", ...worse]),
    ...(gaps.length === 0 ? [] : ["", "between groups:", ...gaps]),
    ...(tests.length === 0 ? [] : ["", "behaviour:", ...tests]),
  ];
}
