import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Command } from "commander";
import { exportVersion, importVersion, readVersion, rollBack } from "../../lifecycle/index.js";
import { cliErrors } from "../errors.js";
import { withCommonOptions } from "../options.js";
import { runOnProject, type CommonOptions } from "../run-command.js";
import { columns } from "../terminal.js";

export function addModels(program: Command): void {
  const models = program.command("models").description("list registered versions, and look at one");

  withCommonOptions(models.command("list", { isDefault: true }))
    .description("list the versions of all models, the newest first")
    .action((options: CommonOptions) =>
      runOnProject(options, async (project) => {
        const names = await project.registry.models();
        const versions = (await Promise.all(names.map((name) => project.registry.list(name)))).flat();
        const rows = versions.map(({ model, version, state, packageId, registeredAtMs }) => [
          model,
          String(version),
          state.kind === "aliased" ? state.aliases.join(" ") : state.kind,
          packageId.slice(0, 12),
          new Date(registeredAtMs).toISOString(),
        ]);
        const table = columns([["model", "version", "state", "package", "registered"], ...rows]);
        return {
          json: { versions },
          text: rows.length === 0 ? "No version yet: millwright train makes one." : table,
        };
      }),
    );

  withCommonOptions(models.command("show <model> [version]"))
    .description("show the model card of a version (the champion by default); loading it verifies its hashes")
    .action((model: string, ref: string | undefined, options: CommonOptions) =>
      runOnProject(options, async (project) => {
        const found = await readVersion(project, ref === undefined ? { model } : { model, ref });
        const { manifest, card, modelHash } = found.package;
        return { json: { ...found.version, modelHash, manifest }, text: card };
      }),
    );

  withCommonOptions(models.command("rollback <model> <version>"))
    .description("make an earlier version the champion again, on its recorded gates and fresh probe parity")
    .action((model: string, ref: string, options: CommonOptions) =>
      runOnProject(options, async (project) => {
        const { request, decision } = await rollBack(project, { model, ref });
        const text = `Version ${request.version} of ${model} is the champion. A running server keeps its version.`;
        return { json: { model, version: request.version, decision }, text };
      }),
    );

  withCommonOptions(models.command("export <model> [version]"))
    .description("write the package of a version (the champion by default) into a new folder")
    .requiredOption("-o, --out <folder>", "the folder to make")
    .action((model: string, ref: string | undefined, options: CommonOptions & { out: string }) =>
      runOnProject(options, async (project) => {
        const { version, files } = await exportVersion(project, { model, ref: ref ?? "champion" });
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

  withCommonOptions(models.command("import <folder>"))
    .description("register a package that was exported elsewhere; every hash is verified first")
    .action((folder: string, options: CommonOptions) =>
      runOnProject(options, async (project) => {
        const version = await importVersion(project, await readFolder(resolve(folder)));
        return { json: version, text: `Registered as version ${version.version} of ${version.model}.` };
      }),
    );
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
