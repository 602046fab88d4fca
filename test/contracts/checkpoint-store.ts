import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CheckpointStore, StoredCheckpoint } from "../../src/kernel/index.js";

async function* chunksOf(...chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield await Promise.resolve(chunk);
}

export const textChunks = (...texts: readonly string[]) =>
  chunksOf(...texts.map((text) => Buffer.from(text)));

/** The chunks of a checkpoint as texts. */
export async function textsOf(stored: StoredCheckpoint): Promise<string[]> {
  const texts: string[] = [];
  for await (const chunk of stored.read()) texts.push(Buffer.from(chunk).toString());
  return texts;
}

/** What every checkpoint store must do. `make` gives an empty one. */
export function describeCheckpointStoreContract(name: string, make: () => Promise<CheckpointStore>): void {
  describe(`${name}: checkpoint store contract`, () => {
    it("has nothing at first", async () => {
      expect(await (await make()).list("default")).toEqual([]);
    });

    it("gives back any chunks as they were given, one by one", async () => {
      const given = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 });
      await fc.assert(
        fc.asyncProperty(given, async (chunks) => {
          const store = await make();
          await store.save("default", chunksOf(...chunks));
          const [newest] = await store.list("default");
          const read: Uint8Array[] = [];
          for await (const chunk of newest.read()) read.push(Uint8Array.from(chunk));
          expect(read).toEqual(chunks);
        }),
        { numRuns: 30, seed: 5 },
      );
    });

    it("keeps the last two of each name, the newest first", async () => {
      const store = await make();
      for (const text of ["one", "two", "three"]) await store.save("left", textChunks(text));
      await store.save("right", textChunks("other"));
      expect(await Promise.all((await store.list("left")).map(textsOf))).toEqual([["three"], ["two"]]);
      expect(await Promise.all((await store.list("right")).map(textsOf))).toEqual([["other"]]);
    });

    it("keeps nothing of a checkpoint whose chunks fail, and what was there before", async () => {
      const store = await make();
      await store.save("default", textChunks("whole"));
      async function* failing(): AsyncGenerator<Uint8Array> {
        yield* textChunks("half");
        throw new Error("no more");
      }
      await expect(store.save("default", failing())).rejects.toThrow("no more");
      expect(await Promise.all((await store.list("default")).map(textsOf))).toEqual([["whole"]]);
      await store.save("default", textChunks("next"));
      expect(await Promise.all((await store.list("default")).map(textsOf))).toEqual([["next"], ["whole"]]);
    });
  });
}
