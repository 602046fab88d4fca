import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Libsql from "libsql";
import { afterEach, beforeEach, expect, it } from "vitest";
import { manualClock, systemClock } from "../../kernel/index.js";
import { openSqlite } from "./index.js";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "millwright-keys-"));
  path = join(folder, "metadata.db");
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

it("two processes that create and revoke at once lose nothing and see each other's keys", async () => {
  const script = join(import.meta.dirname, "key-making-child.testing.ts");
  const children = ["1", "2"].map((seed) => {
    const args = ["--import", "jiti/register", script, path, seed, "10"];
    return spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  });
  const made = await Promise.all(
    children.map(async ({ stdout }) => {
      let text = "";
      for await (const chunk of stdout) text += String(chunk);
      return JSON.parse(text) as { readonly kept: string[]; readonly revoked: string[] };
    }),
  );
  const { apiKeys, close } = openSqlite(path, { clock: systemClock });
  const keys = await apiKeys.list();
  close();
  const ids = (revoked: boolean) =>
    keys.filter(({ revokedAtMs }) => (revokedAtMs !== null) === revoked).map(({ id }) => id);
  expect(ids(false).toSorted()).toEqual(made.flatMap(({ kept }) => kept).toSorted());
  expect(ids(true).toSorted()).toEqual(made.flatMap(({ revoked }) => revoked).toSorted());
  expect(keys).toHaveLength(20);
});

it("lists ten thousand keys", async () => {
  const { apiKeys, close } = openSqlite(path, { clock: manualClock() });
  const database = new Libsql(path);
  database.exec(`
    INSERT INTO api_keys (id, name, scopes, secret_hash, created_at_ms, created)
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
    SELECT 'k' || i, 'name ' || i, '["read"]', '${"ab".repeat(32)}', i, i FROM n`);
  database.close();
  const keys = await apiKeys.list();
  expect(keys).toHaveLength(10_000);
  expect(keys.map(({ id }) => id)).toEqual(Array.from({ length: 10_000 }, (_, i) => `k${10_000 - i}`));
  expect(keys[0]).toEqual({
    id: "k10000",
    name: "name 10000",
    scopes: ["read"],
    createdAtMs: 10_000,
    expiresAtMs: null,
    revokedAtMs: null,
    lastUsedAtMs: null,
  });
  close();
});

it("does not wait for another writer to note a use, and changes as ever afterwards", async () => {
  const { apiKeys, close } = openSqlite(path, { clock: manualClock() });
  const facts = { name: "a", scopes: ["read"], secretHash: "ab".repeat(32), createdAtMs: 1 };
  const key = { ...facts, id: "a", expiresAtMs: null, revokedAtMs: null, lastUsedAtMs: null };
  await apiKeys.create(key);
  const other = new Libsql(path);
  other.exec("BEGIN IMMEDIATE");
  // With the store's ordinary limit this would take ten seconds.
  await expect(apiKeys.touch([{ id: "a", atMs: 5 }])).rejects.toMatchObject({ code: "MW1010" });
  expect(await apiKeys.find("a")).toEqual(key);
  other.exec("ROLLBACK");
  other.close();
  await apiKeys.touch([{ id: "a", atMs: 6 }]);
  expect(await apiKeys.find("a")).toEqual({ ...key, lastUsedAtMs: 6 });
  close();
});
