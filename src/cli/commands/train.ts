import type { Command } from "commander";
import { train, type TrainResult } from "../../lifecycle/index.js";
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
  const { report, importances: _, timings, ...facts } = result;
  const metrics = Object.fromEntries(
    Object.entries(report.candidate.metrics).map(([name, { value, interval }]) => [
      name,
      { value, low: interval.low, high: interval.high },
    ]),
  );
  return {
    ...facts,
    metrics,
    ablationAuc: report.ablation?.metrics.auc ?? null,
    baselineAuc: report.baseline.metrics.auc,
    timings,
  };
}

function trainText(result: TrainResult): string {
  const { candidate, ablation, baseline } = result.report;
  const figure = (value: number) => value.toFixed(4);
  const { auc, logLoss, brier, ece } = candidate.metrics;
  const interval = ({ value, interval: { low, high } }: typeof auc) => [
    figure(value),
    figure(low),
    figure(high),
  ];
  const table = columns([
    ["metric", "value", "low", "high"],
    ["AUC", ...interval(auc)],
    ["log loss", ...interval(logLoss)],
    ["Brier score", ...interval(brier)],
    ["calibration error", ...interval(ece)],
  ]);
  const others = [
    ...(ablation === null ? [] : [`without windows AUC ${figure(ablation.metrics.auc)}`]),
    `baseline AUC ${figure(baseline.metrics.auc)}`,
  ].join(", ");
  const mark = (passed: boolean) =>
    passed ? paint(process.stdout, "green", "✓") : paint(process.stdout, "red", "✗");
  const gates = result.gates.map(({ name, passed, detail }) => `${mark(passed)} ${name}: ${detail}`);
  const verdict = result.promoted
    ? `Version ${result.version} of ${result.model} is the champion.`
    : `Version ${result.version} of ${result.model} was not promoted: ${result.reasons.join("; ")}`;
  return ["", table, "", others, ...gates, "", verdict].join("\n");
}
