import { existsSync, readdirSync } from "node:fs";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import Libsql from "libsql";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openProject } from "../../src/compose/index.js";
import { audit, listVersions, readVersion, type Project } from "../../src/lifecycle/index.js";
import { commandPath, failure, runCommand, runJson, start, startCommand } from "../support/command.js";
import { edited, temporaryFolders, tripsConfig } from "../support/trips.js";

type ListedVersion = Awaited<ReturnType<typeof listVersions>>[number];

const folders = temporaryFolders();
const model = "late-trip";
let trained = "";
let exported = "";

/** A project with one version, the champion, and the package of another. */
beforeAll(async () => {
  trained = await folders.project();
  await runJson(trained, ["train"]);
  const other = await folders.project({ config: edited(tripsConfig, "trees: 12", "trees: 300") });
  await runJson(other, ["train"]);
  exported = join(other, "package");
  await runJson(other, ["models", "export", model, "--out", exported]);
}, 60_000);
afterAll(() => folders.removeAll());

async function copyOf(project: string): Promise<string> {
  const copy = await folders.make({});
  // A closed database has everything in one file; what lies beside it may vanish while it is copied.
  await cp(project, copy, { recursive: true, filter: (path) => !/\.db-(wal|shm)$/.test(path) });
  return copy;
}

/** Does something with the project in this process. */
async function inside<T>(folder: string, work: (project: Project) => Promise<T>): Promise<T> {
  const project = await openProject(folder);
  try {
    return await work(project);
  } finally {
    await project.close();
  }
}

/** Whatever happened: the log holds and agrees with the tables, and every registered version is whole. */
const expectWhole = (folder: string): Promise<readonly ListedVersion[]> =>
  inside(folder, async (project) => {
    await audit(project, { verify: true });
    const versions = await listVersions(project);
    expect(versions.map(({ version }) => version)).toEqual(versions.map((_, i) => versions.length - i));
    for (const { version } of versions) await readVersion(project, { model, ref: String(version) });
    return versions;
  });

function database<T>(folder: string, work: (open: InstanceType<typeof Libsql>) => T): T {
  const open = new Libsql(join(folder, ".millwright", "metadata.db"));
  try {
    return work(open);
  } finally {
    open.close();
  }
}

test("a full disk at any point of an import leaves a version that is whole, or none", async () => {
  const folder = await copyOf(trained);
  const outcomes = new Set<string>();
  // No file may grow beyond so many KiB: the graph, the manifests or the database stop short.
  for (const limitKib of [1, 4, 16, 48, 96]) {
    const script = `trap '' XFSZ; ulimit -f ${limitKib}; exec "$0" "$@"`;
    const args = ["models", "import", exported, "--json", "--quiet"];
    const ended = await start("bash", ["-c", script, process.execPath, commandPath, ...args], folder).ended;
    const answer = JSON.parse(ended.stdout.trim().split("\n").at(-1) ?? "") as { error?: { code: string } };
    outcomes.add(`${ended.code} ${answer.error?.code ?? "registered"}`);
    const versions = await expectWhole(folder);
    expect(versions).toHaveLength(answer.error === undefined ? 2 : 1);
    if (answer.error === undefined) break;
  }
  expect([...outcomes].sort()).toContain("3 MW1003");
  await runJson(folder, ["models", "import", exported]);
  expect(await expectWhole(folder)).toHaveLength(2);
}, 120_000);

const filesBelow = (folder: string): number =>
  existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile()).length
    : 0;

test("kill -9 at every file that an import adds: nothing is half-registered", async () => {
  const folder = await copyOf(trained);
  const blobs = join(folder, ".millwright", "blobs");
  let kills = 0;
  for (let killed = true; killed;) {
    const before = filesBelow(blobs);
    const running = startCommand(folder, "models", "import", exported);
    let ended = false;
    void running.ended.then(() => (ended = true));
    while (!ended && filesBelow(blobs) <= before) await new Promise(setImmediate);
    running.child.kill("SIGKILL");
    killed = (await running.ended).signal === "SIGKILL";
    if (killed) kills++;
    await expectWhole(folder);
  }
  // A busy machine may let all but one import end before its kill.
  expect(kills).toBeGreaterThan(0);
  expect(await expectWhole(folder)).toHaveLength(2);
}, 120_000);

test("a tampered audit log and tampered tables are found, with the first bad entry named", async () => {
  const folder = await copyOf(trained);
  await runJson(folder, ["models", "import", exported]);
  await runJson(folder, ["models", "archive", model, "2", "--reason", "trial"]);
  const { head } = await inside(folder, (project) => audit(project, { verify: true }));
  if (head === null) throw new Error("nothing was verified");
  expect(head.sequence).toBe(4);
  const cases: [sql: string, noted: { head?: string }, code: string, sequence?: number][] = [
    [
      "UPDATE audit_log SET event = replace(event, 'refuse', 'promote'), at_ms = at_ms + 1 WHERE sequence = 2",
      {},
      "MW0612",
      2,
    ],
    ["DELETE FROM audit_log WHERE sequence = 3", {}, "MW0612", 3],
    [
      "UPDATE audit_log SET sequence = -1 WHERE sequence = 2; UPDATE audit_log SET sequence = 2 WHERE sequence = 3; " +
        "UPDATE audit_log SET sequence = 3 WHERE sequence = -1",
      {},
      "MW0612",
      2,
    ],
    ["DELETE FROM audit_log WHERE sequence = 4", { head: head.hash }, "MW0613"],
    ["UPDATE model_versions SET retired_at_ms = NULL WHERE version = 2", {}, "MW0614"],
    ["UPDATE aliases SET version = 2", {}, "MW0614"],
  ];
  for (const [sql, noted, code, sequence] of cases) {
    const copy = await copyOf(folder);
    database(copy, (open) => open.exec(sql));
    const verified = inside(copy, (project) => audit(project, { verify: true, ...noted }));
    await expect(verified).rejects.toMatchObject({
      code,
      ...(sequence === undefined ? {} : { details: { sequence } }),
    });
  }
  database(folder, (open) => open.exec("DELETE FROM audit_log WHERE sequence = 1"));
  const { exit, error } = await failure(folder, ["models", "audit", "--verify"]);
  expect({ exit, code: error.code }).toEqual({ exit: 1, code: "MW0612" });
  // Nothing is decided on a log that somebody changed.
  const decided = await failure(folder, ["models", "rollback", model, "1"]);
  expect(decided.error.code).toBe("MW0612");
}, 60_000);

test("two promotions at once: the alias ends where the log says, and a loser is told so", async () => {
  const folder = await copyOf(trained);
  const codes = new Set<string>();
  await runJson(folder, ["models", "import", exported]);
  for (let round = 0; round < 2; round++) {
    const both = await Promise.all([
      runCommand(folder, "models", "rollback", model, "1", "--json", "--quiet"),
      runCommand(folder, "models", "promote", model, "2", "--alias", "challenger", "--json", "--quiet"),
      runCommand(folder, "models", "promote", model, "1", "--alias", "challenger", "--json", "--quiet"),
    ]);
    const answers = both.map(({ code, stdout }) => {
      const { error } = JSON.parse(stdout.trim()) as { error?: { code: string } };
      return `${code} ${error?.code ?? "promoted"}`;
    });
    expect(answers[0]).toBe("0 promoted");
    answers.forEach((answer) => codes.add(answer));
    expect(answers.slice(1)).toContain("0 promoted");
  }
  expect([...codes].every((code) => ["0 promoted", "1 MW0609"].includes(code))).toBe(true);
  expect((await expectWhole(folder)).at(-1)).toMatchObject({ version: 1, stage: "production" });
}, 60_000);
