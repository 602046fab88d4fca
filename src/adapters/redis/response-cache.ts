import { decodeTensors, encodeTensors, type ResponseCache } from "../../inference/index.js";
import { systemClock, type Clock } from "../../kernel/index.js";
import type { Tensors } from "../../registry/index.js";
import { openConnection } from "./connection.js";

export interface RedisResponseCacheOptions {
  /** `redis://` or `rediss://`, with user, password and database where needed. */
  readonly url: string;
  /** What all names begin with. Default `millwright`. */
  readonly prefix?: string;
  /** Limit of every call, connecting included. Default 100: a cache that is slower is worth little. */
  readonly timeoutMs?: number;
  /** After a failed call Redis is left alone for so long, so that not every question waits for it. Default 1000. */
  readonly restMs?: number;
  /** Larger answers are not kept. Default 1 MiB. */
  readonly maxAnswerBytes?: number;
  /** Writes under way hold no more than this; others are left out. Default 16 MiB. */
  readonly maxPendingBytes?: number;
  /** For the rest alone; Redis itself says what has outlived its time. */
  readonly clock?: Clock;
}

const mebibyte = 2 ** 20;

/**
 * Answers that several processes share, in Redis 7.0 or later: a string `prefix:answer:key` with a time to live each.
 * Needs no other command than HELLO, INFO, GET and SET. How much is kept is for the server's `maxmemory` and its
 * policy to say; `allkeys-lru` is meant for this.
 */
export function redisResponseCache(options: RedisResponseCacheOptions): ResponseCache {
  const { url, prefix = "millwright", timeoutMs = 100, restMs = 1000, clock = systemClock } = options;
  const { maxAnswerBytes = mebibyte, maxPendingBytes = 16 * mebibyte } = options;
  const connection = openConnection({ url, timeoutMs });
  const nameOf = (key: string) => `${prefix}:answer:${key}`;
  let [failures, skipped, pendingBytes] = [0, 0, 0];
  let restUntilMs = -Infinity;
  const rests = () => clock.monotonicMs() < restUntilMs;

  function failed(): undefined {
    failures++;
    restUntilMs = clock.monotonicMs() + restMs;
  }

  async function fetch(key: string): Promise<Tensors | undefined> {
    const bytes = await connection.run((redis) => redis.getBuffer(nameOf(key))).catch(failed);
    // Null: Redis has nothing. Undefined: Redis did not answer.
    if (bytes === null || bytes === undefined) return undefined;
    const tensors = decodeTensors(bytes);
    if (tensors === undefined) failures++;
    return tensors;
  }

  return Object.freeze({
    async get(key: string) {
      if (!rests()) return fetch(key);
      skipped++;
      return undefined;
    },
    async set(key: string, outputs: Tensors, ttlMs: number) {
      const bytes = rests() ? undefined : encodeTensors(outputs);
      if (
        bytes === undefined ||
        bytes.length > maxAnswerBytes ||
        pendingBytes + bytes.length > maxPendingBytes
      ) {
        skipped++;
        return;
      }
      pendingBytes += bytes.length;
      await connection.run((redis) => redis.set(nameOf(key), bytes, "PX", ttlMs)).catch(failed);
      pendingBytes -= bytes.length;
    },
    statistics: () => ({ failures, skipped }),
    async close() {
      connection.close();
    },
  });
}
