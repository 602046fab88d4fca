import { createHash } from "node:crypto";
import { describe, expect, it, test } from "vitest";
import { memoryApiKeyStore } from "../adapters/memory/index.js";
import { manualClock } from "../kernel/index.js";
import { issueApiKey, parseApiKey, revokeApiKey } from "./api-key.js";
import { gate, seededBytes } from "./keys.testing.js";
import type { ApiKeyStore } from "./ports.js";

const refusal = (code: string) => expect.objectContaining({ code }) as Error;

describe("an API key", () => {
  it("has an id and 256 random bits, and is kept as the SHA-256 of these", async () => {
    const { issue, apiKeys } = await gate({});
    const { key, record } = await issue(["predict:arrival-delay", "read"]);
    const [, id, secret] = /^mw_([0-9a-z]{12})_([\w-]{43})$/.exec(key) ?? [];
    expect(Buffer.from(secret, "base64url")).toHaveLength(32);
    expect(record).toMatchObject({ id, name: "shop", scopes: ["predict:arrival-delay", "read"] });
    const secretHash = createHash("sha256").update(secret).digest("hex");
    expect(await apiKeys.find(id)).toEqual({ ...record, secretHash });
    expect(JSON.stringify([record, await apiKeys.find(id)])).not.toContain(secret);
    expect(parseApiKey(key)).toEqual({ id, secret });
  });

  it("gets another id when its own is taken", async () => {
    const [store, clock] = [memoryApiKeyStore(), manualClock(5)];
    const request = { name: "a", scopes: ["*"], expiresAtMs: null };
    const first = await issueApiKey(request, { store, clock, randomBytes: seededBytes(3) });
    const second = await issueApiKey(request, { store, clock, randomBytes: seededBytes(3) });
    expect(second.record.id).not.toBe(first.record.id);
    expect(await store.list()).toHaveLength(2);
  });

  test.each([
    [{ name: "" }, "one line"],
    [{ name: "two\nlines" }, "one line"],
    [{ name: " a" }, "one line"],
    [{ name: "x".repeat(101) }, "one line"],
    [{ scopes: [] }, "at least one scope"],
    [{ scopes: ["predikt"] }, "predict"],
    [{ expiresAtMs: 5 }, "in the future"],
    [{ expiresAtMs: NaN }, "in the future"],
  ])("cannot be made of %j", async (wrong, expected) => {
    const request = { name: "a", scopes: ["*"], expiresAtMs: null, ...wrong };
    const ports = { store: memoryApiKeyStore(), clock: manualClock(5), randomBytes: seededBytes(3) };
    const made = issueApiKey(request, ports);
    await expect(made).rejects.toThrow(expected);
    await expect(made).rejects.toThrow(refusal("MW1615"));
    expect(await ports.store.list()).toEqual([]);
  });

  it("whose id is not known cannot be revoked, and a secret given for it is not repeated", async () => {
    const ports = { store: memoryApiKeyStore(), clock: manualClock() };
    await expect(revokeApiKey("abc", ports)).rejects.toMatchObject({ code: "MW1605", found: '"abc"' });
    await expect(revokeApiKey("mw_abc_SECRET", ports)).rejects.not.toThrow("SECRET");
  });
});

describe("authenticating by key", () => {
  it("takes a key as bearer or by its own header, and gives the same caller each time", async () => {
    const { keeper, issue } = await gate({});
    const { key, record } = await issue(["read"]);
    const caller = await keeper.authenticate({ authorization: `Bearer ${key}` });
    expect(caller).toMatchObject({ kind: "key", id: `key:${record.id}` });
    expect(caller.scopes.list).toEqual(["read"]);
    expect(await keeper.authenticate({ apiKey: key })).toBe(caller);
    expect(await keeper.authenticate({ authorization: `bearer  ${key}`, apiKey: key })).toBe(caller);
  });

  it("tells a stranger the same of every key that is none", async () => {
    const { keeper, issue } = await gate({});
    const { key } = await issue(["read"]);
    const revoked = await issue(["read"]);
    await keeper.authenticate({ apiKey: key });
    const wrong = (of: string) => `${of.slice(0, -1)}${of.endsWith("A") ? "B" : "A"}`;
    const messages = new Set<string>();
    for (const text of [wrong(key), wrong(revoked.key), `mw_${"0".repeat(12)}_${"A".repeat(43)}`]) {
      const error: unknown = await keeper.authenticate({ apiKey: text }).catch((cause: unknown) => cause);
      expect(error).toMatchObject({ code: "MW1603", row: { http: 401 } });
      messages.add(JSON.stringify(error));
    }
    expect([...messages]).toHaveLength(1);
  });

  it("every wrong bit of a secret is refused, and the id decides which secret", async () => {
    const { keeper, issue } = await gate({});
    const [a, b] = [await issue(["read"]), await issue(["*"])];
    const { id, secret } = parseApiKey(a.key) ?? { id: "", secret: "" };
    for (let at = 0; at < secret.length; at++) {
      const other = secret[at] === "x" ? "y" : "x";
      const text = `mw_${id}_${secret.slice(0, at)}${other}${secret.slice(at + 1)}`;
      await expect(keeper.authenticate({ apiKey: text })).rejects.toThrow(refusal("MW1603"));
    }
    const mixed = `mw_${b.record.id}_${secret}`;
    await expect(keeper.authenticate({ apiKey: mixed })).rejects.toThrow(refusal("MW1603"));
  });

  it("a key that another process revokes works for a second at most", async () => {
    const { keeper, issue, apiKeys, clock } = await gate({});
    const { key, record } = await issue(["read"]);
    await keeper.authenticate({ apiKey: key });
    await revokeApiKey(record.id, { store: apiKeys, clock });
    clock.advance(999);
    await expect(keeper.authenticate({ apiKey: key })).resolves.toBeDefined();
    clock.advance(1);
    await expect(keeper.authenticate({ apiKey: key })).rejects.toMatchObject({
      code: "MW1604",
      found: "one that was revoked",
      row: { http: 401 },
    });
  });

  it("a key that was unknown works within a second of its making", async () => {
    const { keeper, issue, apiKeys, clock } = await gate({});
    const made = await issue(["read"]);
    const other = await gate({}, { apiKeys: memoryApiKeyStore() });
    await expect(other.keeper.authenticate({ apiKey: made.key })).rejects.toThrow(refusal("MW1603"));
    expect(await apiKeys.list()).toHaveLength(1);
    clock.advance(1_000);
    await expect(keeper.authenticate({ apiKey: made.key })).resolves.toBeDefined();
  });

  it("a key expires at its very millisecond, whatever is remembered", async () => {
    const { keeper, issue, clock } = await gate({});
    const { key } = await issue(["read"], clock.nowMs() + 500);
    clock.advance(499);
    await keeper.authenticate({ apiKey: key });
    clock.advance(1);
    await expect(keeper.authenticate({ apiKey: key })).rejects.toMatchObject({
      code: "MW1604",
      found: "one whose time is over",
    });
  });

  it("asks the store once a second a key, however many ask at once, and not at all for what is no key", async () => {
    const inner = memoryApiKeyStore();
    let asked = 0;
    const find: ApiKeyStore["find"] = (id) => {
      asked += 1;
      return inner.find(id);
    };
    const { keeper, clock } = await gate({}, { apiKeys: { ...inner, find } });
    const request = { name: "a", scopes: ["read"], expiresAtMs: null };
    const { key } = await issueApiKey(request, { store: inner, clock, randomBytes: seededBytes(2) });
    await Promise.all(Array.from({ length: 50 }, () => keeper.authenticate({ apiKey: key })));
    for (const text of ["", "mw_", "mw_x", `${key}x`, "mw_../../_"]) {
      await expect(keeper.authenticate({ apiKey: text })).rejects.toThrow(refusal("MW1602"));
    }
    expect(asked).toBe(1);
    clock.advance(1_000);
    await keeper.authenticate({ apiKey: key });
    expect(asked).toBe(2);
  });

  it("fails when the store fails, and works again with it; it never believes an old answer", async () => {
    const inner = memoryApiKeyStore();
    let broken = false;
    const find: ApiKeyStore["find"] = (id) => (broken ? Promise.reject(new Error("gone")) : inner.find(id));
    const { keeper, clock } = await gate({}, { apiKeys: { ...inner, find } });
    const request = { name: "a", scopes: ["read"], expiresAtMs: null };
    const { key } = await issueApiKey(request, { store: inner, clock, randomBytes: seededBytes(2) });
    await keeper.authenticate({ apiKey: key });
    broken = true;
    await keeper.authenticate({ apiKey: key });
    clock.advance(1_000);
    await expect(keeper.authenticate({ apiKey: key })).rejects.toThrow("gone");
    broken = false;
    await expect(keeper.authenticate({ apiKey: key })).resolves.toBeDefined();
  });

  it("notes when a key was used, once a minute and at the end; a store that refuses is asked again", async () => {
    const inner = memoryApiKeyStore();
    const touched: number[] = [];
    let broken = true;
    const touch: ApiKeyStore["touch"] = async (uses) => {
      touched.push(uses.length);
      if (broken) throw new Error("locked");
      await inner.touch(uses);
    };
    const { keeper, clock } = await gate({}, { apiKeys: { ...inner, touch } });
    const request = { name: "a", scopes: ["read"], expiresAtMs: null };
    const { key, record } = await issueApiKey(request, { store: inner, clock, randomBytes: seededBytes(2) });
    const used = async () => (await inner.find(record.id))?.lastUsedAtMs;
    await keeper.authenticate({ apiKey: key });
    await keeper.authenticate({ apiKey: key });
    expect([touched.length, await used()]).toEqual([1, null]);
    broken = false;
    clock.advance(60_000);
    await keeper.authenticate({ apiKey: key });
    expect([touched.length, await used()]).toEqual([2, clock.nowMs()]);
    clock.advance(5);
    await keeper.authenticate({ apiKey: key });
    await keeper.close();
    expect([touched.length, await used()]).toEqual([3, clock.nowMs()]);
  });
});
