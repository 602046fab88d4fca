import fc from "fast-check";
import { expect, test } from "vitest";
import { describeRateStoreContract } from "../../../test/contracts/rate-store.js";
import { manualClock, systemClock } from "../../kernel/index.js";
import { memoryRateStore } from "./rate-store.js";

describeRateStoreContract("memory", async () => {
  const store = memoryRateStore({ clock: systemClock });
  return { store, peer: store };
});

/** Rows that were given, with their times. */
type Given = readonly { readonly atMs: number; readonly rows: number }[];

/** Whether no stretch of time holds more than the limit: burst and rate, in a plain double loop. */
function isWithin(given: Given, limit: { readonly perSecond: number; readonly burst: number }): boolean {
  return given.every((first, i) => {
    let sum = 0;
    return given.slice(i).every(({ atMs, rows }) => {
      sum += rows;
      return sum * 1000 <= limit.burst * 1000 + (atMs - first.atMs) * limit.perSecond;
    });
  });
}

const steps = fc.array(
  fc.record({
    key: fc.integer({ min: 0, max: 12 }),
    slow: fc.boolean(),
    rows: fc.nat(4),
    afterMs: fc.nat(400),
  }),
  { maxLength: 120 },
);

test("nobody gets more than the limit by being forgotten, however few keys there is room for", async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.integer({ min: 1, max: 6 }), async (asked, capacity) => {
      const clock = manualClock(1_000);
      const store = memoryRateStore({ clock, capacity });
      const given = new Map<string, { atMs: number; rows: number }[]>();
      const limitOf = (slow: boolean) => ({ perSecond: slow ? 1 : 8, burst: 4 });
      for (const { key, slow, rows, afterMs } of asked) {
        clock.advance(afterMs);
        const name = `${slow ? "slow" : "fast"} ${key}`;
        const answer = await store.take({ key: name, limit: limitOf(slow), rows });
        if (answer.admitted) given.set(name, [...(given.get(name) ?? []), { atMs: clock.nowMs(), rows }]);
      }
      for (const [name, all] of given) expect(isWithin(all, limitOf(name.startsWith("slow")))).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test("where there is room a caller gets its limit, whoever else asks", async () => {
  const clock = manualClock();
  const store = memoryRateStore({ clock, capacity: 3 });
  const limit = { perSecond: 1, burst: 2 };
  const admits = async (key: string) => (await store.take({ key, limit, rows: 1 })).admitted;
  for (const key of ["a", "b", "c"]) expect([await admits(key), await admits(key)]).toEqual([true, true]);
  // No room, and nobody has paid: newcomers share a bucket.
  expect([await admits("d"), await admits("e"), await admits("f")]).toEqual([true, true, false]);
  clock.advance(2_000);
  const given: boolean[] = [];
  for (let i = 0; i < 1_000; i++) {
    clock.advance(2_000);
    given.push(await admits(`n${i}`), await admits(`n${i}`), await admits(`n${i}`));
  }
  expect(given).toEqual(Array.from({ length: 3_000 }, (_, i) => i % 3 < 2));
});
