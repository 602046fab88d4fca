import { expect, test } from "vitest";
import { memoryRunStore } from "../../adapters/memory/index.js";
import { manualClock } from "../../kernel/index.js";
import { createSteps } from "./steps.js";

const producer = { name: "millwright", version: "1.0.0" };

function fixture() {
  const clock = manualClock(1_000);
  const runs = memoryRunStore();
  const steps = (version = producer.version) =>
    createSteps({ runs, clock, producer: { ...producer, version } });
  const work = async (ms: number) => {
    clock.advance(ms);
    return ms;
  };
  return { steps, work };
}

test("a step with equal inputs is done once, in this run and in later ones", async () => {
  const { steps, work } = fixture();
  let done = 0;
  const compute = async () => ({ done: ++done, waited: await work(250) });
  const first = steps();
  expect(await first.run({ name: "fit", inputs: { a: 1, b: [2] }, compute: compute })).toEqual({
    done: 1,
    waited: 250,
  });
  expect(await first.run({ name: "fit", inputs: { b: [2], a: 1 }, compute: compute })).toEqual({
    done: 1,
    waited: 250,
  });
  expect(first.timings).toEqual([
    { step: "fit", seconds: 0.25, reused: false },
    { step: "fit", seconds: 0, reused: true },
  ]);
  expect(await steps().run({ name: "fit", inputs: { a: 1, b: [2] }, compute: compute })).toMatchObject({
    done: 1,
  });
  expect(done).toBe(1);
});

test("another name, other inputs or another version of Millwright make another step", async () => {
  const { steps } = fixture();
  let done = 0;
  const compute = async () => ++done;
  expect(await steps().run({ name: "fit", inputs: { a: 1 }, compute: compute })).toBe(1);
  expect(await steps().run({ name: "evaluate", inputs: { a: 1 }, compute: compute })).toBe(2);
  expect(await steps().run({ name: "fit", inputs: { a: 2 }, compute: compute })).toBe(3);
  expect(await steps("1.0.1").run({ name: "fit", inputs: { a: 1 }, compute: compute })).toBe(4);
  expect(await steps().run({ name: "fit", inputs: { a: 1 }, compute: compute })).toBe(1);
});

test("a remembered output whose files are gone is computed again", async () => {
  const { steps } = fixture();
  let done = 0;
  const step = { name: "fit", inputs: {}, compute: async () => ++done };
  expect(await steps().run(step)).toBe(1);
  expect(await steps().run({ ...step, usable: async (output) => output === 1 })).toBe(1);
  expect(await steps().run({ ...step, usable: async () => false })).toBe(2);
});

test("a step that fails is not remembered", async () => {
  const { steps } = fixture();
  const failing = async (): Promise<number> => {
    throw new Error("no room");
  };
  await expect(steps().run({ name: "fit", inputs: {}, compute: failing })).rejects.toThrow("no room");
  expect(await steps().run({ name: "fit", inputs: {}, compute: async () => 7 })).toBe(7);
});

test("what a step gives is what the next run reads: plain JSON", async () => {
  const { steps } = fixture();
  const output = () => Promise.resolve({ auc: NaN, missing: undefined, low: -0 });
  const first = await steps().run({ name: "fit", inputs: {}, compute: output });
  expect(first).toEqual({ auc: null, low: 0 });
  expect(await steps().run({ name: "fit", inputs: {}, compute: output })).toEqual(first);
});

test("time within a step counts once: for the inner one", async () => {
  const { steps, work } = fixture();
  const mine = steps();
  const outer = async () => {
    await work(100);
    await mine.time("inner", async () => {
      await work(1_000);
      await mine.time("innermost", () => work(10_000));
    });
    await mine.run({ name: "remembered", inputs: {}, compute: () => work(5) });
    return work(100);
  };
  await mine.run({ name: "outer", inputs: {}, compute: outer });
  await mine.time("after", () => work(7));
  // By hand: 11.312 s pass in all, and every millisecond is in exactly one line.
  expect(mine.timings).toEqual([
    { step: "innermost", seconds: 10, reused: false },
    { step: "inner", seconds: 1, reused: false },
    { step: "remembered", seconds: 0.005, reused: false },
    { step: "outer", seconds: 0.2, reused: false },
    { step: "after", seconds: 0.007, reused: false },
  ]);
});

test("the innermost step that an error came out of is known, and of an error from elsewhere none", async () => {
  const { steps } = fixture();
  const failing = steps();
  const error = new Error("no memory");
  const fit = () => failing.run({ name: "fit", inputs: {}, compute: () => Promise.reject(error) });
  await expect(failing.time("tune", fit)).rejects.toBe(error);
  expect(failing.failedIn(error)).toBe("fit");
  expect(failing.failedIn(new Error("no memory"))).toBeUndefined();
  expect(failing.timings).toEqual([]);
});
