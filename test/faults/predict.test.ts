import { existsSync, readdirSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { identityGraph } from "../../src/inference/tensor-graphs.testing.js";
import { t } from "../../src/kernel/index.js";
import { openProject } from "../../src/compose/index.js";
import { rowsIn } from "../../src/lifecycle/predict/predict-file.testing.js";
import { commandPath, failure, runJson, start, startCommand, type Running } from "../support/command.js";
import { temporaryFolders } from "../support/trips.js";

const folders = temporaryFolders();
const rows = 30_000;
let folder: string;

beforeAll(async () => {
  folder = await folders.make({
    "millwright.config.ts":
      'import { defineProject } from "millwright";\nexport default defineProject({ name: "files", models: [] });\n',
    "pair.onnx": identityGraph(["n", 2]),
    "rows.csv": csv(rows),
  });
  await runJson(folder, ["models", "import", "pair.onnx", "--name", "pair"]);
}, 60_000);
afterAll(() => folders.removeAll());

const csv = (count: number) =>
  ["id,x_0,x_1", ...Array.from({ length: count }, (_, i) => `r${i},${i},${i / 4}`), ""].join("\n");

/** Parts so small that there is always one to be caught in. */
const args = (out: string, ...more: string[]) => [
  ...["predict", "pair@1", "--file", "rows.csv", "--out", out, "--chunk-rows", "500", ...more],
];

const drafts = (out: string) => readdirSync(folder).filter((name) => name.startsWith(`${out}.predict-`));
const partsOf = (out: string) =>
  drafts(out).flatMap((name) => readdirSync(join(folder, name)).filter((file) => /^part-\d+$/.test(file)));

async function afterSomeParts(out: string, { ended }: Running): Promise<void> {
  let over = false;
  void ended.then(() => (over = true));
  while (partsOf(out).length < 4 && !over) await new Promise(setImmediate);
}

async function expectWhole(out: string): Promise<void> {
  const project = await openProject(folder);
  try {
    const schema = { id: t.string(), x_0: t.string(), y_0: t.float(), y_1: t.float() };
    const found = await rowsIn(project, join(folder, out), schema);
    expect(found.length).toBe(rows);
    const wrong = found.findIndex(
      ({ id, x_0, y_0, y_1 }, i) => id !== `r${i}` || x_0 !== String(i) || y_0 !== i || y_1 !== i / 4,
    );
    expect(wrong).toBe(-1);
  } finally {
    await project.close();
  }
}

interface Done {
  readonly rows: number;
  readonly written: number;
  readonly resumedRows: number;
}

test.each(["SIGKILL", "SIGINT"] as const)(
  "after %s there is no output, and the same command goes on to the same one",
  async (signal) => {
    const out = `${signal}.parquet`;
    const running = startCommand(folder, ...args(out));
    await afterSomeParts(out, running);
    running.child.kill(signal);
    const ended = await running.ended;
    if (signal === "SIGKILL") expect(ended.signal).toBe(signal);
    else {
      expect(ended.code).toBe(3);
      expect(ended.stderr).toContain("MW0105");
      expect(ended.stderr).toContain("Run the same command again; finished steps are not repeated.");
    }
    expect(existsSync(join(folder, out))).toBe(false);
    const kept = partsOf(out).length;
    expect(kept).toBeGreaterThanOrEqual(4);
    const done = await runJson<Done>(folder, args(out));
    expect(done).toMatchObject({ rows, written: rows });
    expect(done.resumedRows).toBe(kept * 500);
    expect(drafts(out)).toEqual([]);
    await expectWhole(out);
  },
  120_000,
);

test("a full disk: the command says so, leaves no output, and goes on when there is room", async () => {
  const out = "full.parquet";
  // No file may grow beyond 200 KiB: parts fit and the output does not. SIGXFSZ is ignored, or it would end the command.
  const script = `trap '' XFSZ; ulimit -f 200; exec "$0" "$@"`;
  const words = [...args(out), "--json", "--quiet"];
  const limited = start("bash", ["-c", script, process.execPath, commandPath, ...words], folder);
  const ended = await limited.ended;
  expect(ended.code).toBe(3);
  expect(JSON.parse(ended.stdout.trim().split("\n").at(-1) ?? "")).toMatchObject({
    error: { code: "MW1003" },
  });
  expect(existsSync(join(folder, out))).toBe(false);
  expect(await runJson<Done>(folder, args(out))).toMatchObject({ rows, written: rows });
  await expectWhole(out);
}, 120_000);

test("what is there is overwritten when that is asked for alone, and never by halves", async () => {
  const out = "there.parquet";
  await writeFile(join(folder, out), "something");
  expect(await failure(folder, args(out))).toMatchObject({ exit: 2, error: { code: "MW1171" } });
  const running = startCommand(folder, ...args(out, "--force"));
  await afterSomeParts(out, running);
  running.child.kill("SIGKILL");
  await running.ended;
  expect(readFileSync(join(folder, out), "utf8")).toBe("something");
  const done = await runJson<Done>(folder, args(out, "--force"));
  expect(done.resumedRows).toBeGreaterThan(0);
  await expectWhole(out);
}, 120_000);

test.each([
  ["garbage.parquet", "no Parquet, though it says so"],
  ["garbage.csv", '\u0000\u0001\u0002,"\u0000\n\u0003""x'],
  ["garbage.json", "{[1,"],
  ["empty.csv", ""],
])("a file that can never be read leaves nothing behind: %s", async (file, content) => {
  await writeFile(join(folder, file), content);
  const out = `of-${file}.parquet`;
  const refused = await failure(folder, ["predict", "pair@1", "--file", file, "--out", out]);
  expect(refused).toMatchObject({
    exit: 2,
    error: { code: expect.stringMatching(/^MW(0202|1170)$/) as string },
  });
  expect(drafts(out)).toEqual([]);
  expect(existsSync(join(folder, out))).toBe(false);
});

test("wrong use is told before anything is read", async () => {
  const base = ["predict", "pair@1", "--file"];
  expect(await failure(folder, [...base, "rows.txt", "--out", "a.parquet"])).toMatchObject({
    exit: 2,
    error: { code: "MW1201" },
  });
  expect((await failure(folder, [...base, "rows.csv", "--out", "a.csv"])).exit).toBe(2);
  const missing = [...base, "rows.csv", "--out", "a.parquet", "--columns", "idd"];
  expect(await failure(folder, missing)).toMatchObject({ error: { code: "MW1170" } });
});
