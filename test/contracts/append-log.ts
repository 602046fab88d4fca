import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AppendLog } from "../../src/kernel/index.js";

/** All records from a number on, with their numbers. */
export async function readAll(log: AppendLog, from = 1): Promise<[number, string][]> {
  const all: [number, string][] = [];
  for await (const { first, records } of log.read(from)) {
    records.forEach((record, i) => all.push([first + i, record]));
  }
  return all;
}

/** What every append-only log must do. `make` gives an empty, open one. */
export function describeAppendLogContract(name: string, make: () => Promise<AppendLog>): void {
  describe(`${name}: append log contract`, () => {
    let log: AppendLog;
    beforeEach(async () => {
      log = await make();
    });
    afterEach(async () => {
      await log.close();
    });

    it("is empty at first", async () => {
      expect(log.nextSequence).toBe(1);
      expect(await readAll(log)).toEqual([]);
    });

    it("numbers records from 1, in the order of appending", async () => {
      expect(await log.append(["a", "b"])).toBe(1);
      expect(await log.append(["c"])).toBe(3);
      expect(log.nextSequence).toBe(4);
      expect(await readAll(log)).toEqual([
        [1, "a"],
        [2, "b"],
        [3, "c"],
      ]);
    });

    it("keeps the order of appends that are not waited for", async () => {
      const texts = Array.from({ length: 500 }, (_, i) => `record ${i}`);
      const firsts = await Promise.all(texts.map((text) => log.append([text])));
      expect(firsts).toEqual(texts.map((_, i) => i + 1));
      expect(await readAll(log)).toEqual(texts.map((text, i) => [i + 1, text]));
    });

    it("reads from any number on", async () => {
      await log.append(Array.from({ length: 3000 }, (_, i) => String(i + 1)));
      expect((await readAll(log, 2998)).map(([, text]) => text)).toEqual(["2998", "2999", "3000"]);
      expect((await readAll(log, -5)).length).toBe(3000);
      expect(await readAll(log, 3001)).toEqual([]);
      expect(await readAll(log, 9999)).toEqual([]);
    });

    it("reads up to what was appended when the call was made", async () => {
      await log.append(["before"]);
      const records = log.read(1);
      await log.append(["after"]);
      const seen: string[] = [];
      for await (const batch of records) seen.push(...batch.records);
      expect(seen).toEqual(["before"]);
    });

    it("syncs what was appended, also while more comes, and an empty log", async () => {
      await log.sync();
      await log.append(["a", "b"]);
      await Promise.all([log.sync(), log.append(["c"]), log.sync()]);
      expect((await readAll(log)).map(([, text]) => text)).toEqual(["a", "b", "c"]);
    });

    it("takes nothing at all", async () => {
      expect(await log.append([])).toBe(1);
      expect(log.nextSequence).toBe(1);
    });

    it("gives back every text of a single line", async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.string({ unit: "grapheme" })), async (drawn) => {
          const texts = drawn.map((text) => text.replaceAll("\n", " "));
          const first = await log.append(texts);
          expect((await readAll(log, first)).map(([, text]) => text)).toEqual(texts);
        }),
        { numRuns: 50, seed: 7 },
      );
    });

    it.each(["two\nlines", "\ud800", "a\udc00b"])(
      "refuses %j, and with it the whole append",
      async (text) => {
        await expect(log.append(["fine", text])).rejects.toMatchObject({ code: "MW1007" });
        expect(log.nextSequence).toBe(1);
        expect(await log.append(["next"])).toBe(1);
      },
    );

    it("refuses appends after it was closed; closing twice is harmless", async () => {
      const pending = log.append(["last"]);
      await log.close();
      await log.close();
      expect(await pending).toBe(1);
      await expect(log.append(["late"])).rejects.toMatchObject({ code: "MW1006" });
    });
  });
}
