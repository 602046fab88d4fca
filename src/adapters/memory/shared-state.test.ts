import { describe, expect, test } from "vitest";
import { events, parquet } from "../../data/index.js";
import {
  count,
  createSharedState,
  featureSet,
  sum,
  view,
  type LoggedEvent,
  type SharedState,
  type TileRequest,
  type TileStore,
} from "../../features/index.js";
import { t, tableOf, type Value } from "../../kernel/index.js";
import { faultyTileStore } from "../../../test/support/faulty-tile-store.js";
import { memoryTileStore } from "./tile-store.js";

const schema = { at: t.timestamp(), user: t.string(), cents: t.int() };
const source = events("payments", { from: parquet("a.parquet"), schema, eventTime: "at" });
const spending = view("spending", {
  source,
  entity: { user: "user" },
  features: (f) => ({ n: count().over("3h"), cents: sum(f.cents).over("2d") }),
});
const set = featureSet({ views: { user: spending }, request: {} });

const minute = 60_000;
const hour = 60 * minute;
const start = Date.UTC(2024, 0, 10);
const space = "space";
const positionKey = (partition: string) => `@:position:${partition}`;

const open = (
  tiles: TileStore,
  partition = "one",
  more: { waitingEvents?: number; positionStride?: number } = {},
) => createSharedState([spending], { tiles, partition, spaceOf: () => space, positionStride: 1, ...more });

const event = (sequence: number, atMs: number, user = "ada", cents = 1): LoggedEvent => ({
  sequence,
  receivedMs: null,
  values: [atMs, user, cents],
});

/** Numbers from one to another, a minute apart. */
const minutely = (from: number, to: number, user = "ada") =>
  Array.from({ length: to - from + 1 }, (_, i) => event(from + i, start + (from + i) * minute, user));

async function read(state: SharedState, timeMs: number, user: Value = "ada") {
  const reader = state.reader(set);
  const out = { numbers: new Float32Array(reader.numberCount), texts: [] };
  const [seen] = await reader.read([{ values: [user], timeMs, out }]);
  return { numbers: [...out.numbers], seen };
}

/** Counts the calls of a store. */
function counting(store: TileStore) {
  const calls = { fetch: 0, swap: 0, requests: [] as TileRequest[] };
  const counted: TileStore = {
    ...store,
    fetch: (requests) => {
      calls.fetch++;
      calls.requests.push(...requests);
      return store.fetch(requests);
    },
    swap: (changes) => {
      calls.swap++;
      return store.swap(changes);
    },
  };
  return { calls, counted };
}

describe("a shared state", () => {
  test("applies a batch for many entities with one fetch and one swap, and a read is one fetch", async () => {
    const { calls, counted } = counting(memoryTileStore());
    const state = open(counted);
    await state.advance(start + hour);
    await state.add(
      "payments",
      Array.from({ length: 90 }, (_, i) => event(i + 1, start, `user ${i % 30}`)),
    );
    expect([calls.fetch, calls.swap]).toEqual([1, 1]);
    const reader = state.reader(featureSet({ views: { user: [spending], user2: spending }, request: {} }));
    calls.fetch = 0;
    calls.requests = [];
    const questions = Array.from({ length: 40 }, (_, i) => ({
      values: [`user ${i % 4}`, i === 0 ? null : "user 1"],
      timeMs: start + hour,
      out: { numbers: new Float32Array(4), texts: [] },
    }));
    const seen = await reader.read(questions);
    expect(calls.fetch).toBe(1);
    // Four entities and the position; nothing is asked for twice.
    expect(calls.requests).toHaveLength(5);
    expect([...questions[0].out.numbers]).toEqual([3, 3, 0, 0]);
    expect([...questions[1].out.numbers]).toEqual([3, 3, 3, 3]);
    expect(seen[0].lookups?.[1]).toEqual({});
  });

  test("keeps no tile that no read can reach", async () => {
    const store = memoryTileStore();
    const { calls, counted } = counting(store);
    const state = open(counted);
    for (let i = 1; i <= 2000; i++) {
      await state.add("payments", [event(i, start + i * 7 * minute)]);
      await state.advance(start + i * 7 * minute + 1);
    }
    const { numbers } = await read(state, state.clockMs());
    // 3 h are 25 or 26 events of seven minutes, 2 d are 411 or 412.
    expect(numbers[0]).toBeGreaterThanOrEqual(25);
    expect(numbers[1]).toBeGreaterThanOrEqual(411);
    const fields = new Set(
      calls.requests.flatMap((request) => (request.key === "ada" ? request.fields : [])),
    );
    const [{ tiles }] = await store.fetch([{ space, key: "ada", fields: [...fields] }]);
    expect(fields.size).toBeGreaterThan(180);
    // Chunks of 16: of 37 tiles of five minutes, of 49 of an hour, of 3 of a day.
    const kept = tiles.filter((tile) => tile !== undefined);
    expect(kept.length).toBeLessThanOrEqual(4 + 5 + 2);
    // A tile takes less than 32 bytes; those out of reach left with the next event of their chunk.
    expect(kept.reduce((size, tile) => size + tile.length, 0)).toBeLessThan(32 * (37 + 49 + 3 + 2 * 16));
  });

  test("resumes where it stood: its clock, and a number from which little is replayed", async () => {
    const store = memoryTileStore();
    const first = open(store);
    await first.resume();
    for (let i = 1; i <= 50; i++) {
      await first.add("payments", minutely(i, i));
      await first.advance(start + i * minute + 1);
    }
    // Known in an hour: it holds the position until its time has come.
    await first.add("payments", [event(51, start + 2 * hour)]);
    const second = open(store);
    await second.resume();
    expect(second.sequence("payments")).toBeGreaterThanOrEqual(48);
    expect(second.sequence("payments")).toBeLessThan(51);
    expect(second.clockMs()).toBeGreaterThan(start + 48 * minute);
    const from = second.sequence("payments");
    await second.add("payments", [...minutely(from + 1, 50), event(51, start + 2 * hour)]);
    expect((await read(second, start + 2 * hour)).numbers).toEqual([50, 50]);
    expect((await read(second, start + 2 * hour + 1)).numbers).toEqual([51, 51]);
  });

  test("keeps an entity whose key looks like a record of the room's own apart from it", async () => {
    const store = memoryTileStore();
    const state = open(store);
    await state.resume();
    const names = ["@", "@:history", positionKey("one"), `@${positionKey("one")}`];
    await state.advance(start + hour);
    await state.add(
      "payments",
      names.flatMap((name, n) => minutely(1, n + 1, name)).map((one, i) => ({ ...one, sequence: i + 1 })),
    );
    for (const [n, name] of names.entries())
      expect((await read(state, start + hour, name)).numbers[0]).toBe(n + 1);
  });

  test("a question without a key needs no store", async () => {
    const { calls, counted } = counting(memoryTileStore());
    const { numbers, seen } = await read(open(counted), start, null);
    expect([numbers, seen.asOfMs, calls.fetch]).toEqual([[0, 0], start, 0]);
  });

  test("says why an event cannot be aggregated", () => {
    const state = open(memoryTileStore());
    expect(state.objection("payments", [start, "ada", 2 ** 51])).toMatch(/view spending: expected.*found/);
    expect(state.objection("payments", [start, "ada", 1])).toBeUndefined();
    expect(state.objection("strangers", [])).toBeUndefined();
  });
});

describe("a history", () => {
  const rows = Array.from({ length: 30 }, (_, i): Value[] => [start + i * minute, ["ada", "ben"][i % 2], 10]);
  const table = tableOf(schema, rows);
  const beforeMs = start + 20 * minute;

  test("counts once, however often and by however many it is loaded, and beside live events", async () => {
    const store = memoryTileStore();
    const live = open(store, "live");
    await live.advance(beforeMs);
    await live.add("payments", [event(1, start + minute)]);
    const states = ["one", "two"].map((name) => open(store, name));
    await Promise.all(states.map((state) => state.load(source, table, beforeMs)));
    await states[0].load(source, table, beforeMs);
    const { numbers, seen } = await read(states[0], beforeMs);
    expect(numbers).toEqual([11, 101]);
    expect(seen.lookups).toEqual([
      {
        live: { sequence: 1, beforeMs },
        history: { sequence: 30, beforeMs },
        one: { sequence: 0, beforeMs },
      },
    ]);
    expect(states[0].clockMs()).toBe(beforeMs);
  });

  test("that was cut short is completed by the next load", async () => {
    const store = memoryTileStore();
    const faulty = faultyTileStore(store);
    faulty.break({ after: 2, done: true, forever: true });
    await expect(open(faulty).load(source, table, beforeMs)).rejects.toMatchObject({ code: "MW1013" });
    const state = open(store);
    await state.load(source, table, beforeMs);
    expect((await read(state, beforeMs)).numbers).toEqual([10, 100]);
    expect((await read(state, beforeMs, "ben")).numbers).toEqual([10, 100]);
  });

  test("of another kind in the same space is refused", async () => {
    const store = memoryTileStore();
    await open(store).load(source, table, beforeMs);
    const other = open(store).load(source, table, beforeMs + 1);
    await expect(other).rejects.toMatchObject({ code: "MW0306", row: { http: 503, exit: 3 } });
    await store.drop(space);
    const state = open(store);
    await state.load(source, table, beforeMs + 1);
    expect((await read(state, beforeMs + 1)).numbers).toEqual([11, 110]);
  });
});

describe("a store that is out of step", () => {
  const outOfStep = { code: "MW0306" };

  test("a second process under the same name ends the first, and takes over all of it", async () => {
    const store = memoryTileStore();
    const [first, second] = [open(store), open(store)];
    await first.resume();
    await first.advance(start + hour);
    await first.add("payments", minutely(1, 3));
    await second.resume();
    await expect(first.add("payments", minutely(4, 5))).rejects.toMatchObject({
      ...outOfStep,
      remedy: expect.stringContaining("second process") as string,
    });
    const from = second.sequence("payments");
    await second.add("payments", minutely(from + 1, 5));
    expect((await read(second, start + hour)).numbers).toEqual([5, 5]);
  });

  test("a store that lost everything is refused by writes and reads, until the state begins anew", async () => {
    const store = memoryTileStore();
    const state = open(store);
    await state.resume();
    await state.advance(start + hour);
    await state.add("payments", minutely(1, 3));
    await store.drop(space);
    await expect(read(state, start + hour)).rejects.toMatchObject(outOfStep);
    await expect(state.add("payments", minutely(4, 5))).rejects.toMatchObject(outOfStep);
    await expect(read(state, start + hour)).rejects.toMatchObject(outOfStep);
    await state.resume();
    expect([state.sequence("payments"), state.clockMs()]).toEqual([0, start + hour]);
    await state.add("payments", minutely(1, 5));
    expect((await read(state, start + hour)).numbers).toEqual([5, 5]);
  });

  test("while the store is gone events wait, and more than fit are refused without a gap", async () => {
    const store = faultyTileStore(memoryTileStore());
    const state = open(store, "one", { waitingEvents: 4 });
    await state.resume();
    await state.advance(start + hour);
    const gone = { code: "MW1013" };
    for (const from of [1, 3]) {
      store.break({ after: 0, done: false, forever: false });
      await expect(state.add("payments", minutely(from, from + 1))).rejects.toMatchObject(gone);
    }
    store.break({ after: 0, done: false, forever: false });
    await expect(state.add("payments", minutely(5, 6))).rejects.toMatchObject(gone);
    expect(state.sequence("payments")).toBe(4);
    // The store is back: what waited is applied by the next call of any kind.
    expect((await read(state, start + hour)).numbers).toEqual([4, 4]);
    await expect(state.add("payments", minutely(7, 7))).rejects.toMatchObject({
      ...outOfStep,
      remedy: expect.stringContaining("from number 5 on") as string,
    });
    await state.add("payments", minutely(5, 7));
    expect((await read(state, start + hour)).numbers).toEqual([7, 7]);
  });

  test("a log that is added again once the store is back is taken, although no room was left", async () => {
    const store = faultyTileStore(memoryTileStore());
    const state = open(store, "one", { waitingEvents: 4 });
    await state.resume();
    await state.advance(start + hour);
    store.break({ after: 0, done: false, forever: false });
    await expect(state.add("payments", minutely(1, 9))).rejects.toMatchObject({ code: "MW1013" });
    await state.add("payments", minutely(10, 12));
    expect((await read(state, start + hour)).numbers).toEqual([12, 12]);
  });

  test("an entity that others change again and again is given up in the end, and its events are kept", async () => {
    const store = memoryTileStore();
    let busy = true;
    const state = open({
      ...store,
      swap: (changes) => (busy ? Promise.resolve(changes.map(() => false)) : store.swap(changes)),
    });
    await state.advance(start + hour);
    await expect(state.add("payments", minutely(1, 3))).rejects.toMatchObject(outOfStep);
    busy = false;
    expect((await read(state, start + hour)).numbers).toEqual([3, 3]);
  });

  test("another process whose clock runs away is not followed for ever", async () => {
    const store = memoryTileStore();
    let clockMs = start + hour;
    const state = open({
      ...store,
      async fetch(requests) {
        clockMs += hour;
        const meta = `2${JSON.stringify({ other: [1, clockMs] })}`;
        return requests.map(({ fields }) => ({ meta, tiles: fields.map(() => undefined) }));
      },
    });
    await expect(read(state, start)).rejects.toMatchObject(outOfStep);
  });

  test("bytes that no tile is written as are refused by reads and writes", async () => {
    const store = memoryTileStore();
    const state = open(store);
    await state.advance(start + hour);
    await state.add("payments", minutely(1, 1));
    // The chunk of days, one of which a window of two days takes whole.
    const field = `2:${Math.floor((start + minute) / (16 * 24 * hour))}`;
    const [{ meta }] = await store.fetch([{ space, key: "ada", fields: [field] }]);
    const cut = Uint8Array.of(1, 2, 3);
    const change = { space, key: "ada", expected: meta, meta: meta ?? "", drop: [] };
    await store.swap([{ ...change, set: [[field, cut]] }]);
    await expect(read(state, start + hour)).rejects.toMatchObject({ code: "MW0305" });
    await expect(state.add("payments", minutely(2, 2))).rejects.toMatchObject({ code: "MW0305" });
    await store.swap([{ ...change, meta: "?", set: [] }]);
    await expect(read(state, start + hour)).rejects.toMatchObject({ code: "MW0305" });
  });
});
