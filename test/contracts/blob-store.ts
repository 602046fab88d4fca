import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock, type BlobStore } from "../../src/kernel/index.js";

/** Independent of the code under test: Node's own hash. */
const hashOf = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** What every blob store must do. `make` gives an empty one. */
export function describeBlobStoreContract(name: string, make: () => Promise<BlobStore>): void {
  describe(`${name}: blob store contract`, () => {
    let store: BlobStore;
    let folder: string;
    beforeEach(async () => {
      store = await make();
      folder = await mkdtemp(join(tmpdir(), "millwright-contract-"));
    });
    afterEach(async () => {
      await rm(folder, { recursive: true });
    });

    it.each([0, 1, 70_000])("gives back %i bytes under their SHA-256", async (size) => {
      const bytes = randomBytes(size);
      const hash = await store.put(bytes);
      expect(hash).toBe(hashOf(bytes));
      expect(Buffer.from(await store.get(hash)).equals(bytes)).toBe(true);
      expect(await store.has(hash)).toBe(true);
      expect((await readFile(await store.localPath(hash))).equals(bytes)).toBe(true);
    });

    it("knows the SHA-256 of FIPS 180-2's example", async () => {
      const hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
      expect(await store.put(Buffer.from("abc"))).toBe(hash);
    });

    it("takes the same bytes twice, also at once", async () => {
      const bytes = randomBytes(1000);
      const hashes = await Promise.all(Array.from({ length: 8 }, () => store.put(bytes)));
      expect(new Set(hashes)).toEqual(new Set([hashOf(bytes)]));
    });

    it("keeps its own copy of what it takes and gives", async () => {
      const bytes = Buffer.from("first");
      const hash = await store.put(bytes);
      bytes.write("OTHER");
      (await store.get(hash))[0] = 0;
      expect(Buffer.from(await store.get(hash)).toString()).toBe("first");
    });

    it("moves an adopted file into itself, also when it has the blob already", async () => {
      for (let time = 0; time < 2; time++) {
        const path = join(folder, `file-${time}`);
        await writeFile(path, "content");
        const hash = await store.adopt(path);
        expect(hash).toBe(hashOf(Buffer.from("content")));
        expect(existsSync(path)).toBe(false);
        expect(Buffer.from(await store.get(hash)).toString()).toBe("content");
      }
    });

    const listed = async () => {
      const entries = [];
      for await (const entry of store.list()) entries.push(entry);
      return entries.sort((a, b) => (a.hash < b.hash ? -1 : 1));
    };
    const always = { unmodifiedSinceMs: Number.MAX_SAFE_INTEGER };

    it("lists every blob with its size and a time that a second put renews", async () => {
      expect(await listed()).toEqual([]);
      const blobs = [0, 1, 70_000].map((size) => randomBytes(size));
      for (const bytes of blobs) await store.put(bytes);
      const first = await listed();
      expect(first.map(({ hash, sizeBytes }) => [hash, sizeBytes])).toEqual(
        blobs.map((bytes) => [hashOf(bytes), bytes.length]).sort(([a], [b]) => (a < b ? -1 : 1)),
      );
      await store.put(blobs[1]);
      const path = join(folder, "again");
      await writeFile(path, blobs[2]);
      await store.adopt(path);
      const times = new Map(first.map(({ hash, modifiedAtMs }) => [hash, modifiedAtMs]));
      for (const { hash, modifiedAtMs } of await listed()) {
        expect(modifiedAtMs).toBeGreaterThanOrEqual(times.get(hash) as number);
      }
    });

    it("removes a blob, once, and takes it again", async () => {
      const [kept, gone] = [Buffer.from("kept"), Buffer.from("gone")];
      await store.put(kept);
      const hash = await store.put(gone);
      await store.localPath(hash);
      expect(await store.remove(hash, always)).toBe(true);
      expect(await store.remove(hash, always)).toBe(false);
      expect(await store.has(hash)).toBe(false);
      await expect(store.get(hash)).rejects.toMatchObject({ code: "MW1001" });
      await expect(store.localPath(hash)).rejects.toMatchObject({ code: "MW1001" });
      expect((await listed()).map((entry) => entry.hash)).toEqual([hashOf(kept)]);
      expect(await store.put(gone)).toBe(hash);
      expect(Buffer.from(await store.get(hash)).equals(gone)).toBe(true);
    });

    it("does not remove what was modified since", async () => {
      const hash = await store.put(Buffer.from("young"));
      const [{ modifiedAtMs }] = await listed();
      expect(await store.remove(hash, { unmodifiedSinceMs: modifiedAtMs - 1 })).toBe(false);
      expect(await store.has(hash)).toBe(true);
      expect(await store.remove(hash, { unmodifiedSinceMs: modifiedAtMs })).toBe(true);
    });

    it("removing beside writing loses nothing that was put", async () => {
      const bytes = Buffer.from("contended");
      const hash = await store.put(bytes);
      for (let round = 0; round < 50; round++) {
        const [{ modifiedAtMs } = { modifiedAtMs: 0 }] = await listed();
        // Only as old as it was before this put: the put must win, whatever comes first.
        const removal = { unmodifiedSinceMs: modifiedAtMs };
        while (systemClock.nowMs() <= modifiedAtMs) await new Promise(setImmediate);
        await Promise.all([store.remove(hash, removal), store.put(bytes), store.remove(hash, removal)]);
        expect(await store.has(hash)).toBe(true);
      }
    });

    it.each(["f".repeat(64), "", "../../etc/passwd", "..", "x".repeat(64)])(
      "has no blob %j",
      async (hash) => {
        expect(await store.has(hash)).toBe(false);
        await expect(store.get(hash)).rejects.toMatchObject({ code: "MW1001" });
        await expect(store.localPath(hash)).rejects.toMatchObject({ code: "MW1001" });
        expect(await store.remove(hash, always)).toBe(false);
      },
    );
  });
}
