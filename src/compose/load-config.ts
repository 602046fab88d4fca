import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { createJiti } from "jiti";
import { isMillwrightError } from "../kernel/index.js";
import type { ProjectDefinition } from "./define-project.js";
import { composeErrors } from "./errors.js";

const configNames = ["millwright.config.ts", "millwright.config.mjs", "millwright.config.js"];

/** The package under its own name: a configuration gets this very copy of it. */
const packageName = "millwright";

/** Loads the configuration of a project's folder. Throws MW1120 to MW1122, and what its definitions throw. */
export async function loadConfig(folder: string): Promise<ProjectDefinition> {
  const path = configNames
    .map((name) => join(resolve(folder), name))
    .find((candidate) => existsSync(candidate));
  if (path === undefined) {
    throw composeErrors.error("MW1120", {
      expected: `${configNames[0]} in ${resolve(folder)}`,
      found: "no such file",
      remedy: "Run npx millwright init my-project, or name the project's folder with --project.",
    });
  }
  const jiti = createJiti(import.meta.url, {
    fsCache: false,
    moduleCache: false,
    virtualModules: { [packageName]: (await import(packageName)) as unknown },
  });
  const exported = await evaluate(path, () => jiti.import(path));
  const project = isObject(exported) && "default" in exported ? exported.default : undefined;
  if (isProject(project)) return project;
  throw composeErrors.error("MW1122", {
    expected: `export default defineProject({ … }) in ${path}`,
    found: project === undefined ? "no default export" : "a default export of another kind",
    remedy: "Export what defineProject() returns.",
  });
}

async function evaluate(path: string, load: () => Promise<unknown>): Promise<unknown> {
  try {
    return await load();
  } catch (error) {
    if (isMillwrightError(error)) throw error;
    throw composeErrors.error("MW1121", {
      expected: `${path} to load`,
      found: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
      remedy: "Mend the configuration; npx tsc --noEmit tells what is wrong in it.",
      cause: error,
    });
  }
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

function isProject(value: unknown): value is ProjectDefinition {
  return isObject(value) && "kind" in value && value.kind === "project";
}
