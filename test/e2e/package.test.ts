import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { start, type Ended } from "../support/command.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
/** npm's cache and registry serve the package's dependencies; everything else is in the tarball. */
const installFlags = ["--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund"];

let folder: string;
let project: string;

/** Runs a program in the new user's folder. */
const run = (program: string, ...args: string[]): Promise<Ended> => start(program, args, project).ended;
const types = (...args: string[]) => run(process.execPath, tsc, "--noEmit", "--pretty", "false", ...args);

/** Runs a command that must succeed, and reads the last line that it prints. */
async function json<Answer>(...args: string[]): Promise<Answer> {
  const { code, stdout, stderr } = await run("npx", "millwright", ...args, "--json");
  expect({ code, stderr }).toMatchObject({ code: 0 });
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Answer;
}

async function install(): Promise<void> {
  folder = await mkdtemp(join(tmpdir(), "millwright-package-"));
  project = join(folder, "project");
  const packed = await start("npm", ["pack", "--json", "--pack-destination", folder], root).ended;
  const [{ filename }] = JSON.parse(packed.stdout) as [{ filename: string }];
  await mkdir(project);
  const { code, stderr } = await run("npm", "install", ...installFlags, join(folder, filename));
  expect({ code, stderr }).toMatchObject({ code: 0 });
}

/** The steps of a new user, in their order: each test stands on those before it. */
describe("the package, installed in an empty folder", () => {
  beforeAll(install, 120_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test("init makes a project beside the package.json that npm left", async () => {
    const before = await readFile(join(project, "package.json"), "utf8");
    const made = await json<{ created: string[]; kept: string[]; rows: number; next: string[] }>("init");
    expect(made.created).toEqual(expect.arrayContaining(["millwright.config.ts", "predict.ts", "README.md"]));
    expect(made).toMatchObject({ kept: ["package.json"], rows: 25_723 });
    expect(made.next).toEqual(["npx millwright train", "npx millwright serve", "npx jiti predict.ts"]);
    expect(await readFile(join(project, "package.json"), "utf8")).toBe(before);
  });

  test("init overwrites nothing, and makes a whole package in a new folder", async () => {
    const config = await readFile(join(project, "millwright.config.ts"), "utf8");
    const again = await run("npx", "millwright", "init", "--json");
    const { error } = JSON.parse(again.stdout) as { error: { code: string; found: string } };
    expect(again.code).toBe(2);
    expect(error).toMatchObject({
      code: "MW1202",
      found: expect.stringContaining("millwright.config.ts") as string,
    });
    expect(await readFile(join(project, "millwright.config.ts"), "utf8")).toBe(config);

    const other = await json<{ kept: string[]; next: string[] }>("init", "my project");
    expect(other.kept).toEqual([]);
    expect(other.next.slice(0, 2)).toEqual(['cd "my project"', "npm install"]);
    const manifest = JSON.parse(await readFile(join(project, "my project/package.json"), "utf8")) as object;
    const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as { version: string };
    expect(manifest).toMatchObject({ type: "module", dependencies: { millwright: `^${version}` } });
  });

  test("the typed call compiles, as its README says, and a wrong one does not", async () => {
    const readme = await readFile(join(project, "README.md"), "utf8");
    const [, told, major] = /^npx (.* typescript@(\d+) tsc) +#/m.exec(readme) ?? [];
    // The project has no compiler of its own, and `tsc` alone is the name of another package.
    expect(await run("npx", "--prefer-offline", ...told.split(" "))).toMatchObject({ code: 0, stdout: "" });
    expect(ts.versionMajorMinor.split(".")[0]).toBe(major);
    expect(await types("-p", ".")).toMatchObject({ code: 0, stdout: "" });
    const predict = await readFile(join(project, "predict.ts"), "utf8");
    const mistakes = [
      ["late-delivery", "late-deliveries"], // no such model
      ['restaurant: "Hanoi", courier', 'restaurant: "Hanoi", currier'], // no such field
      ["km: 3.4", 'km: "3.4"'], // not a number
      [", ordered_at: new Date() }", " }"], // a field is missing
      ["calm.probability", "calm.chance"], // not in the answer
    ];
    for (const [i, [right, wrong]] of mistakes.entries()) {
      expect(predict).toContain(right);
      await writeFile(join(project, `wrong${i}.ts`), predict.replace(right, wrong));
    }
    const { code, stdout } = await types("-p", ".");
    expect(code).toBe(2);
    const refused = [...stdout.matchAll(/^(\S+)\(\d+,\d+\): error TS/gm)].map(([, file]) => file);
    expect([...new Set(refused)].sort()).toEqual(mistakes.map((_, i) => `wrong${i}.ts`));
    for (const i of mistakes.keys()) await rm(join(project, `wrong${i}.ts`));
  });

  test("training makes a champion, with a margin at every gate", async () => {
    const trained = await json<Trained>("train", "--quiet");
    expect(trained).toMatchObject({ promoted: true, rows: 25_723 });
    expect(trained.metrics.auc.low).toBeGreaterThan(0.75 + 0.03);
    expect(trained.metrics.auc.low).toBeGreaterThan(trained.baselineAuc + 0.01);
    // What the project is to show: windows matter.
    expect(trained.metrics.auc.low).toBeGreaterThan(trained.ablationAuc + 0.05);
  });

  test("predict.ts asks, tells and gives back; SIGTERM ends the server with everything on disk", async () => {
    const millwright = join(project, "node_modules/.bin/millwright");
    const server = start(millwright, ["serve", "--port", "0", "--json", "--quiet"], project);
    const { url } = JSON.parse(await server.firstLine) as { url: string };
    const asked = await run("npx", "jiti", "predict.ts", url);
    expect(asked).toMatchObject({ code: 0 });
    const said = /will be late: (\d+) %\n3 deliveries .*\n.* now: (\d+) %, by version 1 of late-delivery\n/;
    const [, calm, busy] = said.exec(asked.stdout) ?? [];
    expect(Number(busy)).toBeGreaterThan(Number(calm) + 20);
    server.child.kill("SIGTERM");
    const { code, stdout } = await server.ended;
    expect(code).toBe(0);
    expect(JSON.parse(stdout.trim().split("\n").at(-1) ?? "")).toMatchObject({ stopped: true });
  });

  test("the features of both predictions are proven, and the report shows them", async () => {
    const verified = await json("features", "verify", "--quiet");
    expect(verified).toMatchObject({ predictions: 2, mismatches: 0 });
    const { report } = await json<{ report: string }>("report", "--quiet");
    const html = await readFile(report, "utf8");
    expect(html).toContain("late-delivery");
    expect(html.trimEnd().endsWith("</html>")).toBe(true);
  });
});

interface Trained {
  readonly metrics: { readonly auc: { readonly low: number } };
  readonly baselineAuc: number;
  readonly ablationAuc: number;
}
