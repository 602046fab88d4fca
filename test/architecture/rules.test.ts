import { existsSync, readdirSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { cruise, type ICruiseResult } from "dependency-cruiser";
import { describe, expect, test } from "vitest";
import { dependencyCruiserConfig, ruleReasons } from "../../scripts/architecture-rules.mjs";
import { root } from "../../scripts/architecture-table.mjs";

const fixtures = join(import.meta.dirname, "fixtures");

async function violations(baseDir: string, folders: readonly string[]) {
  const { forbidden, options } = dependencyCruiserConfig();
  const { output } = await cruise([...folders], {
    ...options,
    baseDir,
    ruleSet: { forbidden },
    validate: true,
  });
  return (output as ICruiseResult).summary.violations.map(({ rule, from, to, cycle }) => ({
    rule: rule.name,
    from,
    to,
    // A cycle is reported once, at one of its files.
    files: cycle ? cycle.map(({ name }) => name) : [from],
  }));
}

/** In a fixture, a file that breaks the rule says so in its name. */
function illegalFiles(tree: string): string[] {
  return readdirSync(tree, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && basename(entry.name).startsWith("illegal"))
    .map((entry) => relative(tree, join(entry.parentPath, entry.name)))
    .sort();
}

describe("architecture rules", () => {
  test("every rule has a fixture and every fixture a rule", () => {
    expect(readdirSync(fixtures).sort()).toEqual(Object.keys(ruleReasons).sort());
  });

  test("every configured rule states its reason", () => {
    for (const { name, comment } of dependencyCruiserConfig().forbidden) {
      expect(comment).toContain(ruleReasons[name ?? ""]);
    }
  });

  test.each(Object.keys(ruleReasons))("%s bites exactly the illegal files of its fixture", async (name) => {
    const tree = join(fixtures, name);
    const found = await violations(tree, readdirSync(tree));
    expect(new Set(found.map(({ rule }) => rule))).toEqual(new Set([name]));
    expect([...new Set(found.flatMap(({ files }) => files))].sort()).toEqual(illegalFiles(tree));
  });

  test("the house keeps every rule", async () => {
    const folders = ["src", "test", "examples"].filter((folder) => existsSync(join(root, folder)));
    expect(await violations(root, folders)).toEqual([]);
  });
});
