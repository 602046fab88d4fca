import { expect, test } from "vitest";
import { memoryRateStore } from "../adapters/memory/index.js";
import { manualClock, storageErrors } from "../kernel/index.js";
import type { LimitsOptions } from "./limits-options.js";
import { gate } from "./keys.testing.js";
import type { RateStore } from "./ports.js";

async function limited(limits: LimitsOptions, rates?: RateStore) {
  const clock = manualClock(1_000);
  const made = await gate(
    { limits, anonymous: ["*"] },
    { clock, rates: rates ?? memoryRateStore({ clock }) },
  );
  const nobody = await made.keeper.authenticate({});
  const caller = async () => made.keeper.authenticate({ apiKey: (await made.issue(["*"])).key });
  return { ...made, clock, nobody, caller };
}

const refused = (code: string, http: number, details: object) => ({ code, row: { http }, details });

test("each caller has its limit, counted in rows, and is told when to come again", async () => {
  const { keeper, clock, nobody, caller } = await limited({ caller: { perSecond: 10, burst: 20 } });
  const [a, b] = [await caller(), await caller()];
  await keeper.admit(a, "predict", 15);
  await keeper.admit(a, "read", 5);
  // Eight rows at ten a second.
  const refusal = refused("MW1612", 429, { retryAfterMs: 800, perSecond: 10, burst: 20 });
  await expect(keeper.admit(a, "predict", 8)).rejects.toMatchObject(refusal);
  await keeper.admit(b, "predict", 20);
  clock.advance(799);
  await expect(keeper.admit(a, "predict", 8)).rejects.toMatchObject({ details: { retryAfterMs: 1 } });
  clock.advance(1);
  await keeper.admit(a, "predict", 8);
  for (let i = 0; i < 100; i++) await keeper.admit(nobody, "predict", 100);
});

test("all callers without credentials share a limit, and a verb may have its own", async () => {
  const anonymous = { perSecond: 1, burst: 2, verbs: { feedback: { perSecond: 1, burst: 5 } } };
  const { keeper, nobody, caller } = await limited({ anonymous });
  await keeper.admit(nobody, "predict", 2);
  await expect(keeper.admit(nobody, "read", 1)).rejects.toMatchObject({ code: "MW1612" });
  await keeper.admit(nobody, "feedback", 5);
  await expect(keeper.admit(nobody, "feedback", 1)).rejects.toMatchObject({ code: "MW1612" });
  await keeper.admit(await caller(), "predict", 1_000_000);
});

test("a request that no waiting would admit is told so", async () => {
  const { keeper, caller } = await limited({ caller: { perSecond: 10, burst: 20 } });
  const refusal = refused("MW1613", 413, { rows: 21, burst: 20 });
  await expect(keeper.admit(await caller(), "predict", 21)).rejects.toMatchObject(refusal);
});

/** A store that is gone, and counts how often it is asked. */
function goneStore() {
  const counts = { asked: 0 };
  const take: RateStore["take"] = async () => {
    counts.asked += 1;
    throw storageErrors.error("MW1013", { expected: "an answer", found: "none", remedy: "Wait." });
  };
  return { counts, take, close: async () => undefined };
}

test("without its store it serves, counts, and asks again once a second", async () => {
  const store = goneStore();
  const { keeper, clock, caller } = await limited({ caller: { perSecond: 1, burst: 1 } }, store);
  const own = await caller();
  for (let i = 0; i < 10; i++) await keeper.admit(own, "predict", 1);
  expect([store.counts.asked, keeper.counters().unchecked]).toEqual([1, 10]);
  clock.advance(1_000);
  for (let i = 0; i < 10; i++) await keeper.admit(own, "predict", 1);
  expect([store.counts.asked, keeper.counters().unchecked]).toEqual([2, 20]);
});

test("or it refuses, if it is told to", async () => {
  const limits: LimitsOptions = { caller: { perSecond: 1, burst: 1 }, onFailure: "refuse" };
  const { keeper, caller } = await limited(limits, goneStore());
  const refusal = refused("MW1614", 503, { retryAfterMs: 1_000 });
  await expect(keeper.admit(await caller(), "predict", 1)).rejects.toMatchObject(refusal);
  expect(keeper.counters().unchecked).toBe(1);
});

test("a mistake in a store is not taken for its absence", async () => {
  const take: RateStore["take"] = () => Promise.reject(new TypeError("mistake"));
  const store = { take, close: async () => undefined };
  const { keeper, caller } = await limited({ caller: { perSecond: 1, burst: 1 } }, store);
  await expect(keeper.admit(await caller(), "predict", 1)).rejects.toThrow("mistake");
});
