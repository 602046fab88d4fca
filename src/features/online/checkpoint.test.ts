import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { events, parquet } from "../../data/index.js";
import { t } from "../../kernel/index.js";
import { count, distinct, sum, topValue } from "../definition/aggregation.js";
import { readMessages, writeMessages, packMessage, type CheckpointMessage } from "./checkpoint-message.js";
import { featureSet } from "../definition/feature-set.js";
import { createOnlineState, type OnlineState } from "./online-state.js";
import {
  ask,
  createLogs,
  historyTable,
  requestOf,
  scenarios,
  setOf,
  twoSources,
  type Scenario,
} from "./online-steps.testing.js";
import type { Question, RandomSource } from "../definition/random-views.testing.js";
import { view, type View } from "../definition/view.js";

async function* inChunks(messages: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for (const message of messages) yield await Promise.resolve(message);
}

/** The messages as a store gives them back. */
async function stored(messages: Iterable<Uint8Array>): Promise<CheckpointMessage[]> {
  const read: CheckpointMessage[] = [];
  for await (const message of readMessages(writeMessages(inChunks(messages)))) read.push(message);
  return read;
}

async function restore(messages: Iterable<Uint8Array>, views: readonly View[]) {
  const state = createOnlineState(views);
  const restorer = state.restorer();
  for (const message of await stored(messages)) restorer.take(message);
  return { state, restored: restorer.restored() };
}

const viewsOf = (sources: readonly RandomSource[]) =>
  sources.flatMap(({ views }) => views.map(({ view }) => view));

function bootstrap(state: OnlineState, sources: readonly RandomSource[], scenario: Scenario, only = sources) {
  sources.forEach((source, s) => {
    if (!only.includes(source)) return;
    const rows = scenario.history.flatMap((entry) => (entry.source === s ? [entry.row] : []));
    state.load(source.source, historyTable(rows), scenario.beforeMs[s]);
  });
}

const probes = (atMs: number): Question[] =>
  [0, 1, 3_600_000, 86_400_000, 40 * 86_400_000].flatMap((laterMs) =>
    ["JFK", "SFO", ""].flatMap((place) =>
      [1, 2].map((number) => ({ place, number, kind: "x", timeMs: atMs + laterMs })),
    ),
  );

describe("a checkpoint of the online state", () => {
  test("restores the state bit by bit, whatever happened while it was written", async () => {
    const property = fc.asyncProperty(
      fc.record({
        sources: twoSources,
        scenario: scenarios,
        at: fc.nat(50),
        pace: fc.integer({ min: 0, max: 3 }),
      }),
      async ({ sources, scenario, at, pace }) => {
        const set = setOf(sources);
        const undisturbed = createOnlineState(viewsOf(sources));
        bootstrap(undisturbed, sources, scenario);
        const reader = undisturbed.reader(set);
        const { logs, tell } = createLogs(sources);
        const messages: Uint8Array[] = [];
        let writing: Iterator<Uint8Array> | undefined;
        const write = (most: number) => {
          for (let i = 0; i < most; i++) {
            const next = writing?.next();
            if (next === undefined || next.done === true) return;
            messages.push(next.value);
          }
        };
        for (const [i, step] of scenario.steps.entries()) {
          if (i === at) writing = undisturbed.snapshot().messages()[Symbol.iterator]();
          if (step.kind === "read") await ask(reader, (q) => requestOf(set, sources, q), step.questions);
          else await tell(undisturbed, step);
          write(pace);
        }
        writing ??= undisturbed.snapshot().messages()[Symbol.iterator]();
        write(Infinity);

        const { state, restored } = await restore(messages, viewsOf(sources));
        // What the checkpoint did not know of begins anew.
        const others = sources.filter(({ source }) => !restored.has(source.name));
        bootstrap(state, sources, scenario, others);
        for (const [s, { source }] of sources.entries()) state.add(source.name, logs[s]);
        state.advance(undisturbed.clockMs());
        expect(state.clockMs()).toBe(undisturbed.clockMs());

        const restarted = state.reader(set);
        const asked = probes(Number.isFinite(state.clockMs()) ? state.clockMs() : 0);
        for (const question of asked) {
          const [expected] = await ask(reader, (q) => requestOf(set, sources, q), [question]);
          const [found] = await ask(restarted, (q) => requestOf(set, sources, q), [question]);
          expect(found).toEqual(expected);
        }
      },
    );
    await fc.assert(property, { numRuns: 100 });
  });

  const schema = { at: t.timestamp(), place: t.string(), amount: t.int(), word: t.string() };
  const things = events("things", { from: parquet("a.parquet"), schema, eventTime: "at" });
  const others = events("others", { from: parquet("b.parquet"), schema, eventTime: "at" });
  const tally = view("tally", {
    source: things,
    entity: { thing: "place" },
    features: (f) => ({
      n: count().over("1d"),
      words: distinct(f.word).over("1d"),
      top: topValue(f.word).over("1d"),
    }),
  });
  const changed = view("tally", {
    source: things,
    entity: { thing: "place" },
    features: (f) => ({ n: count().over("1d"), amount: sum(f.amount).over("1d") }),
  });
  const beside = view("beside", {
    source: others,
    entity: { thing: "place" },
    features: () => ({ m: count().over("1d") }),
  });

  const event = (sequence: number, word: string) => ({
    sequence,
    receivedMs: null,
    values: [0, "a", 5, word],
  });

  test("of other views is taken source by source: one whose view is new begins anew", async () => {
    const before = createOnlineState([tally, beside]);
    before.add("things", [event(1, "x")]);
    before.add("others", [event(1, "x"), event(2, "y")]);
    before.advance(10);
    const messages = [...before.snapshot().messages()];

    const { state, restored } = await restore(messages, [tally, changed, beside]);
    expect(restored).toEqual(new Set(["others"]));
    expect([state.sequence("things"), state.sequence("others"), state.clockMs()]).toEqual([0, 2, 10]);
    state.add("things", [event(1, "x")]);
    const reader = state.reader(featureSet({ views: { place: changed }, request: {} }));
    const out = { numbers: new Float32Array(2), texts: [] };
    reader.read([{ values: ["a"], timeMs: 10, out }]);
    expect([...out.numbers]).toEqual([1, 5]);

    expect((await restore(messages, [beside])).restored).toEqual(new Set(["things", "others"]));
  });

  test("keeps sketches, and thousands of entities in messages of bounded size", async () => {
    const before = createOnlineState([tally]);
    for (let i = 0; i < 4000; i++) {
      before.add("things", [
        { sequence: i + 1, receivedMs: null, values: [0, `place ${i % 2000}`, 1, `word ${i}`] },
      ]);
    }
    before.advance(1);
    const messages = [...before.snapshot().messages()];
    expect(messages.length).toBeGreaterThan(3);
    expect(Math.max(...messages.map(({ length }) => length))).toBeLessThan(1 << 20);
    const { state } = await restore(messages, [tally]);
    const reader = state.reader(featureSet({ views: { place: tally }, request: {} }));
    const out = { numbers: new Float32Array(2), texts: [""] };
    reader.read([{ values: ["place 7"], timeMs: 1, out }]);
    expect([...out.numbers, ...out.texts]).toEqual([2, 2, "word 2007"]);
  });

  test("of another format, without an end or without its facts is refused", async () => {
    const readAll = async (chunks: AsyncIterable<Uint8Array>) => {
      for await (const message of readMessages(chunks)) expect(message.kind).toBe("tiles");
    };
    const chunks = (...messages: Uint8Array[]) => inChunks(messages);
    const opening = packMessage("checkpoint", { format: 1 });
    const tiles = packMessage("tiles", { view: tally.hash, keys: [], sketches: [] });
    await expect(readAll(chunks(packMessage("checkpoint", { format: 0 })))).rejects.toMatchObject({
      code: "MW0307",
    });
    await expect(readAll(chunks(tiles))).rejects.toMatchObject({ code: "MW0307" });
    await expect(readAll(chunks(opening, tiles))).rejects.toMatchObject({ code: "MW0308" });
    await expect(readAll(chunks(Buffer.from("odd")))).rejects.toMatchObject({ code: "MW0308" });
    await expect(readAll(chunks())).rejects.toMatchObject({ code: "MW0308" });
    await expect(restore([tiles], [tally])).rejects.toMatchObject({ code: "MW0308" });
    await expect(restore([], [tally])).rejects.toMatchObject({ code: "MW0308" });
  });

  test("whose tiles do not fit their view is refused", async () => {
    const before = createOnlineState([tally]);
    before.add("things", [event(1, "x")]);
    before.advance(10);
    const [facts] = [...before.snapshot().messages()];
    const cells = Float64Array.of(0, 0, 0, 1);
    const damages = [
      { view: tally.hash, keys: ["a"], sketches: [] },
      { view: tally.hash, keys: [], sketches: [[null, null]] },
    ];
    for (const damage of damages) {
      const messages = [facts, packMessage("tiles", damage, cells)];
      await expect(restore(messages, [tally])).rejects.toMatchObject({ code: "MW0308" });
    }
    const odd = packMessage(
      "tiles",
      { view: tally.hash, keys: ["a"], sketches: [[null, null]] },
      cells.subarray(1),
    );
    await expect(restore([facts, odd], [tally])).rejects.toMatchObject({ code: "MW0308" });
  });
});
