import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, test } from "vitest";
import { expand, root, table as house } from "../../scripts/architecture-table.mjs";

interface Table {
  readonly file: string;
  readonly blocks: readonly string[];
  readonly codes: readonly string[];
}

function filesUnder(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

const read = (file: string) => readFileSync(join(root, file), "utf8");
const isTest = (file: string) => /\.(test|testing)\.ts$/.test(file);
const isTableFile = (file: string) => /[/-]errors\.ts$/.test(file);
const codesIn = (text: string, pattern: RegExp) =>
  new Set([...text.matchAll(pattern)].map((match) => match[1]));

function hasRows(value: unknown): value is { rows: Record<string, unknown> } {
  return typeof value === "object" && value !== null && "rows" in value;
}

/** The blocks of numbers that the room of a file may declare. */
function blocksOf(file: string): string[] {
  return house.errorBlocks
    .filter(({ rooms }) => expand(rooms).some((room) => file.startsWith(`src/${room}/`)))
    .map(({ block }) => block);
}

async function loadTables(files: readonly string[]): Promise<Table[]> {
  const tables = await Promise.all(
    files.map(async (file) => {
      const exports = Object.values((await import(join(root, file))) as Record<string, unknown>);
      return exports
        .filter(hasRows)
        .map(({ rows }) => ({ file, blocks: blocksOf(file), codes: Object.keys(rows) }));
    }),
  );
  return tables.flat();
}

const sources = filesUnder("src");
const tables = await loadTables(sources.filter(isTableFile));
const codes = tables.flatMap((table) => table.codes);

describe("error codes", () => {
  test("each is declared once", () => {
    expect(codes.filter((code, at) => codes.indexOf(code) !== at)).toEqual([]);
  });

  test("each is in a block of numbers of its room", () => {
    const strays = tables.flatMap(({ file, blocks, codes }) =>
      codes.filter((code) => !blocks.includes(code.slice(2, 4))).map((code) => `${code} in ${file}`),
    );
    expect(strays).toEqual([]);
  });

  test("docs/errors.md has each code and no other", () => {
    const documented = codesIn(read("docs/errors.md"), /^### (MW\d+)/gm);
    expect([...documented].sort()).toEqual([...codes].sort());
  });

  test("each is raised in src/, and no other is", () => {
    const shipped = sources.filter((file) => !isTest(file) && !isTableFile(file));
    const raised = codesIn(shipped.map(read).join("\n"), /["'`](MW\d{4})["'`]/g);
    expect([...raised].sort()).toEqual([...codes].sort());
  });

  test("each is met by a test", () => {
    const tests = [...sources.filter(isTest), ...filesUnder("test")];
    const met = codesIn(tests.map(read).join("\n"), /(MW\d{4})/g);
    expect(codes.filter((code) => !met.has(code))).toEqual([]);
  });
});
