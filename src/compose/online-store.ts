import { checkNumber, rejectUnknownKeys } from "../kernel/index.js";
import { composeErrors } from "./errors.js";

export interface RedisOptions {
  /** `redis://[user:password@]host[:port][/database]`, or `rediss://` for TLS. */
  readonly url: string;
  /** Begins every key; projects that share a server differ in it. Default: the project's name. */
  readonly prefix?: string;
  /** Longest wait for an answer. Default 1,000 ms. */
  readonly timeoutMs?: number;
}

/** Where the windows of all entities are kept while the project serves. */
export type OnlineStore =
  /** In the memory of the serving process, with a durable checkpoint. */
  | { readonly kind: "memory" }
  /** In a Redis (7.0 or later) that several serving processes share. */
  | { readonly kind: "redis"; readonly url: string; readonly prefix?: string; readonly timeoutMs: number };

export const memoryStore: OnlineStore = Object.freeze({ kind: "memory" });

/**
 * Keeps online features in Redis: `storage: { online: redis({ url: "redis://localhost:6379" }) }`. Throws
 * MW0103 for an unknown option and MW1122 for a URL or time that cannot be.
 */
export function redis(options: RedisOptions): OnlineStore {
  rejectUnknownKeys(options, ["url", "prefix", "timeoutMs"], "redis()");
  const { url, prefix, timeoutMs = 1_000 } = options;
  if (typeof url !== "string" || !/^rediss?:\/\/[^\s/]+/.test(url)) {
    throw composeErrors.error("MW1122", {
      expected: "a URL as redis://host:port in redis()",
      found: JSON.stringify(url) ?? "nothing",
      remedy: 'Write redis({ url: "redis://localhost:6379" }).',
    });
  }
  if (prefix !== undefined && !/^[A-Za-z0-9._-]{1,64}$/.test(prefix)) {
    throw composeErrors.error("MW1122", {
      expected: "a prefix of letters, digits, dots, hyphens and underscores in redis()",
      found: JSON.stringify(prefix),
      remedy: "Leave it out for the project's name.",
    });
  }
  return Object.freeze({
    kind: "redis",
    url,
    ...(prefix === undefined ? {} : { prefix }),
    timeoutMs: checkNumber(timeoutMs, "redis().timeoutMs", { min: 1, max: 60_000 }),
  });
}
