import type { Command } from "commander";
import {
  describeFeatures,
  describeView,
  findModel,
  getFeatures,
  type DescribedFeature,
  type DescribedView,
  type RequestFeatures,
} from "../../lifecycle/index.js";
import { formatDuration } from "../../kernel/index.js";
import { cliErrors } from "../errors.js";
import { liveName, modelName, time, withCommonOptions } from "../options.js";
import { runOnProject, type CommonOptions } from "../run-command.js";
import { columns, counted, duration } from "../terminal.js";
import { addBackfill } from "./features-backfill.js";
import { addBuild } from "./features-build.js";
import { addVerify } from "./features-verify.js";

export function addFeatures(program: Command): void {
  const features = program
    .command("features")
    .description("look at features, build training sets of them, and prove them");

  addList(features);
  addShow(features);
  addBuild(features);
  addGet(features);
  addVerify(features);
  addBackfill(features);
}

function addList(features: Command): void {
  withCommonOptions(features.command("list [model]"))
    .description("list the features that a model reads")
    .action((given: string | undefined, options: CommonOptions) =>
      runOnProject(options, async (project) => {
        const name = modelName(
          given,
          project.models.map((model) => model.name),
        );
        const model = findModel(project, name);
        const found = describeFeatures(model);
        return {
          json: { model: name, hash: model.features.hash, features: found },
          text: columns([
            ["feature", "type", "what", "window", "view", "source", "entity"],
            ...found.map(featureRow),
          ]),
        };
      }),
    );
}

function featureRow({ name, kind, origin, meaning, window }: DescribedFeature): string[] {
  if (window === undefined) {
    return [name, kind, origin === "request" ? "request" : meaning, "", "", "", ""];
  }
  const { aggregation, length, view, source, entity } = window;
  return [name, kind, aggregation, length, view, source, entity];
}

function addShow(features: Command): void {
  withCommonOptions(features.command("show <view>"))
    .description("show a view: what it computes, over which grid, and what its state takes")
    .action((name: string, options: CommonOptions) =>
      runOnProject(options, async (project) => {
        const views = describeView(project, name);
        return { json: { views }, text: views.map(viewText).join("\n\n") };
      }),
    );
}

function viewText(view: DescribedView): string {
  const { name, source, entity, keyColumns, clock, hash, layout, models } = view;
  const gridMs = new Map(layout.windows.map((window) => [window.windowMs, window.gridMs]));
  const rows = view.features.map(({ name, kind, aggregation, windowMs }) => [
    name,
    kind,
    aggregation,
    formatDuration(windowMs),
    formatDuration(gridMs.get(windowMs) ?? 0),
  ]);
  const levels = layout.levels.map(({ sizeMs, tiles }) => `${tiles} of ${formatDuration(sizeMs)}`);
  return [
    `${name}: of source ${source}, for each ${entity} by ${keyColumns.join(" and ")}`,
    clock === "event"
      ? "Events lie in windows where they happened, once they are known."
      : "Events lie in windows where they became known.",
    "",
    columns([["feature", "type", "what", "window", "grid"], ...rows]),
    "",
    `tiles       ${levels.join(", ")}`,
    `an entity   ${layout.entityBytes.toLocaleString("en")} bytes, sketches not counted`,
    `read by     ${models.join(", ")}`,
    `hash        ${hash}`,
  ].join("\n");
}

function addGet(features: Command): void {
  withCommonOptions(features.command("get [model]"))
    .description("compute the features that a request would get, from the history and a live state's log")
    .requiredOption("--request <json>", "the request, as one JSON object (required)")
    .option("--at <time>", "the time that windows refer to (default: the request's own)")
    .option("--live <name>", 'live state whose log counts (default: "default", if it has begun)', liveName)
    .action(
      (given: string | undefined, options: CommonOptions & { request: string; at?: string; live?: string }) =>
        runOnProject(options, async (project, signal) => {
          const model = modelName(
            given,
            project.models.map(({ name }) => name),
          );
          const { at, live } = options;
          const result = await getFeatures(
            project,
            {
              ...{ model, request: parseJson(options.request) },
              ...(at === undefined ? {} : { atMs: time("--at", at) }),
              ...(live === undefined ? {} : { live }),
            },
            signal,
          );
          return { json: result, text: requestText(result) };
        }),
    );
}

/** Throws MW1201. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw cliErrors.error("MW1201", {
      expected: "JSON for --request",
      found: cause instanceof Error ? cause.message : String(cause),
      remedy: `Write it in single quotes: --request '{"city": "Delft", …}'.`,
      cause,
    });
  }
}

function requestText({ atMs, features, lookups }: RequestFeatures): string {
  const values = features.map(({ name, value }) => [name, value === null ? "missing" : String(value)]);
  const seen = lookups.map(({ group, view, key, events, latestMs, ageMs }) => {
    const latest =
      latestMs === null
        ? ""
        : `, the latest known ${duration(ageMs ?? 0)} before, at ${new Date(latestMs).toISOString()}`;
    return `${group} (${view}) ${key.join(" and ")}: ${counted(events, "event")}${latest}`;
  });
  return [
    `as of ${new Date(atMs).toISOString()}`,
    "",
    columns([["feature", "value"], ...values]),
    "",
    ...seen,
  ].join("\n");
}
