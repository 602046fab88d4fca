import type { Clock } from "../kernel/index.js";
import { secretMatches } from "./api-key.js";
import type { Caller } from "./caller.js";
import { accessErrors } from "./errors.js";
import { createKeyUses } from "./key-uses.js";
import type { ApiKeyStore, StoredApiKey } from "./ports.js";
import { recentEntries } from "./recent-entries.js";
import { compileScopes } from "./scopes.js";

/**
 * For how long what was read of a key is believed, by the monotonic clock: the longest time for which a key that was
 * revoked by another process still works. It is never believed for longer; when the store cannot be read, requests fail.
 */
const believedMs = 1_000;
const rememberedKeys = 10_000;

export interface KeyAuthenticator {
  /** Throws MW1603, MW1604 and what the store throws. */
  authenticate(id: string, secret: string): Promise<Caller>;
  /** Writes down when keys were used last. */
  close(): Promise<void>;
}

interface Known {
  readonly readAtMs: number;
  /** Undefined: there is no such key. */
  readonly found:
    { readonly key: StoredApiKey; readonly secretHash: Uint8Array; readonly caller: Caller } | undefined;
}

/** What an unknown id is compared with, so that it takes as long as a known one. */
const nobody = new Uint8Array(32);

/** Knows keys by their id. Secrets are not kept, so that each request costs one SHA-256. */
export function createKeyAuthenticator(store: ApiKeyStore, clock: Clock): KeyAuthenticator {
  const known = recentEntries<Known>(rememberedKeys);
  const reading = new Map<string, Promise<Known>>();
  const uses = createKeyUses(store, clock);

  async function read(id: string): Promise<Known> {
    // The time before the question: what changes after it may be missing in the answer.
    const readAtMs = clock.monotonicMs();
    try {
      const key = await store.find(id);
      const entry: Known = { readAtMs, found: key === undefined ? undefined : foundKey(key) };
      known.set(id, entry);
      return entry;
    } finally {
      reading.delete(id);
    }
  }

  function lookUp(id: string): Promise<Known> {
    let asked = reading.get(id);
    if (asked === undefined) reading.set(id, (asked = read(id)));
    return asked;
  }

  return Object.freeze({
    async authenticate(id: string, secret: string) {
      let entry = known.get(id);
      if (entry === undefined || clock.monotonicMs() - entry.readAtMs >= believedMs) entry = await lookUp(id);
      const { found } = entry;
      if (!secretMatches(secret, found?.secretHash ?? nobody) || found === undefined) throw notValid();
      checkTimes(found.key, clock.nowMs());
      uses.note(id);
      return found.caller;
    },
    close: () => uses.close(),
  });
}

function foundKey(key: StoredApiKey): Known["found"] {
  const scopes = compileScopes(key.scopes, `API key ${key.id}`);
  const caller: Caller = Object.freeze({ kind: "key", id: `key:${key.id}`, scopes });
  return { key, secretHash: Buffer.from(key.secretHash, "hex"), caller };
}

/** Told to none but the holder of the secret. */
function checkTimes({ revokedAtMs, expiresAtMs }: StoredApiKey, nowMs: number): void {
  const over = expiresAtMs !== null && nowMs >= expiresAtMs;
  if (revokedAtMs === null && !over) return;
  throw accessErrors.error("MW1604", {
    expected: "an API key that may still be used",
    found: revokedAtMs === null ? "one whose time is over" : "one that was revoked",
    remedy: "Ask for another one.",
  });
}

function notValid() {
  return accessErrors.error("MW1603", {
    expected: "an API key of this server",
    found: "another one",
    remedy: "Compare it with what was shown when the key was created.",
  });
}
