import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import type { Command } from "commander";
import {
  exportVersion,
  importModel,
  importVersion,
  versionNamed,
  type ImportedModel,
} from "../../lifecycle/index.js";
import { cliErrors } from "../errors.js";
import { withCommonOptions } from "../options.js";
import { runOnProject, type CommonOptions, type Outcome } from "../run-command.js";
import { counted } from "../terminal.js";

export function addExchange(models: Command): void {
  withCommonOptions(models.command("export <model> [version]"))
    .description("write the package of a version (the champion by default) into a new folder")
    .requiredOption("-o, --out <folder>", "the folder to make")
    .action((model: string, ref: string | undefined, options: CommonOptions & { out: string }) =>
      runOnProject(options, async (project) => {
        const { version, files } = await exportVersion(project, versionNamed(model, ref));
        const folder = resolve(options.out);
        await writeNewFolder(folder, files);
        const json = {
          folder,
          version: version.version,
          packageId: version.packageId,
          files: [...files.keys()],
        };
        return { json, text: `Wrote ${[...files.keys()].join(", ")} to ${folder}` };
      }),
    );

  withCommonOptions(models.command("import <path>"))
    .description(
      "register a package that was exported elsewhere (a folder; every hash is verified first), or a model in an " +
        "ONNX file (its signature is read, probes are recorded)",
    )
    .option("--name <model>", "the name of an ONNX file's model; that of the file when left out")
    .option(
      "--probes <file>",
      "JSON with inputs for an ONNX file, and perhaps the outputs that they must give",
    )
    .action((path: string, options: ImportOptions) =>
      runOnProject(options, async (project, signal): Promise<Outcome> => {
        if (path.endsWith(".onnx")) {
          return importedOutcome(await importModel(project, await readModel(path, options), signal));
        }
        const version = await importVersion(project, await readFolder(resolve(path)));
        return { json: version, text: `Registered as version ${version.version} of ${version.model}.` };
      }),
    );
}

interface ImportOptions extends CommonOptions {
  readonly name?: string;
  readonly probes?: string;
}

async function readModel(path: string, { name, probes }: ImportOptions) {
  return {
    name: name ?? basename(path, ".onnx").toLowerCase(),
    graph: await readInput(path, "an ONNX file"),
    probes: probes === undefined ? undefined : await readInput(probes, "a JSON file with probes"),
  };
}

/** Throws MW1201. */
async function readInput(path: string, expected: string): Promise<Uint8Array> {
  return readFile(resolve(path)).catch((cause: unknown) => {
    throw cliErrors.error("MW1201", {
      expected,
      found: `${path}: ${cause instanceof Error ? cause.message : String(cause)}`,
      remedy: "Name a file that can be read.",
      cause,
    });
  });
}

function importedOutcome({ version, signature, probes }: ImportedModel): Outcome {
  const { count, origin, tolerance, spread } = probes;
  const shape = ({ inputs, outputs }: typeof signature) =>
    [inputs, outputs].map((specs) => specs.map(({ name }) => name).join(", ")).join(" → ");
  const repeats =
    spread === 0 ? "" : `, which it repeats to within ${tolerance} only: it is not deterministic`;
  const text = [
    `Registered as version ${version.version} of ${version.model}: ${shape(signature)}.`,
    `${counted(count, "probe")}, ${origin}${repeats}.`,
    `Look at it: millwright models show ${version.model}@${version.version}`,
  ];
  return { json: { ...version, signature, probes }, text: text.join("\n") };
}

/** Writes files into a folder that must not exist yet: all of them, or none. Throws MW1202. */
async function writeNewFolder(folder: string, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
  if (existsSync(folder)) {
    throw cliErrors.error("MW1202", {
      expected: `a new folder as --out`,
      found: `${folder}, which exists`,
      remedy: "Name another folder.",
    });
  }
  const unfinished = await mkdtemp(`${folder}.part-`);
  try {
    for (const [name, bytes] of files) await writeFile(join(unfinished, name), bytes);
    await rename(unfinished, folder);
  } catch (error) {
    await rm(unfinished, { recursive: true });
    throw error;
  }
}

async function readFolder(folder: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw cliErrors.error("MW1201", {
      expected: "the folder of a package",
      found: `${folder}: ${cause instanceof Error ? cause.message : String(cause)}`,
      remedy: "Name a folder that millwright models export wrote.",
      cause,
    });
  });
  return new Map(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name))] as const)),
  );
}
