import type { Redis } from "ioredis";
import type { TileAnswer, TileChange, TileRequest, TileStore } from "../../features/index.js";
import { openConnection } from "./connection.js";
import { compileNames, mget, type WriteNames } from "./read-command.js";
import { rowKeys, type RowKeys } from "./row-keys.js";
import { swapScript } from "./swap-script.js";

export interface RedisTileStoreOptions {
  /** `redis://` or `rediss://`, with user, password and database where needed. */
  readonly url: string;
  /** What all names begin with. Default `millwright`. */
  readonly prefix?: string;
  /** Limit of every call, connecting included. Default 1000. */
  readonly timeoutMs?: number;
}

/** Names in one SCAN and one UNLINK. */
const dropBatch = 1000;
/** Names in one MGET: others wait for no longer than it takes. */
const fetchBatch = 1000;

/**
 * Tiles in Redis 7.0 or later: a string per field of an entity, and one for its meta. It connects with the
 * first call. Needs no module, and no other command than HELLO, INFO, MGET, EVALSHA, EVAL, SCAN, UNLINK, and
 * GET and SET in its script.
 */
export function redisTileStore(options: RedisTileStoreOptions): TileStore {
  const { url, prefix = "millwright", timeoutMs = 1000 } = options;
  const keys = rowKeys(prefix);
  const fetch = compileFetch(keys, compileNames());
  const connection = openConnection({ url, timeoutMs });

  return Object.freeze({
    fetch: async (requests: readonly TileRequest[]) =>
      requests.length === 0 ? [] : connection.run((redis) => fetch(redis, requests)),
    swap: async (changes: readonly TileChange[]) =>
      changes.length === 0 ? [] : connection.run((redis) => swap(redis, keys, changes)),
    async drop(space: string) {
      const pattern = keys.pattern(space);
      for (let cursor: string | undefined = "0"; cursor !== undefined;) {
        const from: string = cursor;
        cursor = await connection.run((redis) => dropSome(redis, pattern, from));
      }
    },
    async close() {
      connection.close();
    },
  });
}

/**
 * Everything of an entity comes from one MGET, which sees no change by half; one answers for many entities, for
 * a command costs the client more than a value does.
 */
function compileFetch(keys: RowKeys, write: WriteNames) {
  return async (redis: Redis, requests: readonly TileRequest[]): Promise<TileAnswer[]> => {
    const batches = [{ count: 0, names: [] as string[] }];
    for (const { space, key, fields } of requests) {
      let batch = batches[batches.length - 1];
      if (batch.count > 0 && batch.count + fields.length >= fetchBatch) {
        batches.push((batch = { count: 0, names: [] }));
      }
      batch.count += fields.length + 1;
      batch.names.push(write(keys.row(space, key), keys.suffixes(fields)));
    }
    const replies = await Promise.all(batches.map(({ count, names }) => mget(redis, count, names)));
    return answersOf(requests, replies.length === 1 ? replies[0] : replies.flat());
  };
}

function answersOf(requests: readonly TileRequest[], values: readonly (Buffer | null)[]): TileAnswer[] {
  let at = 0;
  return requests.map(({ fields }) => {
    const meta = values[at++]?.toString("utf8");
    const tiles = new Array<Uint8Array | undefined>(fields.length);
    for (let f = 0; f < tiles.length; f++) tiles[f] = values[at++] ?? undefined;
    return { meta, tiles };
  });
}

async function swap(redis: Redis, keys: RowKeys, changes: readonly TileChange[]): Promise<boolean[]> {
  const calls = changes.map((change) => swapArguments(keys, change));
  const pipeline = redis.pipeline();
  for (const call of calls)
    pipeline.evalsha(swapScript.sha, call.names.length, ...call.names, ...call.values);
  const replies = (await pipeline.exec()) ?? [];
  // A server that was started anew does not know the script; a call that says so did nothing.
  const unknown = replies.flatMap(([error], i) =>
    error?.message.startsWith("NOSCRIPT") === true ? [i] : [],
  );
  const again = redis.pipeline();
  for (const i of unknown) {
    const { names, values } = calls[i];
    again.eval(swapScript.source, names.length, ...names, ...values);
  }
  const late = unknown.length === 0 ? [] : ((await again.exec()) ?? []);
  unknown.forEach((i, n) => (replies[i] = late[n]));
  return replies.map(([error, made]) => {
    if (error !== null) throw error;
    return made === 1;
  });
}

function swapArguments(
  keys: RowKeys,
  { space, key, expected, meta, set, drop }: TileChange,
): { readonly names: readonly string[]; readonly values: readonly (string | Buffer)[] } {
  const row = keys.row(space, key);
  const suffixes = keys.suffixes([...set.map(([field]) => field), ...drop]);
  return {
    names: suffixes.map((suffix) => row + suffix),
    values: [expected === undefined ? "" : `=${expected}`, meta, ...set.map(([, tile]) => asBuffer(tile))],
  };
}

const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Drops what one step of a scan finds; the cursor of the next step. */
async function dropSome(redis: Redis, pattern: string, cursor: string): Promise<string | undefined> {
  const [next, found] = await redis.scanBuffer(cursor, "MATCH", pattern, "COUNT", dropBatch);
  if (found.length > 0) await redis.unlink(...found);
  return next.toString() === "0" ? undefined : next.toString();
}
