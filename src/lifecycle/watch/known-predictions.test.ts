import fc from "fast-check";
import { expect, test } from "vitest";
import { knownPredictions, type SavedPredictions } from "./known-predictions.js";

test("knows what was answered, of every server, and nothing else", () => {
  const known = knownPredictions();
  for (const id of ["p-a-1", "p-a-2", "p-b-1", "p-a-3"]) known.add(id);
  for (const id of ["p-a-1", "p-a-3", "p-b-1"]) expect([id, known.has(id)]).toEqual([id, true]);
  for (const id of ["p-a-4", "p-b-2", "p-c-1", "p-1", "-1", "1", "", "-", "p-a-", "p-a"]) {
    expect([id, known.has(id)]).toEqual([id, false]);
  }
});

test("other spellings of a number, and numbers beyond all bounds, are other ids", () => {
  const known = knownPredictions();
  known.add("p-a-1");
  known.add("p-a-2");
  const others = [
    "p-a-0",
    "p-a-01",
    "p-a--1",
    "p-a-1.0",
    "p-a-1e0",
    "p-a- 1",
    "p-a-١",
    "p-a-0x1",
    "p-a-1 ",
    "P-A-1",
  ];
  for (const id of [
    ...others,
    `p-a-${"9".repeat(15)}`,
    `p-a-${"9".repeat(400)}`,
    "p-a-Infinity",
    "p-a-NaN",
  ]) {
    expect([id, known.has(id)]).toEqual([id, false]);
  }
});

test("a number that was given out but never answered stays unknown, also after a restart", () => {
  for (const known of [knownPredictions(), knownPredictions()]) {
    for (const number of [3, 4, 8, 1_000_000_000]) known.add(`p-a-${number}`);
    const answered = [1, 2, 3, 4, 5, 7, 8, 9, 999_999_999, 1_000_000_000, 1_000_000_001];
    expect(answered.filter((number) => known.has(`p-a-${number}`))).toEqual([3, 4, 8, 1_000_000_000]);
  }
});

test("is the set of the ids that were added, also when it is saved in between", () => {
  const servers = fc.constantFrom("p-a", "p-b", "p-a-1");
  const ids = fc.array(fc.tuple(servers, fc.integer({ min: 1, max: 12 })), { maxLength: 30 });
  fc.assert(
    fc.property(ids, (given) => {
      // A server numbers upwards; several servers may share the log.
      const inOrder = given
        .toSorted(([, a], [, b]) => a - b)
        .map(([server, number]) => `${server}-${number}`);
      const half = Math.floor(inOrder.length / 2);
      const before = knownPredictions();
      for (const id of inOrder.slice(0, half)) before.add(id);
      const known = knownPredictions(JSON.parse(JSON.stringify(before.toJson())) as SavedPredictions);
      for (const id of inOrder.slice(half)) known.add(id);
      const oracle = new Set(inOrder);
      for (const server of ["p-a", "p-b", "p-a-1", "p"]) {
        for (let number = 0; number <= 13; number++) {
          const id = `${server}-${number}`;
          expect([id, known.has(id)]).toEqual([id, oracle.has(id)]);
        }
      }
    }),
  );
});
