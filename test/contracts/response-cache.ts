import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ResponseCache } from "../../src/inference/index.js";
import { anyTensors, row, spelledOut } from "../../src/inference/resilience/resilience.testing.js";

interface Made {
  readonly cache: ResponseCache;
  /** Lets everything that is kept outlive its time. */
  expire(): void | Promise<void>;
}

/** What every cache of answers must do. `make` opens an empty one. */
export function describeResponseCacheContract(name: string, make: () => Promise<Made>): void {
  describe(`${name}: response cache contract`, () => {
    let made: Made;
    let cache: ResponseCache;
    beforeEach(async () => {
      made = await make();
      cache = made.cache;
    });
    afterEach(() => cache.close());

    const longMs = 3_600_000;

    it("has nothing at first", async () => {
      expect(await cache.get("a")).toBeUndefined();
      expect(cache.statistics()).toEqual({ failures: 0, skipped: 0 });
    });

    it("keeps the last answer to each key", async () => {
      await cache.set("a", { y: row(1) }, longMs);
      await cache.set("b", { y: row(2) }, longMs);
      await cache.set("a", { y: row(3) }, longMs);
      expect(await cache.get("a")).toEqual({ y: row(3) });
      expect(await cache.get("b")).toEqual({ y: row(2) });
    });

    it("keeps tensors of every type bit by bit", async () => {
      await fc.assert(
        fc.asyncProperty(anyTensors, async (tensors) => {
          await cache.set("a", tensors, longMs);
          expect(spelledOut((await cache.get("a")) ?? { lost: row() })).toBe(spelledOut(tensors));
        }),
        { numRuns: 100 },
      );
    });

    it("reads an answer before it returns, and hands out none twice", async () => {
      const given = { y: row(1) };
      const kept = cache.set("a", given, longMs);
      (given.y.data as Float32Array).fill(9);
      await kept;
      const first = (await cache.get("a")) ?? {};
      expect(first).toEqual({ y: row(1) });
      (first["y"].data as Float32Array).fill(9);
      expect(await cache.get("a")).toEqual({ y: row(1) });
    });

    it("forgets what has outlived its time", async () => {
      await cache.set("a", { y: row(1) }, longMs);
      await made.expire();
      expect(await cache.get("a")).toBeUndefined();
      await cache.set("a", { y: row(2) }, longMs);
      expect(await cache.get("a")).toEqual({ y: row(2) });
    });

    it("leaves an answer out that is too large for it, and counts that", async () => {
      const data = new Float32Array(300_000);
      await cache.set("a", { y: { dtype: "float32", shape: [data.length], data } }, longMs);
      expect(await cache.get("a")).toBeUndefined();
      expect(cache.statistics()).toEqual({ failures: 0, skipped: 1 });
    });

    it("has and takes nothing once it is closed, and is no error", async () => {
      await cache.set("a", { y: row(1) }, longMs);
      await cache.close();
      expect(await cache.get("a")).toBeUndefined();
      await cache.set("a", { y: row(1) }, longMs);
      expect(await cache.get("a")).toBeUndefined();
    });
  });
}
