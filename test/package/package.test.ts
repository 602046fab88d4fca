import { execFile } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join, posix } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { root } from "../../scripts/architecture-table.mjs";

interface Manifest {
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

const read = (file: string) => readFileSync(join(root, file), "utf8");
const manifest = JSON.parse(read("package.json")) as Manifest;
const exported = Object.values(manifest.exports).flatMap((entry) =>
  typeof entry === "string" ? [entry] : Object.values(entry),
);

/** What `npm pack` would put into the tarball. */
async function packedFiles(): Promise<string[]> {
  const { stdout } = await promisify(execFile)("npm", ["pack", "--dry-run", "--json"], { cwd: root });
  const [pack] = JSON.parse(stdout) as [{ files: { path: string }[] }];
  return pack.files.map(({ path }) => path);
}

describe("the package, after `npm run build`", () => {
  let packed: string[];
  beforeAll(async () => {
    packed = await packedFiles();
  });

  test("exports files that exist and are packed", () => {
    expect(exported.filter((file) => !existsSync(join(root, file)))).toEqual([]);
    expect(packed).toEqual(expect.arrayContaining(exported.map((file) => file.replace("./", ""))));
  });

  test.each(Object.entries(manifest.bin))(
    "the command %s is executable and names its interpreter",
    (_, file) => {
      expect(read(file).split("\n")[0]).toBe("#!/usr/bin/env node");
      expect(statSync(join(root, file)).mode & 0o111).toBe(0o111);
    },
  );

  test("carries compiled code, templates, the Python side, docs, examples and its papers, and nothing else", () => {
    const papers = [
      ...["package.json", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "python/README.md"],
    ];
    const reading =
      /^docs\/([\w-]+\.md|images\/\w+\.png)$|^examples\/[\w-]+\/[\w.-]+\.(js|ts|md|py|parquet)$/;
    const python = /^python\/(locks\/\w+\.txt|millwright_trainer\/[\w/]+\.(py|schema\.json))$/;
    const strays = packed.filter(
      (file) =>
        !/^dist\/.+\.(js|d\.ts)$|^templates\//.test(file) &&
        !python.test(file) &&
        !reading.test(file) &&
        !papers.includes(file),
    );
    expect(strays).toEqual([]);
    expect(packed).toEqual(expect.arrayContaining(papers));
    expect(packed.filter((file) => /\.(test|testing)\./.test(file))).toEqual([]);
  });

  test("leads nowhere that is not in it", () => {
    const dead = packed
      .filter((file) => file.endsWith(".md"))
      .flatMap((file) =>
        [...read(file).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map(([, link]) => ({ file, link })),
      )
      .filter(({ link }) => !/^[a-z]+:/.test(link))
      .filter(({ file, link }) => {
        const target = posix.join(posix.dirname(file), link);
        return !packed.some((other) => other === target || other.startsWith(`${target}/`));
      });
    expect(dead).toEqual([]);
  });

  test("each compiled file has a source", () => {
    const orphans = packed
      .filter((file) => /^dist\/.+(\.d\.ts|\.js)$/.test(file))
      .filter(
        (file) => !existsSync(join(root, file.replace("dist/", "src/").replace(/(\.d\.ts|\.js)$/, ".ts"))),
      );
    expect(orphans).toEqual([]);
  });
});

describe("package-lock.json", () => {
  const lock = JSON.parse(read("package-lock.json")) as { packages: Record<string, { integrity?: string }> };

  test("has no download addresses, so any registry serves", () => {
    expect(read("package-lock.json")).not.toMatch(/"resolved":|https?:\/\/registry/);
  });

  test("fixes the content of every package", () => {
    const loose = Object.entries(lock.packages).filter(([path, entry]) => path !== "" && !entry.integrity);
    expect(loose).toEqual([]);
  });

  test("agrees with package.json", () => {
    expect(lock.packages[""]).toMatchObject({ dependencies: manifest.dependencies });
  });
});
