import { spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { afterEach, beforeEach, expect, it } from "vitest";
import { systemClock } from "../../kernel/index.js";
import { checkAgainstLog, verifyAuditLog, type Evidence } from "../../registry/index.js";
import { openSqlite } from "./index.js";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "millwright-sqlite-"));
  path = join(folder, "metadata.db");
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

type Child = ChildProcessByStdio<null, Readable, null>;

function registering(prefix: string, count: number): Child {
  const script = join(import.meta.dirname, "registering-child.testing.ts");
  return spawn(process.execPath, ["--import", "jiti/register", script, path, prefix, String(count)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
}

/** The numbers that a child was told, up to its end; with `enough` of them it is killed. */
async function acknowledged(child: Child, enough = Infinity): Promise<number[]> {
  const numbers: number[] = [];
  const closed = once(child, "close");
  for await (const line of createInterface({ input: child.stdout })) {
    numbers.push(Number(line));
    if (numbers.length === enough) child.kill("SIGKILL");
  }
  await closed;
  return numbers;
}

async function expectWhole(told: readonly number[]): Promise<number> {
  const stores = openSqlite(path, { clock: systemClock });
  const versions = (await stores.registry.list("delay")).map(({ version }) => version).reverse();
  const log = await stores.registry.auditLog();
  stores.close();
  expect(versions).toEqual(versions.map((_, i) => i + 1));
  expect(versions).toEqual(expect.arrayContaining([...told]));
  expect(log).toHaveLength(versions.length);
  expect(verifyAuditLog(log)).toMatchObject({ ok: true });
  return versions.length;
}

it("gives two processes that open a new file and register at once no number twice and leaves no gap", async () => {
  const children = [registering("a", 40), registering("b", 40)];
  const [a, b] = await Promise.all(children.map((child) => acknowledged(child)));
  expect([...a, ...b].sort((x, y) => x - y)).toEqual(Array.from({ length: 80 }, (_, i) => i + 1));
  expect(await expectWhole([...a, ...b])).toBe(80);
});

it("keeps what it acknowledged, whole, when the process is killed", async () => {
  const told: number[] = [];
  for (const [round, enough] of [1, 7, 20].entries()) {
    const child = registering(`r${round}-`, 1_000_000);
    told.push(...(await acknowledged(child, enough)));
    expect(child.signalCode).toBe("SIGKILL");
    await expectWhole(told);
  }
  expect(told.length).toBeGreaterThanOrEqual(28);
});

it("two processes that promote at once on evidence against the same champion: exactly one wins, each time", async () => {
  const stores = openSqlite(path, { clock: systemClock });
  for (const packageId of ["p1", "p2", "p3"]) {
    await stores.registry.register({ model: "delay", packageId, runId: null });
  }
  const script = join(import.meta.dirname, "promoting-child.testing.ts");
  const start = (version: number) => {
    const args = ["--import", "jiti/register", script, path, String(version)];
    const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
    return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
  };
  const children = [start(2), start(3)];
  const next = async () =>
    (await Promise.all(children.map(({ lines }) => lines.next()))).map(({ value }) => value as string);
  expect(await next()).toEqual(["ready", "ready"]);
  const evidence: Evidence[] = [
    { kind: "gate", name: "auc", passed: true, observed: 0.8, required: 0.7, detail: "0.8 ≥ 0.7" },
    { kind: "probe-parity", passed: true, probes: 1, maxDifference: 0, detail: "1 probe equal" },
  ];
  let holder: number | null = null;
  for (let round = 0; round < 20; round++) {
    const back = { model: "delay", version: 1, alias: "champion", comparedWith: holder };
    await stores.registry.promote({ ...back, evidence, windowFeatures: false });
    for (const { child } of children) child.stdin.write("1\n");
    const verdicts = await next();
    expect(verdicts.toSorted()).toEqual(["promote", "refuse"]);
    const champion = (await stores.registry.resolve("delay", "champion")).version;
    expect(champion).toBe(verdicts.indexOf("promote") + 2);
    holder = champion;
  }
  for (const { child } of children) {
    const closed = once(child, "close");
    child.stdin.end();
    expect(await closed).toEqual([0, null]);
  }
  const refused = (await stores.registry.promotions("delay")).filter(
    ({ decision }) => decision.verdict === "refuse",
  );
  expect(refused).toHaveLength(20);
  expect(refused[0].decision.reasons[0]).toMatch(
    /^the evidence compares with version 1, but version [23] is/,
  );
  const entries = await stores.registry.auditLog();
  checkAgainstLog(entries, await stores.registry.list("delay"));
  expect(verifyAuditLog(entries)).toMatchObject({ ok: true });
  stores.close();
});
