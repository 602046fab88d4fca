import type { Command } from "commander";
import { lineage, type Lineage } from "../../lifecycle/index.js";
import { liveName, withCommonOptions } from "../options.js";
import { runOnProject, type CommonOptions } from "../run-command.js";

export function addLineage(models: Command): void {
  withCommonOptions(models.command("lineage <of>"))
    .description(
      "follow a prediction id, a version such as churn@3, or a package id back to rows, code and run",
    )
    .option("--live <name>", "live state that logged the prediction", liveName, "default")
    .action((of: string, options: CommonOptions & { live: string }) =>
      runOnProject(options, async (project) => {
        const found = await lineage(project, { of, live: options.live });
        return { json: found, text: lineageText(found) };
      }),
    );
}

type Field = readonly [name: string, value: string];

function lineageText(found: Lineage): string {
  const { prediction, version, package: made, trainingSet, rows, datasets, run } = found;
  const fields: Field[] = [
    ...(prediction === undefined ? [] : predictionFields(prediction)),
    [
      "version",
      `${version.model}@${version.version}, ${version.semver}, registered ${iso(version.registeredAtMs)}`,
    ],
    ["package", made.id],
    ["  model", made.modelHash],
    ...originFields(made),
    ["  producer", `${made.producer.name} ${made.producer.version}`],
    ["training set", trainingSet ?? "not recorded: no run of this project made the package"],
    ...(rows === null ? [] : [["  rows", `${n(rows.train)} to train, ${n(rows.test)} to test`] as const]),
    ...datasets.flatMap(datasetFields),
    ...runFields(run),
  ];
  const width = Math.max(...fields.map(([name]) => name.length));
  return fields.flatMap(([name, value]) => wrapped(name.padEnd(width + 2), value)).join("\n");
}

/** What a package was trained with; of a graph that was imported, what its file says. */
function originFields({ trainer, featureHash, seed, split, graph }: Lineage["package"]): Field[] {
  if (trainer === null || featureHash === null)
    return [
      ["  graph", graph === null ? "does not say who wrote it" : `written by ${graph.producer || "?"}`],
    ];
  return [
    ["  features", featureHash],
    ["  trainer", `${trainer.name} ${plain(trainer.options)}, seed ${seed}`],
    ["  split", plain(split)],
  ];
}

/** A field in lines of 80 characters, broken at blanks. */
function wrapped(name: string, value: string): string[] {
  const lines = [name];
  for (const word of value.split(" ")) {
    const line = lines[lines.length - 1];
    const blank = line.length > name.length ? " " : "";
    if (line.length + blank.length + word.length <= 80 || blank === "")
      lines[lines.length - 1] += blank + word;
    else lines.push(" ".repeat(name.length) + word);
  }
  return lines;
}

function predictionFields(prediction: Exclude<Lineage["prediction"], undefined>): Field[] {
  const { id, live, atMs, request, outputs, events } = prediction;
  const sources = Object.entries(events).map(([source, { dataset, loggedUpTo }]): Field => {
    const log = loggedUpTo === 0 ? "no logged event" : `logged events up to ${n(loggedUpTo)}`;
    return ["  features of", `${source}: ${dataset ?? "no history"} and ${log}`];
  });
  return [
    ["prediction", `${id}, asked at ${iso(atMs)}, live state ${live}`],
    ["  request", plain(request)],
    ["  answer", outputs.join(", ")],
    ...sources,
  ];
}

function datasetFields({ id, found }: Lineage["datasets"][number]): Field[] {
  if (found === null) return [["dataset", `${id}, which this project does not have`]];
  const { source, rowCount, quarantinedCount, fingerprints, createdAtMs } = found;
  const { sum, xor } = fingerprints.ordered;
  return [
    ["dataset", `${id} of ${source}, ${iso(createdAtMs)}`],
    ["  rows", `${n(rowCount)}, ${n(quarantinedCount)} in quarantine`],
    ["  fingerprint", `${sum} ${xor}`],
  ];
}

function runFields(run: Lineage["run"]): Field[] {
  if (run === null) return [["run", "none of this project: the package was imported"]];
  const recorded = (value: unknown) => (value === null ? "not recorded" : plain(value));
  return [
    ["run", `${run.id}, ${run.status}, begun ${iso(run.startedAtMs)}`],
    ["  code", recorded(run.code)],
    ["  environment", recorded(run.environment)],
  ];
}

const n = (value: number) => value.toLocaleString("en");
const iso = (atMs: number) => new Date(atMs).toISOString();

/** Plain data without the noise of JSON. */
const plain = (value: unknown) =>
  JSON.stringify(value)
    .replaceAll(/[{}"]/g, "")
    .replaceAll(/([:,])(?=\S)/g, "$1 ");
