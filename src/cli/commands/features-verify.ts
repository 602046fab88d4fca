import type { Command } from "commander";
import { verifyFeatures, type FeatureVerification, type ViewAge } from "../../lifecycle/index.js";
import { liveName, modelName, time, wholeNumber, withCommonOptions } from "../options.js";
import { runOnProject, type CommonOptions } from "../run-command.js";
import { columns, counted, duration } from "../terminal.js";

interface VerifyOptions extends CommonOptions {
  readonly live: string;
  readonly from?: string;
  readonly to?: string;
  readonly sample?: number;
}

export function addVerify(features: Command): void {
  withCommonOptions(features.command("verify [model]"))
    .description("recompute the features of logged predictions offline and compare them bit by bit")
    .option("--live <name>", "live state to verify", liveName, "default")
    .option("--from <time>", "only predictions from this time on")
    .option("--to <time>", "only predictions before this time")
    .option("--sample <n>", "only so many predictions, drawn at random, always the same", wholeNumber)
    .action((given: string | undefined, options: VerifyOptions) =>
      runOnProject(options, async (project, signal) => {
        const model = modelName(
          given,
          project.models.map(({ name }) => name),
        );
        const { live, from, to, sample } = options;
        const result = await verifyFeatures(
          project,
          {
            ...{ model, live },
            ...(from === undefined ? {} : { fromMs: time("--from", from) }),
            ...(to === undefined ? {} : { toMs: time("--to", to) }),
            ...(sample === undefined ? {} : { sample }),
          },
          signal,
        );
        return { json: result, text: verificationText(result), refused: result.mismatches > 0 };
      }),
    );
}

function verificationText(result: FeatureVerification): string {
  const { predictions, mismatches, skipped, byFeature, examples, ages } = result;
  const others = skipped === 0 ? "" : `; ${counted(skipped, "prediction")} of another definition skipped`;
  const differing = Object.entries(byFeature).map(
    ([name, count]) => `  ${name}: ${counted(count, "prediction")}`,
  );
  return [
    `${counted(predictions, "prediction")} recomputed, ${mismatches.toLocaleString("en")} with a mismatch${others}.`,
    ...differing,
    ...examples.map((e) => `  ${e.id} ${e.feature}: logged ${e.logged}, recomputed ${e.recomputed}`),
    ...(ages.length === 0 ? [] : ["", columns([ageHead, ...ages.map(ageRow)])]),
  ].join("\n");
}

const ageHead = ["group", "view", "state age, median", "p95", "max", "events late by, median", "p95", "max"];

function ageRow({ group, view, stateAgeMs, latenessMs }: ViewAge): string[] {
  const spread = (of: ViewAge["stateAgeMs"]) =>
    of === null ? ["none", "", ""] : [duration(of.median), duration(of.p95), duration(of.max)];
  return [group, view, ...spread(stateAgeMs), ...spread(latenessMs)];
}
