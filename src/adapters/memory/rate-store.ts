import {
  debtAt,
  takeRows,
  unitsPerUs,
  type Bucket,
  type RateLimit,
  type RateRequest,
  type RateStore,
} from "../../access/index.js";
import type { Clock } from "../../kernel/index.js";

export interface MemoryRateStoreOptions {
  readonly clock: Clock;
  /** Most keys that are kept. Default 100,000, about 20 MB. */
  readonly capacity?: number;
}

/** Keys that are looked at, the least recently used first, when room is needed. */
const lookedAt = 8;

/** A bucket and the rate at which its debt is paid back. */
interface Kept {
  readonly bucket: Bucket;
  readonly perUs: number;
}

/**
 * Rate limits of this process alone. A key is forgotten only when it owes nothing, which is the same as a key that was
 * never seen: so nobody gets a second burst by being forgotten. Where there is no room, the newcomers of one limit
 * share a bucket of that limit, and whoever gets a bucket of its own later begins with what the shared one owes.
 */
export function memoryRateStore({ clock, capacity = 100_000 }: MemoryRateStoreOptions): RateStore {
  /** The least recently used first. */
  const kept = new Map<string, Kept>();
  /** By limit; there are as many as the configuration has. */
  const shared = new Map<string, Kept>();

  const isPaid = ({ bucket, perUs }: Kept, nowUs: number) => debtAt(bucket, nowUs, perUs) === 0;

  function dropPaid(entries: Map<string, Kept>, nowUs: number): void {
    let looked = 0;
    for (const [key, entry] of entries) {
      if (looked++ === lookedAt) return;
      if (isPaid(entry, nowUs)) entries.delete(key);
    }
  }

  /** Where the bucket of a key is kept, under which name, and what it begins with. */
  function place(key: string, limit: RateLimit, nowUs: number) {
    const own = kept.get(key);
    if (own !== undefined) return { entries: kept, name: key, before: own.bucket };
    if (kept.size >= capacity) dropPaid(kept, nowUs);
    if (shared.size > 0) dropPaid(shared, nowUs);
    const name = `${limit.perSecond}/${limit.burst}`;
    return kept.size < capacity
      ? { entries: kept, name: key, before: shared.get(name)?.bucket }
      : { entries: shared, name, before: shared.get(name)?.bucket };
  }

  return Object.freeze({
    take: async ({ key, limit, rows }: RateRequest) => {
      const nowUs = Math.floor(clock.monotonicMs() * 1000);
      const { entries, name, before } = place(key, limit, nowUs);
      const { bucket, answer } = takeRows(before, { limit, rows, nowUs });
      // Put anew, so that it is the most recently used.
      entries.delete(name);
      entries.set(name, { bucket, perUs: unitsPerUs(limit) });
      return answer;
    },
    close: async () => {
      kept.clear();
      shared.clear();
    },
  });
}
