import { cp, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commandPath, start } from "../support/command.js";
import { environments, python3 } from "../support/python.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
/** Environments are shared with the other tests: making one takes a minute. */
const env = { ...process.env, MILLWRIGHT_PYTHON_ENVIRONMENTS: environments };
let folders = "";

beforeAll(async () => {
  // As deep in the package as the examples, so that "millwright" and node_modules mean the same.
  folders = await mkdtemp(join(root, ".tmp-docs-"));
});
afterAll(() => rm(folders, { recursive: true, force: true }));

interface Trained {
  readonly promoted: boolean;
  readonly reasons: readonly string[];
  readonly metrics: Readonly<Record<string, { readonly value: number | null }>>;
}

async function trainExample(name: string): Promise<Trained> {
  const folder = join(folders, name);
  await cp(join(root, "examples", name), folder, {
    recursive: true,
    filter: (path) => !path.includes(".millwright"),
  });
  const { code, stdout, stderr } = await start(
    process.execPath,
    [commandPath, "train", "--json"],
    folder,
    env,
  ).ended;
  expect([code, code === 0 ? "" : stderr]).toEqual([0, ""]);
  return JSON.parse(stdout) as Trained;
}

describe.skipIf(python3 === undefined)("the examples that train in Python", () => {
  test.each([
    ["sklearn-pipeline", "accuracy", 0.9],
    ["lightgbm-ranker", "ndcg", 0.6],
    ["torch-digits", "accuracy", 0.9],
  ])(
    "%s trains and is promoted",
    async (name, metric, least) => {
      const { promoted, reasons, metrics } = await trainExample(name);
      expect([promoted, promoted ? [] : reasons]).toEqual([true, []]);
      expect(metrics[metric].value).toBeGreaterThan(least);
    },
    600_000,
  );
});
