import { apiKeyRecord, type ApiKeyStore, type KeyUse, type StoredApiKey } from "../../access/index.js";
import { sql, type SqliteDatabase } from "./database.js";
import type { Tables } from "./tables.js";

const keyOf = (row: Tables["api_keys"]): StoredApiKey => ({
  id: row.id,
  name: row.name,
  scopes: JSON.parse(row.scopes) as string[],
  secretHash: row.secret_hash,
  createdAtMs: row.created_at_ms,
  expiresAtMs: row.expires_at_ms,
  revokedAtMs: row.revoked_at_ms,
  lastUsedAtMs: row.last_used_at_ms,
});

const rowOf = (key: StoredApiKey, created: number): Tables["api_keys"] => ({
  id: key.id,
  name: key.name,
  scopes: JSON.stringify(key.scopes),
  secret_hash: key.secretHash,
  created_at_ms: key.createdAtMs,
  created,
  expires_at_ms: key.expiresAtMs,
  revoked_at_ms: key.revokedAtMs,
  last_used_at_ms: key.lastUsedAtMs,
});

/** API keys in SQLite. */
export function sqliteApiKeyStore(database: SqliteDatabase): ApiKeyStore {
  const keys = sql.selectFrom("api_keys");
  const find = (id: string) =>
    database
      .all(keys.selectAll().where("id", "=", id))
      .map(keyOf)
      .at(0);
  const update = sql.updateTable("api_keys");

  const touch = ({ id, atMs }: KeyUse) => {
    const later = update
      .set({ last_used_at_ms: atMs })
      .where("id", "=", id)
      .where((where) =>
        where.or([where("last_used_at_ms", "is", null), where("last_used_at_ms", "<", atMs)]),
      );
    database.run(later);
  };

  return Object.freeze({
    create: async (key: StoredApiKey) =>
      database.transaction(() => {
        if (find(key.id) !== undefined) return false;
        const last = database.all(keys.select(({ fn }) => fn.max("created").as("last"))).at(0)?.last ?? 0;
        database.run(sql.insertInto("api_keys").values(rowOf(key, last + 1)));
        return true;
      }),
    find: async (id: string) => find(id),
    list: async () =>
      database.all(keys.selectAll().orderBy("created", "desc")).map((row) => apiKeyRecord(keyOf(row))),
    revoke: async (id: string, atMs: number) =>
      database.transaction(() => {
        database.run(
          update.set({ revoked_at_ms: atMs }).where("id", "=", id).where("revoked_at_ms", "is", null),
        );
        const key = find(id);
        return key === undefined ? undefined : apiKeyRecord(key);
      }),
    touch: async (uses: readonly KeyUse[]) => {
      if (uses.length > 0) database.attempt(() => uses.forEach(touch));
    },
  });
}
