import { Redis } from "ioredis";
import { isMillwrightError, storageErrors } from "../../kernel/index.js";

export interface ConnectionOptions {
  /** `redis://` or `rediss://`, with user, password and database where needed. */
  readonly url: string;
  /** Limit of every call, connecting included. */
  readonly timeoutMs: number;
}

/** One connection that mends itself. Calls while it is gone are refused, not queued. */
export interface Connection {
  /**
   * Runs a call on the open connection. Throws MW1013 when there is none or when it takes too long, MW1003
   * when the server takes no writes, MW1014 when it is too old.
   */
  run<Answer>(call: (redis: Redis) => Promise<Answer>): Promise<Answer>;
  close(): void;
}

const oldestVersion = [7, 0] as const;
const longestPauseMs = 1000;

export function openConnection({ url, timeoutMs }: ConnectionOptions): Connection {
  const redis = new Redis(url, {
    lazyConnect: true,
    enableOfflineQueue: false,
    // What was under way when the connection broke is refused at once; the caller knows how to ask again.
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    connectTimeout: timeoutMs,
    // A peer that says nothing while an answer is due is gone, even if its machine keeps the socket open.
    socketTimeout: timeoutMs,
    retryStrategy: (attempt) => Math.min(longestPauseMs, 25 * 2 ** Math.min(attempt, 6)),
    disableClientInfo: true,
  });
  // Many first calls wait for the connection at the same time, each with a listener of its own.
  redis.setMaxListeners(0);
  const address = addressOf(url);
  let lastError = "no connection yet";
  let checked = false;
  redis.on("error", (error: Error) => {
    lastError = error.message;
  });

  async function opened(): Promise<void> {
    if (redis.status === "wait") redis.connect().catch(() => undefined);
    if (redis.status !== "ready") await nextState(redis);
    if (redis.status !== "ready") throw new Error(lastError);
    if (checked) return;
    checkVersion(await redis.info("server"), address);
    checked = true;
  }

  /** What a call comes to, or the time limit, whatever is first. */
  async function limited<Answer>(call: Promise<Answer>): Promise<Answer> {
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    });
    try {
      return await Promise.race([call, limit]);
    } finally {
      clearTimeout(timer);
    }
  }

  async function run<Answer>(call: (redis: Redis) => Promise<Answer>): Promise<Answer> {
    try {
      const ready = redis.status === "ready" && checked;
      return await limited(ready ? call(redis) : opened().then(() => call(redis)));
    } catch (error) {
      throw codedFailure(error, address);
    }
  }

  return Object.freeze({
    run,
    close() {
      lastError = "a call after the store was closed";
      redis.disconnect();
    },
  });
}

/** Waits until an attempt to connect has come to an end; at once when there is none. */
async function nextState(redis: Redis): Promise<void> {
  if (redis.status !== "connecting" && redis.status !== "connect") return;
  await new Promise<void>((resolve) => {
    const settle = () => {
      redis.off("ready", settle).off("close", settle).off("end", settle);
      resolve();
    };
    redis.on("ready", settle).on("close", settle).on("end", settle);
  });
}

/** Without user and password. */
const addressOf = (url: string) => (URL.canParse(url) ? new URL(url).host : "the given address");

function checkVersion(info: string, address: string): void {
  const found = /^redis_version:(\d+)\.(\d+)\S*/m.exec(info);
  const [major, minor] = found === null ? [0, 0] : [Number(found[1]), Number(found[2])];
  if (major > oldestVersion[0] || (major === oldestVersion[0] && minor >= oldestVersion[1])) return;
  throw storageErrors.error("MW1014", {
    expected: `Redis ${oldestVersion.join(".")} or later at ${address}`,
    found: found === null ? "no version" : found[0],
    remedy: "Use a later server.",
  });
}

/** Everything that a server or the way to it does. */
function codedFailure(error: unknown, address: string): unknown {
  if (!(error instanceof Error) || isMillwrightError(error)) return error;
  const facts = { found: `"${error.message}" from ${address}`, cause: error };
  if (/^(OOM|MISCONF|READONLY|NOREPLICAS)\b/.test(error.message)) {
    return storageErrors.error("MW1003", {
      expected: "Redis to take a write",
      remedy: "Give it memory, disk or its primary back; nothing of the change was kept.",
      ...facts,
    });
  }
  return storageErrors.error("MW1013", {
    expected: "Redis to answer in time",
    remedy: "See that it runs and can be reached; calls work again as soon as it does.",
    ...facts,
  });
}
