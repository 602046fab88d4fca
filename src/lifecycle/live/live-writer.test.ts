import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { fsAppendLog } from "../../adapters/fs/index.js";
import { events, parquet } from "../../data/index.js";
import {
  count,
  createIdSet,
  createOnlineState,
  featureSet,
  view,
  type FeatureState,
  type LoggedEvent,
} from "../../features/index.js";
import { storageErrors, t, type AppendLog, type Value } from "../../kernel/index.js";
import type { LogPosition } from "./live-records.js";
import { eventWriter, type EventWriterParts } from "./live-writer.js";

const schema = { at: t.timestamp(), id: t.int(), place: t.string() };
const source = events("things", { from: parquet("a.parquet"), schema, eventTime: "at", id: "id" });
const tally = view("tally", {
  source,
  entity: { thing: "place" },
  features: () => ({ n: count().over("1d") }),
});

/** An empty log that goes with its test. */
async function emptyLog(): Promise<AppendLog> {
  const folder = await mkdtemp(join(tmpdir(), "millwright-writer-"));
  const log = await fsAppendLog(folder);
  onTestFinished(async () => {
    await log.close();
    await rm(folder, { recursive: true });
  });
  return log;
}

const gone = () =>
  storageErrors.error("MW1003", { expected: "a store", found: "none", remedy: "Bring it back." });

/** A state whose store can be gone: then it learns nothing, at once or after it began. */
function faltering() {
  const state = createOnlineState([tally]);
  const told: number[] = [];
  let away = false;
  const faulty: FeatureState = {
    ...state,
    async add(name: string, given: readonly LoggedEvent[]) {
      await Promise.resolve();
      const most = away ? Math.floor(given.length / 2) : given.length;
      told.push(...given.slice(0, most).map(({ sequence }) => sequence));
      state.add(name, given.slice(0, most));
      if (away) throw gone();
    },
  };
  const reader = state.reader(featureSet({ views: { place: tally }, request: {} }));
  return {
    state: faulty,
    told,
    leave: () => (away = true),
    comeBack: () => (away = false),
    count() {
      const out = { numbers: new Float32Array(1), texts: [] };
      reader.read([{ values: ["a"], timeMs: 1000, out }]);
      return out.numbers[0];
    },
  };
}

const event = (id: number): Value[] => [0, id, "a"];
const many = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => event(from + i));

function writerOf(state: FeatureState, log: AppendLog, change: Partial<EventWriterParts> = {}) {
  const position: LogPosition = { sequence: 0, record: "" };
  const accepted: number[] = [];
  const writer = eventWriter({
    ...{ source: "things", log, position, state, maxWaiting: 100 },
    receivedMs: () => null,
    onAccepted: (n) => accepted.push(n),
    ...change,
  });
  return { writer, position, accepted };
}

test("events of many writers at once reach the state in the order of the log", async () => {
  const { state, told } = faltering();
  const { writer, position } = writerOf(state, await emptyLog());
  const written = await Promise.all(
    Array.from({ length: 30 }, (_, i) => writer.write(many(3 * i, 3 * i + 3))),
  );
  expect(told).toEqual(Array.from({ length: 90 }, (_, i) => i + 1));
  expect(written.map(({ sequence }) => sequence)).toEqual(
    Array.from({ length: 30 }, (_, i) => ({ first: 3 * i + 1, last: 3 * i + 3 })),
  );
  expect(position.sequence).toBe(90);
});

test("what the state missed is acknowledged, and learnt from the log before anything else", async () => {
  const world = faltering();
  const log = await emptyLog();
  const { writer } = writerOf(world.state, log);
  expect(writer.caughtUp()).toBeUndefined();
  await writer.write(many(0, 4));
  world.leave();
  expect(await writer.write(many(4, 10))).toMatchObject({ sequence: { first: 5, last: 10 } });
  expect(await writer.write(many(10, 20))).toMatchObject({ sequence: { first: 11, last: 20 } });
  await expect(writer.caughtUp()).rejects.toMatchObject({ code: "MW1003" });
  expect(world.count()).toBeLessThan(20);
  world.comeBack();
  await writer.caughtUp();
  expect(writer.caughtUp()).toBeUndefined();
  expect(world.count()).toBe(20);
  world.leave();
  await writer.write(many(20, 25));
  world.comeBack();
  await writer.write(many(25, 30));
  expect(world.count()).toBe(30);
  expect(world.told).toEqual([...new Set(world.told)].sort((a, b) => a - b));
});

test("more events than may wait are refused, whole; later there is room again", async () => {
  const { state } = faltering();
  const { writer } = writerOf(state, await emptyLog(), { maxWaiting: 10 });
  // Alone, a batch may be larger than the bound: it would never fit otherwise.
  const large = writer.write(many(0, 50));
  await expect(writer.write(many(50, 51))).rejects.toMatchObject({
    code: "MW1115",
    details: { source: "things", maxWaiting: 10 },
  });
  expect(await large).toMatchObject({ sequence: { first: 1, last: 50 } });
  const small = [many(50, 54), many(54, 58), many(58, 60)].map((batch) => writer.write(batch));
  await expect(writer.write(many(60, 61))).rejects.toMatchObject({ code: "MW1115" });
  expect((await Promise.all(small)).at(-1)).toMatchObject({ sequence: { first: 59, last: 60 } });
});

test("where the system clock rules, the state's clock follows it, so that events do not wait for a question", async () => {
  const state = createOnlineState([tally]);
  let nowMs = 50_000;
  const { writer } = writerOf(state, await emptyLog(), { receivedMs: () => nowMs });
  await writer.write(many(0, 3));
  expect(state.clockMs()).toBe(49_000);
  nowMs = 60_000;
  await writer.write(many(3, 5));
  expect(state.clockMs()).toBe(59_000);
  const out = { numbers: new Float32Array(1), texts: [] };
  const reader = state.reader(featureSet({ views: { place: tally }, request: {} }));
  const countAt = (timeMs: number) => {
    const [seen] = reader.read([{ values: ["a"], timeMs, out }]);
    return [seen.asOfMs, out.numbers[0]];
  };
  // Those of before are known, those of now are not yet: a question of the past is answered as of the clock.
  expect(countAt(0)).toEqual([59_000, 3]);
  expect(countAt(60_001)).toEqual([60_001, 5]);
});

test("a log that takes nothing fails those who wait, and their ids stay free", async () => {
  const { state, count } = faltering();
  const stored = await emptyLog();
  let full = true;
  const log: AppendLog = {
    nextSequence: 1,
    read: (from) => stored.read(from),
    sync: () => stored.sync(),
    close: () => stored.close(),
    append: (records) => (full ? Promise.reject(gone()) : stored.append(records)),
  };
  const ids = { seen: createIdSet(), column: 1 };
  const { writer, accepted } = writerOf(state, log, { ids });
  const failed = [many(0, 3), many(1, 5)].map((batch) => writer.write(batch));
  for (const one of failed) await expect(one).rejects.toMatchObject({ code: "MW1003" });
  expect([accepted, count()]).toEqual([[], 0]);
  full = false;
  const [left, right] = await Promise.all([many(0, 3), many(1, 5)].map((batch) => writer.write(batch)));
  expect([left, right]).toEqual([
    { duplicates: [], sequence: { first: 1, last: 3 } },
    { duplicates: [0, 1], sequence: { first: 4, last: 5 } },
  ]);
  expect(await writer.write(many(0, 5))).toEqual({ duplicates: [0, 1, 2, 3, 4], sequence: null });
  expect(count()).toBe(5);
});
