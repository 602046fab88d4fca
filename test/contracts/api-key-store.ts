import { beforeEach, describe, expect, it } from "vitest";
import type { ApiKeyRecord, ApiKeyStore, StoredApiKey } from "../../src/access/index.js";

const secretHash = "ab".repeat(32);

/** A key of which only the id matters. */
const keyOf = (id: string, more: Partial<StoredApiKey> = {}): StoredApiKey => ({
  id,
  name: "Ærøskøbing 表 'x'",
  scopes: ["predict:arrival-delay", "read"],
  secretHash,
  createdAtMs: 1_000.5,
  expiresAtMs: null,
  revokedAtMs: null,
  lastUsedAtMs: null,
  ...more,
});

const withoutHash = ({ secretHash: _, ...record }: StoredApiKey): ApiKeyRecord => record;

/** What every store of API keys must do. `make` gives an empty one. */
export function describeApiKeyStoreContract(name: string, make: () => Promise<ApiKeyStore>): void {
  describe(`${name}: API key store contract`, () => {
    let store: ApiKeyStore;
    beforeEach(async () => {
      store = await make();
    });

    it("knows nothing at first", async () => {
      expect(await store.find("a")).toBeUndefined();
      expect(await store.list()).toEqual([]);
      expect(await store.revoke("a", 1)).toBeUndefined();
      await store.touch([{ id: "a", atMs: 1 }]);
      await store.touch([]);
      expect(await store.list()).toEqual([]);
    });

    it("keeps a key whole, and its hash from those that list", async () => {
      const key = keyOf("a", { expiresAtMs: 5_000.25 });
      expect(await store.create(key)).toBe(true);
      expect(await store.find("a")).toEqual(key);
      expect(await store.find("A")).toBeUndefined();
      expect(await store.list()).toEqual([withoutHash(key)]);
      expect(JSON.stringify(await store.list())).not.toContain(secretHash);
    });

    it("does not give an id twice", async () => {
      await store.create(keyOf("a"));
      expect(await store.create(keyOf("a", { name: "other" }))).toBe(false);
      expect(await store.find("a")).toEqual(keyOf("a"));
    });

    it("revokes for good: the first time stands", async () => {
      await store.create(keyOf("a"));
      await store.create(keyOf("b"));
      expect(await store.revoke("a", 2_000)).toEqual(withoutHash(keyOf("a", { revokedAtMs: 2_000 })));
      expect(await store.revoke("a", 3_000)).toEqual(withoutHash(keyOf("a", { revokedAtMs: 2_000 })));
      expect(await store.find("a")).toEqual(keyOf("a", { revokedAtMs: 2_000 }));
      expect(await store.find("b")).toEqual(keyOf("b"));
    });

    it("notes the latest use", async () => {
      await store.create(keyOf("a"));
      await store.create(keyOf("b"));
      await store.touch([
        { id: "a", atMs: 2_000 },
        { id: "unknown", atMs: 9_000 },
        { id: "b", atMs: 3_000 },
      ]);
      await store.touch([
        { id: "a", atMs: 1_500 },
        { id: "b", atMs: 4_000 },
      ]);
      const uses = (await store.list()).map(({ id, lastUsedAtMs }) => [id, lastUsedAtMs]);
      expect(uses).toEqual([
        ["b", 4_000],
        ["a", 2_000],
      ]);
    });

    it("lists the newest first", async () => {
      const ids = Array.from({ length: 50 }, (_, i) => `k${(i * 7) % 50}`);
      // All at one time, so that only the order of creation tells.
      for (const id of ids) await store.create(keyOf(id));
      expect((await store.list()).map(({ id }) => id)).toEqual(ids.toReversed());
    });

    it("keeps its own copy of what it is given, and gives copies", async () => {
      const scopes = ["read"];
      await store.create(keyOf("a", { scopes }));
      scopes.push("*");
      const found = await store.find("a");
      (found?.scopes as string[]).push("*");
      ((await store.list())[0].scopes as string[]).push("*");
      expect((await store.find("a"))?.scopes).toEqual(["read"]);
    });
  });
}
