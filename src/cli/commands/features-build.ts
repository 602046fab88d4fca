import { constants } from "node:fs";
import { access, copyFile, rename, rm } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Command } from "commander";
import { buildTrainingSet, type BuiltTrainingSet } from "../../lifecycle/index.js";
import { cliErrors } from "../errors.js";
import { liveName, modelName, time, withCommonOptions } from "../options.js";
import { runOnProject, type CommonOptions } from "../run-command.js";
import { counted } from "../terminal.js";

interface BuildOptions extends CommonOptions {
  readonly asOf?: string;
  readonly live?: string;
  readonly out?: string;
}

export function addBuild(features: Command): void {
  withCommonOptions(features.command("build [model]"))
    .description("build the training set of a model, or find it: rows with a final label and all features")
    .option("--as-of <time>", "only what was known before this time")
    .option("--live <name>", "with the events that this live state logged until now", liveName)
    .option("--out <file>", "also write it as a Parquet file")
    .action((given: string | undefined, options: BuildOptions) =>
      runOnProject(options, async (project, signal) => {
        const model = modelName(
          given,
          project.models.map(({ name }) => name),
        );
        const { asOf, live } = options;
        const out = options.out === undefined ? undefined : await freePath(options.out);
        const built = await buildTrainingSet(
          project,
          {
            model,
            ...(asOf === undefined ? {} : { asOfMs: time("--as-of", asOf) }),
            ...(live === undefined ? {} : { live }),
          },
          signal,
        );
        if (out !== undefined) await copyWhole(await project.blobs.localPath(built.set.blob), out);
        const { contract: _, ...set } = built.set;
        const json = { ...set, manifest: built.manifest, reused: built.reused };
        return {
          json: out === undefined ? json : { ...json, out },
          text: [...setText(built), ...(out === undefined ? [] : [`Wrote ${out}`])].join("\n"),
          refused: set.parity.mismatches > 0,
        };
      }),
    );
}

function setText({ set, reused }: BuiltTrainingSet): string[] {
  const { id, rows, columns, refused, parity, watermarkMs } = set;
  const { immature, unlabelled } = refused;
  const size = `${counted(rows, "row")} × ${columns.length} columns`;
  return [
    `${id}: ${size}${reused ? " (unchanged, nothing to do)" : ""}`,
    `refused: ${counted(immature, "row")} whose label may still change after ${new Date(watermarkMs).toISOString()}, ${unlabelled.toLocaleString("en")} without a label`,
    `proved online: ${counted(parity.rows, "row")}, ${counted(parity.mismatches, "value")} that differ`,
  ];
}

/** Throws MW1202 when there is something already, and MW1201 when there is no folder to write into. */
async function freePath(out: string): Promise<string> {
  const path = resolve(out);
  await access(dirname(path), constants.W_OK).catch((cause: unknown) => {
    throw notWritable(cause);
  });
  const taken = await access(path, constants.F_OK).then(
    () => true,
    () => false,
  );
  if (!taken) return path;
  throw cliErrors.error("MW1202", {
    expected: `nothing at ${path}`,
    found: "a file or a folder",
    remedy: "Name another file, or remove this one.",
    details: { path },
  });
}

/** The file is there wholly or not at all. Throws MW1201. */
async function copyWhole(from: string, to: string): Promise<void> {
  const unfinished = `${to}.part`;
  try {
    await copyFile(from, unfinished);
    await rename(unfinished, to);
  } catch (cause) {
    await rm(unfinished, { force: true }).catch(() => undefined);
    throw notWritable(cause);
  }
}

function notWritable(cause: unknown) {
  return cliErrors.error("MW1201", {
    expected: "a file that can be written as --out",
    found: cause instanceof Error ? cause.message : String(cause),
    remedy: "Name a file in a folder that is there, with room for it.",
    cause,
  });
}
