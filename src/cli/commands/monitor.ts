import type { Command } from "commander";
import { monitor, type MonitorResult } from "../../lifecycle/index.js";
import { liveName, modelName, time, withCommonOptions } from "../options.js";
import { runOnProject, type CommonOptions } from "../run-command.js";
import { columns, counted } from "../terminal.js";

export function addMonitor(program: Command): void {
  withCommonOptions(program.command("monitor [model]"))
    .description("judge drift, missing values, realised performance and latency of what was served")
    .option("--live <name>", "live state to judge", liveName, "default")
    .option("--now <time>", "judge labels as of this time; the present by default")
    .action((given: string | undefined, options: CommonOptions & { live: string; now?: string }) =>
      runOnProject(options, async (project, signal) => {
        const model = modelName(
          given,
          project.models.map(({ name }) => name),
        );
        const now = options.now === undefined ? {} : { nowMs: time("--now", options.now) };
        const result = await monitor(project, { model, live: options.live, ...now }, signal);
        return { json: result, text: monitorText(result), refused: isDegraded(result) };
      }),
    );
}

/** Drift of inputs is news; degraded performance or broken latency is a check that says no. */
function isDegraded({ windows, latency }: MonitorResult): boolean {
  return latency.state === "drift" || windows.some(({ performance }) => performance.state === "drift");
}

function monitorText({ windows, drifted, realised, latency }: MonitorResult): string {
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);
  const rows = windows.map(
    ({ window, predictions, drift, missing, performance, meanPrediction, observedRate }) => {
      const count = (state: string) => String(drift.filter((result) => result.state === state).length);
      return [
        `${day(window.startMs)}${window.partial ? " (partial)" : ""}`,
        predictions.toLocaleString("en"),
        count("drift"),
        count("unresolved"),
        String(missing.filter(({ state }) => state === "drift").length),
        performance.state,
        "metrics" in performance ? performance.metrics.auc.realised.value.toFixed(4) : "",
        meanPrediction?.toFixed(3) ?? "",
        observedRate?.toFixed(3) ?? "",
      ];
    },
  );
  const head = [
    "window from",
    "predictions",
    "drift",
    "unresolved",
    "missing",
    "performance",
    "AUC",
    "predicted",
    "observed",
  ];
  const auc = realised.auc === null ? "no AUC" : `AUC ${realised.auc.toFixed(4)}`;
  return [
    columns([head, ...rows]),
    "",
    `Drifted: ${drifted.length === 0 ? "nothing" : drifted.join(", ")}.`,
    `Realised over ${counted(realised.labelled, "matured and labelled prediction")}: ${auc}. Latency: ${latency.state}.`,
  ].join("\n");
}
