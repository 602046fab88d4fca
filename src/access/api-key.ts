import { hash, timingSafeEqual } from "node:crypto";
import type { Clock } from "../kernel/index.js";
import { badAccess } from "./bad-access.js";
import { accessErrors } from "./errors.js";
import type { ApiKeyRecord, ApiKeyStore, StoredApiKey } from "./ports.js";
import { compileScopes } from "./scopes.js";

/** Bytes that nobody can foretell. */
export type RandomBytes = (count: number) => Uint8Array;

export interface ApiKeyRequest {
  /** One line of at most 100 characters. */
  readonly name: string;
  /** At least one. */
  readonly scopes: readonly string[];
  /** Null: it does not expire. */
  readonly expiresAtMs: number | null;
}

export interface IssuedApiKey {
  /** The whole key. It is here once, and nowhere else. */
  readonly key: string;
  readonly record: ApiKeyRecord;
}

const secretBytes = 32;
const idLength = 12;
const idDigits = "0123456789abcdefghijklmnopqrstuvwxyz";
const form = /^mw_([0-9a-z]{12})_([A-Za-z0-9_-]{43})$/;

/** The parts of a key; undefined when the text is none. */
export function parseApiKey(text: string): { readonly id: string; readonly secret: string } | undefined {
  const match = form.exec(text);
  return match === null ? undefined : { id: match[1], secret: match[2] };
}

/**
 * SHA-256 without salt or stretching. Those slow down guessing, and a secret of 256 random bits cannot be guessed at
 * any speed; a slow hash would only give strangers a way to keep the server busy.
 */
const hashSecret = (secret: string): Buffer => hash("sha256", secret, "buffer");

/** Whether a secret is the one that was hashed; takes as long when it is not. */
export const secretMatches = (secret: string, secretHash: Uint8Array): boolean =>
  timingSafeEqual(hashSecret(secret), secretHash);

/** A uniform id: bytes that would favour some digits are left out. */
function newId(randomBytes: RandomBytes): string {
  let id = "";
  while (id.length < idLength) {
    for (const byte of randomBytes(idLength - id.length)) {
      if (byte < 252) id += idDigits[byte % 36];
    }
  }
  return id;
}

/** Makes a key `mw_<id>_<secret>` and keeps all of it but the secret. Throws MW1615 for a request that cannot be. */
export async function issueApiKey(
  { name, scopes, expiresAtMs }: ApiKeyRequest,
  ports: { readonly store: ApiKeyStore; readonly clock: Clock; readonly randomBytes: RandomBytes },
): Promise<IssuedApiKey> {
  const { store, clock, randomBytes } = ports;
  checkKeyName(name);
  const { list } = compileScopes(scopes, "the key");
  if (list.length === 0)
    throw badAccess("at least one scope", "none", "Say what the key is for: predict:<model>.");
  const createdAtMs = clock.nowMs();
  if (expiresAtMs !== null && !(expiresAtMs > createdAtMs)) {
    throw badAccess("a key that expires in the future", String(expiresAtMs), "Give a later time.");
  }
  for (;;) {
    const id = newId(randomBytes);
    const secret = Buffer.from(randomBytes(secretBytes)).toString("base64url");
    const facts = { id, name, scopes: list, createdAtMs, expiresAtMs };
    const record: ApiKeyRecord = Object.freeze({ ...facts, revokedAtMs: null, lastUsedAtMs: null });
    const secretHash = hashSecret(secret).toString("hex");
    if (await store.create({ ...record, secretHash })) return { key: `mw_${id}_${secret}`, record };
  }
}

function checkKeyName(name: unknown): void {
  if (typeof name === "string" && /^[^\p{C}\p{Zl}\p{Zp}]{1,100}$/u.test(name) && name.trim() === name) return;
  throw badAccess(
    "a name of one line, of at most 100 characters, that neither begins nor ends with a space",
    JSON.stringify(name) ?? "nothing",
    "Name the key after whoever uses it.",
  );
}

/** Ends a key for good; again is harmless. Throws MW1605. */
export async function revokeApiKey(
  id: string,
  { store, clock }: { readonly store: ApiKeyStore; readonly clock: Clock },
): Promise<ApiKeyRecord> {
  const record = await store.revoke(id, clock.nowMs());
  if (record !== undefined) return record;
  throw accessErrors.error("MW1605", {
    expected: "the id of an API key: the twelve characters after mw_",
    // Whoever gives a whole key by mistake must not find its secret in a log.
    found: /^[0-9a-z]{1,20}$/.test(id) ? `"${id}"` : "another text",
    remedy: "Take it from millwright keys list.",
  });
}

/** A key without its hash, for those that look at it. */
export const apiKeyRecord = ({ secretHash: _, ...record }: StoredApiKey): ApiKeyRecord => record;
