/** An API key as it is kept: without its secret. Plain JSON. */
export interface ApiKeyRecord {
  /** Twelve characters of `0-9a-z`; the part of the key that may be shown. */
  readonly id: string;
  /** What people call it; several keys may have one name, as while one replaces another. */
  readonly name: string;
  /** As they were given: `predict:arrival-delay`, `read`, `*`. */
  readonly scopes: readonly string[];
  readonly createdAtMs: number;
  /** Not valid from this time on; null: it does not expire. */
  readonly expiresAtMs: number | null;
  /** Null: not revoked. */
  readonly revokedAtMs: number | null;
  /** To within a minute; null: never used. */
  readonly lastUsedAtMs: number | null;
}

export interface StoredApiKey extends ApiKeyRecord {
  /** SHA-256 of the secret, 64 hexadecimal digits. */
  readonly secretHash: string;
}

/** When a key was used. */
export interface KeyUse {
  readonly id: string;
  readonly atMs: number;
}

/** Keeps API keys. Any number of processes may change it at once; a change is seen by all that ask after it. */
export interface ApiKeyStore {
  /** Keeps a new key; false, and nothing is written, when its id is taken. */
  create(key: StoredApiKey): Promise<boolean>;
  find(id: string): Promise<StoredApiKey | undefined>;
  /** All keys, revoked ones too, the newest first. */
  list(): Promise<readonly ApiKeyRecord[]>;
  /** Ends a key for good; of several calls the first one's time stands. Undefined when there is no such key. */
  revoke(id: string, atMs: number): Promise<ApiKeyRecord | undefined>;
  /**
   * Notes when keys were used. A time that is not later than the known one changes nothing, nor does an unknown
   * id. Does not wait for other writers: throws, with nothing written, where it would have to.
   */
  touch(uses: readonly KeyUse[]): Promise<void>;
}

/** How many rows a second, and how many at once after a pause. */
export interface RateLimit {
  /** From 0.001 to 1,000,000, to the thousandth. */
  readonly perSecond: number;
  /** A whole number from 1 to 1,000,000. */
  readonly burst: number;
}

export interface RateRequest {
  /** Whose limit it is; any text. */
  readonly key: string;
  readonly limit: RateLimit;
  /** Rows: a whole number from 0 to the burst. */
  readonly rows: number;
}

export type RateAnswer =
  | { readonly admitted: true }
  /** Nothing was taken. After so many whole milliseconds it would be, if nobody else asks meanwhile. */
  | { readonly admitted: false; readonly retryAfterMs: number };

/**
 * Counts what callers take, by the rule in `token-bucket.ts`. Calls of any number of processes at once never get more
 * than the limit together, where they share the store. A key that is not known owes nothing. Throws a storage error
 * when it cannot tell.
 */
export interface RateStore {
  take(request: RateRequest): Promise<RateAnswer>;
  close(): Promise<void>;
}
