import { createHash } from "node:crypto";
import type { Redis } from "ioredis";
import {
  rowUnits,
  unitsPerUs,
  waitMs,
  type RateAnswer,
  type RateRequest,
  type RateStore,
} from "../../access/index.js";
import { openConnection } from "./connection.js";
import { rateScript } from "./rate-script.js";

export interface RedisRateStoreOptions {
  /** `redis://` or `rediss://`, with user, password and database where needed. */
  readonly url: string;
  /** What all names begin with. Default `millwright`. */
  readonly prefix?: string;
  /** Limit of every call, connecting included. Default 100: a prediction waits for it. */
  readonly timeoutMs?: number;
}

/**
 * Rate limits that several processes share, in Redis 7.0 or later: one script a call. It connects with the first
 * call. A bucket is kept under the SHA-256 of its key: any text will do, and names of callers do not stand in Redis.
 * Needs no other command than HELLO, INFO, EVALSHA, EVAL, and TIME, GET, SET and DEL in its script.
 */
export function redisRateStore(options: RedisRateStoreOptions): RateStore {
  const { url, prefix = "millwright", timeoutMs = 100 } = options;
  const connection = openConnection({ url, timeoutMs });
  return Object.freeze({
    take: async ({ key, limit, rows }: RateRequest): Promise<RateAnswer> => {
      const name = `${prefix}:rate:${createHash("sha256").update(key, "utf16le").digest("base64url")}`;
      const perUs = unitsPerUs(limit);
      const values = [perUs, rows * rowUnits, limit.burst * rowUnits].map(String);
      const over = await connection.run((redis) => run(redis, name, values));
      return over === ""
        ? { admitted: true }
        : { admitted: false, retryAfterMs: waitMs(Number(over), perUs) };
    },
    close: async () => {
      connection.close();
    },
  });
}

/** A server that was started anew does not know the script; a call that says so did nothing. */
async function run(redis: Redis, name: string, values: readonly string[]): Promise<string> {
  try {
    return (await redis.evalsha(rateScript.sha, 1, name, ...values)) as string;
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith("NOSCRIPT")) throw error;
    return (await redis.eval(rateScript.source, 1, name, ...values)) as string;
  }
}
