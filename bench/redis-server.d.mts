/** A running Redis server that this process started. */
export interface RedisServer {
  readonly host: string;
  readonly port: number;
  /** `redis://host:port`, database 0. */
  readonly url: string;
  readonly version: string;
  readonly pid: number;
  /** Ends the server and removes its folder. */
  close(): Promise<void>;
}

/** Throws when there is no Redis on the PATH, or it does not accept connections within `timeoutMs`. */
export function startRedis(options?: {
  readonly program?: string;
  readonly timeoutMs?: number;
}): Promise<RedisServer>;
