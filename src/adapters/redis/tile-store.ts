import type { ChainableCommander, Redis } from "ioredis";
import type { TileAnswer, TileChange, TileRequest, TileStore } from "../../features/index.js";
import { openConnection } from "./connection.js";
import { queueFetch } from "./fetch-command.js";
import { recordSizes, type RecordSizes } from "./record-sizes.js";
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

/**
 * Tiles in Redis 7.0 or later: one hash per entity, a field per tile, the meta in field `m`. It connects with
 * the first call. Needs no module, and no other command than HELLO, INFO, HMGET,
 * HGETALL, HLEN, EVALSHA, EVAL, SCAN, UNLINK.
 */
export function redisTileStore(options: RedisTileStoreOptions): TileStore {
  const { url, prefix = "millwright", timeoutMs = 1000 } = options;
  const keys = rowKeys(prefix);
  const connection = openConnection({ url, timeoutMs });
  const sizes = recordSizes();

  return Object.freeze({
    fetch: async (requests: readonly TileRequest[]) =>
      requests.length === 0 ? [] : connection.run((redis) => fetch({ redis, keys, sizes }, requests)),
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

interface Fetching {
  readonly redis: Redis;
  readonly keys: RowKeys;
  readonly sizes: RecordSizes;
}

/**
 * Named fields of each record, or whole records where those are small; one record of each space whose fields
 * are named is measured beside.
 */
async function fetch(
  { redis, keys, sizes }: Fetching,
  requests: readonly TileRequest[],
): Promise<TileAnswer[]> {
  const pipeline = redis.pipeline();
  const measured = new Map<string, string>();
  const whole = requests.map(({ space, key, fields }) => {
    const row = keys.of(space, key);
    const small = sizes.isSmall(space, fields.length);
    if (small) pipeline.hgetallBuffer(row);
    else {
      queueFetch(pipeline, row, fields);
      if (fields.length > 0) measured.set(space, row);
    }
    return small;
  });
  for (const row of measured.values()) pipeline.hlen(row);
  const replies = await answersOf(pipeline);
  [...measured.keys()].forEach((space, i) => sizes.note(space, replies[requests.length + i] as number));
  return requests.map((request, i) =>
    whole[i]
      ? pickTiles(request, { record: replies[i] as Record<string, Buffer>, sizes })
      : namedTiles(replies[i] as (Buffer | null)[]),
  );
}

function namedTiles(reply: readonly (Buffer | null)[]): TileAnswer {
  const tiles = new Array<Uint8Array | undefined>(reply.length - 1);
  for (let i = 1; i < reply.length; i++) tiles[i - 1] = reply[i] ?? undefined;
  return { meta: reply[0]?.toString("utf8"), tiles };
}

function pickTiles(
  { space, fields }: TileRequest,
  {
    record,
    sizes,
  }: { readonly record: Readonly<Record<string, Buffer | undefined>>; readonly sizes: RecordSizes },
): TileAnswer {
  sizes.note(space, Object.keys(record).length);
  return { meta: record.m?.toString("utf8"), tiles: fields.map((field) => record[field]) };
}

async function swap(redis: Redis, keys: RowKeys, changes: readonly TileChange[]): Promise<boolean[]> {
  const calls = changes.map((change) => swapArguments(keys, change));
  const pipeline = redis.pipeline();
  for (const call of calls) pipeline.evalsha(swapScript.sha, 1, ...call);
  const replies = (await pipeline.exec()) ?? [];
  // A server that was started anew does not know the script; a call that says so did nothing.
  const unknown = replies.flatMap(([error], i) =>
    error?.message.startsWith("NOSCRIPT") === true ? [i] : [],
  );
  const again = redis.pipeline();
  for (const i of unknown) again.eval(swapScript.source, 1, ...calls[i]);
  const late = unknown.length === 0 ? [] : ((await again.exec()) ?? []);
  unknown.forEach((i, n) => (replies[i] = late[n]));
  return replies.map(([error, made]) => {
    if (error !== null) throw error;
    return made === 1;
  });
}

function swapArguments(keys: RowKeys, change: TileChange): (string | Buffer | number)[] {
  const { space, key, expected, meta, set, drop } = change;
  const call: (string | Buffer | number)[] = [
    keys.of(space, key),
    expected === undefined ? "" : `=${expected}`,
    meta,
    set.length,
  ];
  for (const [field, tile] of set) call.push(field, asBuffer(tile));
  call.push(...drop);
  return call;
}

const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

async function answersOf(pipeline: ChainableCommander): Promise<unknown[]> {
  const replies = (await pipeline.exec()) ?? [];
  return replies.map(([error, reply]) => {
    if (error !== null) throw error;
    return reply;
  });
}

/** Drops what one step of a scan finds; the cursor of the next step. */
async function dropSome(redis: Redis, pattern: string, cursor: string): Promise<string | undefined> {
  const [next, found] = await redis.scanBuffer(cursor, "MATCH", pattern, "COUNT", dropBatch);
  if (found.length > 0) await redis.unlink(...found);
  return next.toString() === "0" ? undefined : next.toString();
}
