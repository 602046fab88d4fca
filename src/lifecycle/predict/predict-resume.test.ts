import { writeFileSync } from "node:fs";
import { appendFile, readdir, readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { temporaryFolders } from "../../../test/support/trips.js";
import { openProject } from "../../compose/index.js";
import { logarithmGraph } from "../../inference/tensor-graphs.testing.js";
import { t, type Progress } from "../../kernel/index.js";
import { importModel } from "../versions/import-model.js";
import { jsonLines, predictHere, rowsIn } from "./predict-file.testing.js";
import type { Project } from "../project.js";

const folders = temporaryFolders();
let project: Project;
let folder: string;

beforeAll(async () => {
  folder = await folders.project();
  project = await openProject(folder);
  await importModel(project, { name: "log", graph: logarithmGraph() });
});
afterAll(async () => {
  await project.close();
  await folders.removeAll();
});

const numbers = (count: number) => Array.from({ length: count }, (_, i) => ({ x: i + 1 }));

/** The project, telling of every part that is written. */
const watched = (onPart: (rows: number) => void): Project => ({
  ...project,
  progress: { start: () => ({ update: onPart, finish: () => undefined }) } satisfies Progress,
});

const drafts = async (name: string) =>
  (await readdir(folder)).filter((entry) => entry.startsWith(`${name}.out.parquet.predict-`));

test("a cancelled run leaves its parts and nothing else; the same call goes on, another one begins anew", async () => {
  const files = await jsonLines(folder, "cancelled", numbers(50));
  const request = { model: "log@1", ...files, chunkRows: 10 };
  const controller = new AbortController();
  const cancelled = predictHere(
    watched((rows) => rows >= 20 && controller.abort()),
    request,
    controller.signal,
  );
  await expect(cancelled).rejects.toMatchObject({ code: "MW0105" });
  expect(await drafts("cancelled")).toHaveLength(1);
  expect((await readdir(folder)).includes("cancelled.out.parquet")).toBe(false);
  const done = await predictHere(project, request);
  expect(done.resumedRows).toBeGreaterThanOrEqual(20);
  expect(done).toMatchObject({ rows: 50, written: 50 });
  expect(await drafts("cancelled")).toEqual([]);
  const written = await rowsIn(project, files.out, { x: t.float(), y: t.float() });
  expect(written.map(({ x }) => x)).toEqual(numbers(50).map(({ x }) => x));
  for (const { x, y } of written) expect(y).toBeCloseTo(Math.log(x as number), 5);
});

test("what came to the output's place meanwhile stays, and so do the predictions until they are wanted there", async () => {
  const files = await jsonLines(folder, "late", numbers(50));
  const request = { model: "log@1", ...files, chunkRows: 10 };
  const crossed = watched((rows) => {
    if (rows === 50) writeFileSync(files.out, "somebody else's");
  });
  await expect(predictHere(crossed, request)).rejects.toMatchObject({
    ...{ code: "MW1171", found: "something that came meanwhile" },
    remedy: expect.stringContaining("--force") as string,
  });
  expect(await readFile(files.out, "utf8")).toBe("somebody else's");
  expect(await drafts("late")).toHaveLength(1);
  const forced = await predictHere(project, { ...request, force: true });
  expect(forced).toMatchObject({ rows: 50, written: 50, resumedRows: 50 });
  expect(await drafts("late")).toEqual([]);
});

test("another file under the same name begins anew, and the old parts are gone", async () => {
  const files = await jsonLines(folder, "other", numbers(50));
  const request = { model: "log@1", ...files, chunkRows: 10 };
  const controller = new AbortController();
  const cancelled = predictHere(
    watched((rows) => rows >= 20 && controller.abort()),
    request,
    controller.signal,
  );
  await expect(cancelled).rejects.toMatchObject({ code: "MW0105" });
  await jsonLines(folder, "other", numbers(30));
  expect(await predictHere(project, request)).toMatchObject({ rows: 30, written: 30, resumedRows: 0 });
  expect(await drafts("other")).toEqual([]);
});

test("a file that is written to meanwhile gives no output", async () => {
  const files = await jsonLines(folder, "changing", numbers(50));
  let changed = Promise.resolve();
  const changing = watched((rows) => {
    if (rows === 10) changed = appendFile(files.file.path, '\n{"x": 1}');
  });
  const run = predictHere(changing, { model: "log@1", ...files, chunkRows: 10 });
  await expect(run).rejects.toMatchObject({ code: "MW1174" });
  await changed;
  expect(await drafts("changing")).toEqual([]);
  expect((await readdir(folder)).includes("changing.out.parquet")).toBe(false);
});

test("one output has one writer at a time", async () => {
  const files = await jsonLines(folder, "taken", numbers(50));
  const request = { model: "log@1", ...files, chunkRows: 10 };
  const runs = await Promise.allSettled([predictHere(project, request), predictHere(project, request)]);
  expect(runs.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  const refused = runs.find((run) => run.status === "rejected");
  expect(refused?.reason).toMatchObject({ code: "MW1171" });
});

test("sessions in threads give what one thread gives, in the order of the rows", async () => {
  const files = await jsonLines(folder, "many", numbers(70_000));
  const schema = { x: t.float(), y: t.float() };
  const results: unknown[] = [];
  for (const threads of [1, 2]) {
    await predictHere({ ...project, threads }, { model: "log@1", ...files, force: true });
    results.push(await rowsIn(project, files.out, schema));
  }
  expect(results[1]).toEqual(results[0]);
}, 60_000);

test("a file without rows gives an output without rows", async () => {
  const { file, out } = await jsonLines(folder, "empty", numbers(1));
  const none = { ...file, format: "csv", delimiter: ",", nullText: "" } as const;
  const path = file.path.replace("jsonl", "csv");
  await appendFile(path, "id,x\n");
  expect(await predictHere(project, { model: "log@1", file: { ...none, path }, out })).toMatchObject({
    rows: 0,
    written: 0,
  });
  await appendFile(path, "007,1\n");
  await predictHere(project, { model: "log@1", file: { ...none, path }, out, force: true });
  expect(await rowsIn(project, out, { id: t.string(), y: t.float() })).toEqual([{ id: "007", y: 0 }]);
});
