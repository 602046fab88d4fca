import { destination, pino } from "pino";
import { checkNumber, rejectUnknownKeys, type Clock } from "../../kernel/index.js";

/** Where the server reports failures; a pino logger is one. */
export interface ServerLog {
  info(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface HttpServerOptions {
  /** Measures latency. */
  readonly clock: Clock;
  /** Default `127.0.0.1`: reachable from this machine alone. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Largest body taken. Default 1 MiB. */
  readonly bodyLimitBytes?: number;
  /** From a request's first byte to its answer. Default 10 s. */
  readonly requestTimeoutMs?: number;
  /** Predictions, feedback and events in flight before new ones are refused. Default 1024. */
  readonly maxInFlight?: number;
  /** Items in one batch. Default 1000. */
  readonly maxBatchItems?: number;
  /**
   * How long a closing server still takes new work after readiness turned 503, so that load balancers
   * notice first. Default 0: new work is refused at once.
   */
  readonly drainMs?: number;
  /** Default: pino's JSON lines on standard error. */
  readonly log?: ServerLog;
}

export type CompiledHttpOptions = Readonly<Required<HttpServerOptions>>;

const keys: readonly (keyof HttpServerOptions)[] = [
  "clock",
  "host",
  "port",
  "bodyLimitBytes",
  "requestTimeoutMs",
  "maxInFlight",
  "maxBatchItems",
  "drainMs",
  "log",
];

const dayMs = 86_400_000;

/** Checks the options and fills in the defaults. Throws MW0103, MW0104. */
export function compileHttpOptions(options: HttpServerOptions): CompiledHttpOptions {
  rejectUnknownKeys(options, keys, "the HTTP server's options");
  const whole = (value: number, where: string, [min, max]: readonly [number, number]) =>
    checkNumber(value, where, { min, max, whole: true });
  return Object.freeze({
    clock: options.clock,
    host: options.host ?? "127.0.0.1",
    port: whole(options.port ?? 0, "port", [0, 65_535]),
    bodyLimitBytes: whole(options.bodyLimitBytes ?? 1_048_576, "bodyLimitBytes", [1, 2 ** 30]),
    requestTimeoutMs: whole(options.requestTimeoutMs ?? 10_000, "requestTimeoutMs", [1, dayMs]),
    maxInFlight: whole(options.maxInFlight ?? 1024, "maxInFlight", [1, 1_000_000]),
    maxBatchItems: whole(options.maxBatchItems ?? 1000, "maxBatchItems", [1, 1_000_000]),
    drainMs: whole(options.drainMs ?? 0, "drainMs", [0, dayMs]),
    log: options.log ?? pino({ name: "millwright" }, destination(2)),
  });
}
