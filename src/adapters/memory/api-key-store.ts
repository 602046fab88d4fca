import { apiKeyRecord, type ApiKeyStore, type KeyUse, type StoredApiKey } from "../../access/index.js";

/** API keys in memory. */
export function memoryApiKeyStore(): ApiKeyStore {
  /** In the order of creation. */
  const keys = new Map<string, StoredApiKey>();

  return Object.freeze({
    create: async (key: StoredApiKey) => {
      if (keys.has(key.id)) return false;
      keys.set(key.id, structuredClone(key));
      return true;
    },
    find: async (id: string) => structuredClone(keys.get(id)),
    list: async () => structuredClone([...keys.values()].map(apiKeyRecord).reverse()),
    revoke: async (id: string, atMs: number) => {
      const key = keys.get(id);
      if (key === undefined) return undefined;
      const revoked = { ...key, revokedAtMs: key.revokedAtMs ?? atMs };
      keys.set(id, revoked);
      return structuredClone(apiKeyRecord(revoked));
    },
    touch: async (uses: readonly KeyUse[]) => {
      for (const { id, atMs } of uses) {
        const key = keys.get(id);
        if (key !== undefined && atMs > (key.lastUsedAtMs ?? -Infinity))
          keys.set(id, { ...key, lastUsedAtMs: atMs });
      }
    },
  });
}
