import { readFile } from "node:fs/promises";
import { generateDeliveries } from "./deliveries.js";

const packageFolder = new URL("../../../", import.meta.url);
const templates = new URL("templates/project/", packageFolder);

/** The template of each file; npm would leave a `.gitignore` out of the package, so it has no dot there. */
const templateOf: Readonly<Record<string, string>> = {
  "millwright.config.ts": "millwright.config.ts",
  "predict.ts": "predict.ts",
  "README.md": "README.md",
  "tsconfig.json": "tsconfig.json",
  ".gitignore": "gitignore",
};

interface Manifest {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

export interface ProjectFiles {
  /** Texts by path, relative to the project's folder. */
  readonly files: ReadonlyMap<string, string>;
  /** Rows of the generated data. */
  readonly rowCount: number;
}

/** Everything that a new project consists of. The same bytes at every call of one version. */
export async function projectFiles(): Promise<ProjectFiles> {
  const { csv, rowCount } = generateDeliveries();
  const files = new Map<string, string>();
  for (const [path, template] of Object.entries(templateOf)) {
    files.set(path, await readFile(new URL(template, templates), "utf8"));
  }
  files.set("package.json", await packageJson());
  files.set("data/deliveries.csv", csv);
  return { files, rowCount };
}

async function packageJson(): Promise<string> {
  const manifest = JSON.parse(await readFile(new URL("package.json", packageFolder), "utf8")) as Manifest;
  const { version, dependencies, devDependencies } = manifest;
  const project = {
    name: "deliveries",
    private: true,
    type: "module",
    scripts: {
      train: "millwright train",
      serve: "millwright serve",
      predict: "jiti predict.ts",
      check: "tsc",
    },
    dependencies: { millwright: `^${version}` },
    devDependencies: {
      "@types/node": devDependencies["@types/node"],
      jiti: dependencies.jiti,
      typescript: devDependencies.typescript,
    },
  };
  return `${JSON.stringify(project, null, 2)}\n`;
}
