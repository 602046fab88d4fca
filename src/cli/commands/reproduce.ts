import type { Command } from "commander";
import { reproduceRun, type Reproduction } from "../../lifecycle/index.js";
import { withCommonOptions } from "../options.js";
import { runOnProject, type CommonOptions } from "../run-command.js";
import { columns } from "../terminal.js";

export function addReproduce(program: Command): void {
  withCommonOptions(program.command("reproduce <version|run>"))
    .description("train a version, such as churn@1.2.0, or a run again from its manifest, and compare")
    .action((reference: string, options: CommonOptions) =>
      runOnProject(options, async (project, signal) => {
        const found = await reproduceRun(project, reference, signal);
        return { json: found, text: reproductionText(found), refused: found.verdict === "different" };
      }),
    );
}

const meanings: Readonly<Record<Reproduction["verdict"], string>> = {
  "same bytes": "the graph is the same, bit by bit",
  "same predictions": "the graph differs, its predictions on the probes do not",
  "within the spread": "predictions differ, metrics by no more than other seeds make them differ",
  different: "predictions and metrics differ by more than other seeds make them differ",
};

function reproductionText(found: Reproduction): string {
  const { model, version, runId, verdict, modelHash, predictions, metrics, differences, seeds } = found;
  const figure = (value: number | null) => (value === null ? "" : value.toFixed(6));
  const spread = ({ spread: between }: Reproduction["metrics"][number]) =>
    between === null ? "" : `${figure(between.low)} to ${figure(between.high)}`;
  const heading = [
    "metric",
    "then",
    "now",
    ...(seeds.length === 0 ? [] : [`over ${seeds.length + 1} seeds`]),
  ];
  const measured = metrics.filter(({ expected, found: now }) => expected !== null || now !== null);
  const rows = measured.map((metric) => [
    ...[metric.name, figure(metric.expected), figure(metric.found)],
    ...(seeds.length === 0 ? [] : [spread(metric)]),
  ]);
  const changed = differences.map(
    ({ what, name, expected, found: now }) =>
      `  ${what}: ${name} was ${JSON.stringify(expected)}, is ${JSON.stringify(now)}`,
  );
  return [
    `${model} version ${version}, run ${runId}: ${verdict} (${meanings[verdict]}).`,
    "",
    `graph then  ${modelHash.expected}`,
    `graph now   ${modelHash.found}`,
    `probes      ${predictions.probes}, largest difference ${predictions.maxDifference}`,
    "",
    columns([heading, ...rows]),
    "",
    ...(changed.length === 0
      ? ["Code, environment and hardware are what they were."]
      : ["What is not as it was:", ...changed]),
  ].join("\n");
}
