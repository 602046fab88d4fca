import type { Command } from "commander";
import type { DatasetVersion } from "../../data/index.js";
import { findSource, snapshotData } from "../../lifecycle/index.js";
import { withCommonOptions } from "../options.js";
import { runOnProject, type CommonOptions, type Outcome } from "../run-command.js";
import { columns } from "../terminal.js";
import { addDataQuality } from "./data-quality.js";

export function addData(program: Command): void {
  const data = program
    .command("data")
    .description("snapshot sources into dataset versions, validate them, and look at them");

  addSnapshot(data);
  addList(data);
  addShow(data);
  addDataQuality(data);
}

function addSnapshot(data: Command): void {
  withCommonOptions(data.command("snapshot [source]"))
    .description(
      "make the dataset version of a source (all sources by default), or find the one that has its content",
    )
    .action((given: string | undefined, options: CommonOptions) =>
      runOnProject(options, async (project, signal) => {
        const sources = given === undefined ? [...project.sources.values()] : [findSource(project, given)];
        const snapshots: Awaited<ReturnType<typeof snapshotData>>[] = [];
        for (const source of sources) snapshots.push(await snapshotData(project, source, signal));
        return {
          json: { snapshots: snapshots.map(({ version, reused }) => ({ ...brief(version), reused })) },
          text: snapshots
            .map(
              ({ version, reused }) => `${describe(version)}${reused ? " (unchanged, nothing to do)" : ""}`,
            )
            .join("\n"),
        };
      }),
    );
}

function addList(data: Command): void {
  withCommonOptions(data.command("list"))
    .description("list dataset versions, the latest first")
    .action((options: CommonOptions) =>
      runOnProject(options, async (project) => {
        const versions = await project.datasets.list();
        const rows = versions.map(({ id, name, rowCount, quarantinedCount, createdAtMs }) => [
          id,
          name,
          String(rowCount),
          String(quarantinedCount),
          new Date(createdAtMs).toISOString(),
        ]);
        return {
          json: { versions: versions.map(brief) },
          text:
            rows.length === 0
              ? "No dataset version yet: millwright data snapshot makes one."
              : columns([head, ...rows]),
        };
      }),
    );
}

function addShow(data: Command): void {
  withCommonOptions(data.command("show <source>"))
    .description("show the profile and the expectations of a source's latest version")
    .action((name: string, options: CommonOptions) =>
      runOnProject(options, async (project, signal) => {
        const { version } = await snapshotData(project, findSource(project, name), signal);
        return showVersion(version);
      }),
    );
}

const head = ["version", "source", "rows", "quarantined", "made"];

function brief({
  id,
  name,
  rowCount,
  quarantinedCount,
  fingerprints,
  expectations,
  createdAtMs,
}: DatasetVersion) {
  return { id, name, rowCount, quarantinedCount, fingerprints, expectations, createdAtMs };
}

function describe({ id, name, rowCount, quarantinedCount, expectations }: DatasetVersion): string {
  const rows = `${rowCount.toLocaleString("en")} rows, ${quarantinedCount.toLocaleString("en")} quarantined`;
  const broken = expectations.filter((e) => e.failed > 0 || e.insufficient === true);
  const notes = broken.map(
    (e) =>
      `\n  ${e.severity}: ${e.name}, ${e.insufficient === true ? "too little data: " : ""}${e.found ?? `${e.failed.toLocaleString("en")} rows`}`,
  );
  return `${name}: ${id}, ${rows}${notes.join("")}`;
}

function showVersion(version: DatasetVersion): Outcome {
  const time = (column: string, value: number | null) =>
    value === null
      ? ""
      : version.schema[column].kind === "timestamp"
        ? new Date(value).toISOString()
        : value.toPrecision(6);
  const rows = Object.entries(version.profile).map(([name, profile]) => [
    name,
    version.schema[name].kind,
    String(profile.missing),
    String(profile.distinct),
    ...(profile.kind === "number"
      ? [time(name, profile.min), time(name, profile.mean), time(name, profile.max)]
      : [
          "",
          profile.top
            .slice(0, 3)
            .map(({ value }) => value)
            .join(" "),
          "",
        ]),
  ]);
  const table = columns([["column", "type", "missing", "distinct", "min", "mean or top", "max"], ...rows]);
  return { json: { ...brief(version), profile: version.profile }, text: `${describe(version)}\n\n${table}` };
}
