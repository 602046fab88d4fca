import fc from "fast-check";
import { expect, test } from "vitest";
import type { Value } from "../../kernel/index.js";
import { readMessages, writeMessages } from "./checkpoint-message.js";
import { createIdSet, type IdSet } from "./id-set.js";

const ids = fc.oneof(fc.integer(), fc.string({ maxLength: 4 }), fc.nat(20), fc.nat(20).map(String));

test("remembers at least the latest ids, and at most twice as many", () => {
  fc.assert(
    fc.property(fc.array(ids, { maxLength: 200 }), fc.integer({ min: 1, max: 30 }), (given, limit) => {
      const set = createIdSet(limit);
      const order: Value[] = [];
      for (const id of given) {
        const known = order.includes(id);
        // What was forgotten may be told again; what is among the latest is known.
        if (order.slice(-limit).includes(id)) expect(set.has(id)).toBe(true);
        else if (!known) expect(set.has(id)).toBe(false);
        if (!set.has(id)) order.push(id);
        set.add(id);
        expect(set.has(id)).toBe(true);
      }
      expect(set.size()).toBeLessThanOrEqual(2 * limit);
      for (const id of order.slice(-limit)) expect(set.has(id)).toBe(true);
    }),
  );
});

test("tells numbers from texts, and knows no null", () => {
  const set = createIdSet();
  for (const id of [7, "8", "", -0, null]) set.add(id);
  expect([7, "7", 8, "8", "", 0, -0, "0", null, "null"].map((id) => set.has(id))).toEqual([
    ...[true, false, false, true, true, true, true, false, false, false],
  ]);
  expect(set.size()).toBe(4);
});

async function throughCheckpoint(
  set: IdSet,
  into: IdSet,
  during: (message: number) => void = () => undefined,
) {
  async function* messages() {
    let count = 0;
    for (const message of set.messages("things")) {
      during(count++);
      yield await Promise.resolve(message);
    }
  }
  for await (const message of readMessages(writeMessages(messages()))) {
    expect([message.kind, message.facts.source]).toEqual(["ids", "things"]);
    into.restore(message);
  }
}

test("a hundred thousand ids come back from a checkpoint, also when more are added while it is written", async () => {
  const set = createIdSet(80_000);
  const name = (i: number) => `event-${i}`;
  for (let i = 0; i < 100_000; i++) set.add(name(i));
  const restored = createIdSet(80_000);
  let more = 100_000;
  await throughCheckpoint(set, restored, () => {
    for (let i = 0; i < 5000; i++) set.add(name(more++));
  });
  const missing = Array.from({ length: 100_000 }, (_, i) => name(i)).filter((id) => !restored.has(id));
  expect(missing).toEqual([]);
  const strangers = Array.from({ length: 100_000 }, (_, i) => `other-${i}`).filter((id) => restored.has(id));
  expect(strangers).toEqual([]);
  // The log behind the checkpoint is replayed: what is in both is there once.
  for (let i = 100_000; i < more; i++) restored.add(name(i));
  expect(restored.size()).toBe(more);
  expect(restored.has(name(more - 1))).toBe(true);
});

test("a set with a smaller bound takes a larger one's ids", async () => {
  const set = createIdSet(5000);
  for (let i = 0; i < 6000; i++) set.add(i);
  const smaller = createIdSet(10);
  await throughCheckpoint(set, smaller);
  expect([0, 5999, 6000].map((id) => smaller.has(id))).toEqual([true, true, false]);
  for (let i = 10_000; i < 10_020; i++) smaller.add(i);
  expect([0, 5999, 10_019].map((id) => smaller.has(id))).toEqual([false, false, true]);
});
