import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, test } from "vitest";
import { root, rooms, table } from "../../scripts/architecture-table.mjs";

const src = join(root, "src");
const isTest = (file: string) => /\.(test|testing)\.ts$/.test(file);

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

const read = (file: string) => readFileSync(join(root, file), "utf8");
const lines = (file: string) => read(file).trimEnd().split("\n").length;
const sources = filesUnder(src);

/** The room that a file of src/ stands in, e.g. "data" or "adapters/sqlite". */
function roomOf(file: string): string {
  const parts = file.split("/").slice(1);
  if (parts[0] === "index.ts") return "index";
  return parts[0] === "adapters" ? parts.slice(0, 2).join("/") : parts[0];
}

describe("the house", () => {
  test("every room in the table is lived in, and every folder is in the table", () => {
    expect([...new Set(sources.map(roomOf))].sort()).toEqual(rooms.map(({ name }) => name).sort());
  });

  test.each(rooms.map(({ name }) => name).filter((name) => name !== "index"))(
    "%s has a README and, unless it is the command line, an index of at most 60 lines",
    (name) => {
      expect(existsSync(join(src, name, "README.md"))).toBe(true);
      if (name !== "cli") expect(lines(`src/${name}/index.ts`)).toBeLessThanOrEqual(60);
    },
  );

  test("every dependency of the package has an owner, and every owner a dependency", () => {
    const manifest = JSON.parse(read("package.json")) as { dependencies: Record<string, string> };
    expect(table.vendors.map((vendor) => vendor.package).sort()).toEqual(
      Object.keys(manifest.dependencies).sort(),
    );
    const names = rooms.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(table.vendors.map(({ owner }) => owner)));
  });

  test("no folder is named after nothing in particular", () => {
    const vague = sources.filter((file) =>
      /(^|\/)(utils?|helpers?|common|misc|managers?)(\/|$)/.test(dirname(file)),
    );
    expect(vague).toEqual([]);
  });

  test("every lint exception states its reason", () => {
    const silent = [...sources, ...filesUnder(join(root, "test"))].filter((file) =>
      read(file)
        .split("\n")
        .some((line) => /(\/\/|\/\*)\s*eslint-disable/.test(line) && !/ -- \S/.test(line)),
    );
    expect(silent).toEqual([]);
  });
});

describe("size ratchet", () => {
  const sizes = sources.filter((file) => !isTest(file)).map((file) => ({ file, lines: lines(file) }));

  test("nine files in ten have at most 250 lines", () => {
    const sorted = sizes.map((size) => size.lines).sort((a, b) => a - b);
    expect(sorted[Math.ceil(sorted.length * 0.9) - 1]).toBeLessThanOrEqual(250);
  });

  test("none has more than 500, and those above 300 are named with a reason", () => {
    expect(sizes.filter((size) => size.lines > 500)).toEqual([]);
    const long = sizes.filter((size) => size.lines > 300).map(({ file }) => file);
    expect(long.sort()).toEqual(Object.keys(table.longFiles).sort());
  });
});
