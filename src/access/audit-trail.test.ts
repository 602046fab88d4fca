import { expect, test } from "vitest";
import { memoryAppendLog } from "../adapters/memory/index.js";
import { manualClock, storageErrors, type AppendLog } from "../kernel/index.js";
import type { AuditOptions } from "./access-options.js";
import { gate } from "./keys.testing.js";

/** A log on a disk that may be full, and how often it was written to. */
function fullDisk() {
  const inner = memoryAppendLog();
  const disk = { full: true, appends: 0 };
  const append: AppendLog["append"] = async (records) => {
    disk.appends += 1;
    if (!disk.full) return inner.append(records);
    throw storageErrors.error("MW1003", { expected: "room", found: "none", remedy: "Make some." });
  };
  return { log: { ...inner, append } satisfies AppendLog, disk };
}

async function lines(log: AppendLog): Promise<Record<string, unknown>[]> {
  const all: Record<string, unknown>[] = [];
  for await (const { records } of log.read(1))
    all.push(...records.map((text) => JSON.parse(text) as Record<string, unknown>));
  return all;
}

const turn = () => new Promise(setImmediate);
const entry = { caller: null, verb: "predict", model: "a", version: 3, count: 2, status: 200 } as const;

async function audited(audit: boolean | AuditOptions, log: AppendLog) {
  const clock = manualClock(5_000);
  const { keeper } = await gate({ audit, anonymous: ["*"] }, { auditLog: log, clock });
  return { keeper, clock, nobody: await keeper.authenticate({}) };
}

test("who asked for what is written in order, one line each, nothing of what was sent", async () => {
  const log = memoryAppendLog();
  const { keeper, clock, nobody } = await audited(true, log);
  const ids = Array.from({ length: 150 }, (_, i) => `p${i}`);
  keeper.note({ ...entry, caller: nobody, ids });
  clock.advance(5);
  keeper.note({ ...entry, model: "two\nlines \ud800", status: 429, code: "MW1612" });
  await keeper.close();
  const facts = { verb: "predict", version: 3, count: 2 };
  expect(await lines(log)).toEqual([
    { ...facts, atMs: 5_000, caller: "anonymous", model: "a", status: 200, ids: ids.slice(0, 100) },
    { ...facts, atMs: 5_005, caller: null, model: "two\nlines \ud800", status: 429, code: "MW1612" },
  ]);
  expect(keeper.counters().audit).toEqual({ written: 2, lost: 0, failures: 0 });
});

test("what comes while the log writes goes into one append", async () => {
  const { log, disk } = fullDisk();
  disk.full = false;
  const { keeper } = await audited(true, log);
  for (let i = 0; i < 2_500; i++) keeper.note(entry);
  await turn();
  keeper.note(entry);
  await keeper.close();
  // The first alone, then a thousand, a thousand, the rest; then the late one.
  expect([disk.appends, keeper.counters().audit.written]).toEqual([5, 2_501]);
  expect(await lines(log)).toHaveLength(2_501);
});

test("a full disk fails no request; what waits is bounded, and written when there is room", async () => {
  const { log, disk } = fullDisk();
  const { keeper, clock, nobody } = await audited({ waitingEntries: 10 }, log);
  for (let i = 0; i < 25; i++) {
    keeper.note({ ...entry, count: i });
    keeper.authorize(nobody, "predict", "a");
    await turn();
  }
  // It was tried once, not with every request.
  expect([disk.appends, keeper.counters().audit]).toEqual([1, { written: 0, lost: 15, failures: 1 }]);
  disk.full = false;
  clock.advance(1_000);
  keeper.note(entry);
  await turn();
  keeper.note({ ...entry, count: 100 });
  await keeper.close();
  expect((await lines(log)).map(({ count }) => count)).toEqual([...Array(10).keys(), 100]);
});

test("or requests are refused, if it is told so, until there is room; metrics are not", async () => {
  const { log, disk } = fullDisk();
  const { keeper, clock, nobody } = await audited({ onFailure: "refuse" }, log);
  keeper.authorize(nobody, "predict", "a");
  keeper.note(entry);
  await turn();
  const refusal = expect.objectContaining({ code: "MW1614", details: { retryAfterMs: 1_000 } }) as Error;
  expect(() => keeper.authorize(nobody, "predict", "a")).toThrow(refusal);
  keeper.authorize(nobody, "read");
  disk.full = false;
  expect(() => keeper.authorize(nobody, "predict", "a")).toThrow(refusal);
  clock.advance(1_000);
  // This one is refused still, and makes the attempt.
  expect(() => keeper.authorize(nobody, "predict", "a")).toThrow(refusal);
  await turn();
  keeper.authorize(nobody, "predict", "a");
  expect(await lines(log)).toHaveLength(1);
});

test("what cannot be written up to the end is counted as lost", async () => {
  const { log } = fullDisk();
  const { keeper } = await audited(true, log);
  keeper.note(entry);
  keeper.note(entry);
  await keeper.close();
  expect(keeper.counters().audit).toMatchObject({ written: 0, lost: 2 });
});

test("a trail without a log is a mistake", async () => {
  await expect(gate({ audit: true })).rejects.toMatchObject({ code: "MW1615" });
});
