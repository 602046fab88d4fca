import { beforeEach, describe, expect, it } from "vitest";
import type { RateLimit, RateStore } from "../../src/access/index.js";

/** Pays back a row in 1000 s: while a test runs, nothing. */
const slow = (burst: number): RateLimit => ({ perSecond: 0.001, burst });

/** What every store of rate limits must do. `make` gives two stores that count together, and know no key. */
export function describeRateStoreContract(
  name: string,
  make: () => Promise<{ readonly store: RateStore; readonly peer: RateStore }>,
): void {
  describe(`${name}: rate store contract`, () => {
    let store: RateStore;
    let peer: RateStore;
    beforeEach(async () => {
      ({ store, peer } = await make());
      return async () => {
        await store.close();
        await peer.close();
      };
    });

    const admits = async (key: string, rows: number, limit = slow(10), by = store) =>
      (await by.take({ key, limit, rows })).admitted;

    it("gives the burst, row by row, and no more", async () => {
      const answers: boolean[] = [];
      for (let i = 0; i < 12; i++) answers.push(await admits("a", 1, slow(10)));
      expect(answers).toEqual([...Array<boolean>(10).fill(true), false, false]);
    });

    it("counts rows, and takes nothing when it refuses", async () => {
      expect(await admits("a", 7)).toBe(true);
      expect(await admits("a", 4)).toBe(false);
      expect(await admits("a", 10)).toBe(false);
      expect(await admits("a", 3)).toBe(true);
      expect(await admits("a", 0)).toBe(true);
      expect(await admits("a", 1)).toBe(false);
    });

    it("tells in which time it would give them", async () => {
      await admits("a", 10);
      const answer = await store.take({ key: "a", limit: slow(10), rows: 3 });
      if (answer.admitted) throw new Error("admitted");
      // Three rows at a thousandth a second, less what passed meanwhile: a minute at most.
      expect(answer.retryAfterMs).toBeLessThanOrEqual(3_000_000);
      expect(answer.retryAfterMs).toBeGreaterThan(2_940_000);
      expect(Number.isInteger(answer.retryAfterMs)).toBe(true);
    });

    it("pays back at the rate of the limit", async () => {
      const fast: RateLimit = { perSecond: 1_000_000, burst: 1 };
      for (let i = 0; i < 20; i++) {
        // A row is paid back in a microsecond, so this ends.
        while (!(await admits("a", 1, fast)));
      }
    });

    it("keeps keys apart, whatever is in them", async () => {
      const keys = [
        "",
        "a",
        "A",
        "a ",
        "a\nb",
        "a\0",
        "é",
        "e\u0301",
        "\ud800",
        "\udc00",
        "{x}*",
        "k".repeat(5_000),
      ];
      for (const key of keys) expect([key, await admits(key, 10)]).toEqual([key, true]);
      for (const key of keys) expect([key, await admits(key, 1)]).toEqual([key, false]);
    });

    it("keeps what is owed when the limit changes", async () => {
      expect(await admits("a", 10, slow(10))).toBe(true);
      expect(await admits("a", 5, slow(15))).toBe(true);
      expect(await admits("a", 1, slow(15))).toBe(false);
      expect(await admits("a", 0, slow(12))).toBe(false);
    });

    it("counts the largest limits exactly", async () => {
      const large: RateLimit = { perSecond: 0.001, burst: 1_000_000 };
      expect(await admits("a", 999_999, large)).toBe(true);
      expect(await admits("a", 1, large)).toBe(true);
      expect(await admits("a", 1, large)).toBe(false);
    });

    it("never gives more than the burst, whoever asks at once", async () => {
      const asked = Array.from({ length: 200 }, (_, i) => ({
        rows: 1 + (i % 3),
        by: i % 2 === 0 ? store : peer,
      }));
      const answers = await Promise.all(asked.map(({ rows, by }) => admits("a", rows, slow(100), by)));
      const given = asked.reduce((sum, { rows }, i) => sum + (answers[i] ? rows : 0), 0);
      expect(given).toBe(100);
    });
  });
}
