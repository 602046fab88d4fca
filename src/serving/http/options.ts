import { destination, pino } from "pino";
import type { Gatekeeper } from "../../access/index.js";
import { checkNumber, rejectUnknownKeys, type Clock, type Tracing } from "../../kernel/index.js";
import type { ModelHost } from "../../lifecycle/index.js";
import type { Connections } from "../connections.js";
import { checkOrigins } from "./cors.js";

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
  /** The models that answer tensors, under `/v2`. Default: the server has no such routes. */
  readonly tensors?: TensorRoutes;
  /** Who may ask for what. Default: everybody for everything. The server does not close it. */
  readonly gate?: Gatekeeper;
  /** What the other workers' servers say of their metrics. Default: there are none. */
  readonly otherMetrics?: () => Promise<readonly (readonly object[])[]>;
  /** Origins of pages that may call the server from a browser, such as `https://shop.example`; `*` is all. Default: none. */
  readonly corsOrigins?: readonly string[];
  /** Where requests are told of. Default: nowhere. The server does not close it. */
  readonly tracing?: Tracing;
  /** Connections that another process accepts: the server then does not listen. */
  readonly connections?: Connections;
  /** Certificate and key in PEM: the server then speaks HTTPS alone. */
  readonly tls?: { readonly cert: string | Buffer; readonly key: string | Buffer };
}

/** What the Open Inference Protocol is served from. */
export interface TensorRoutes {
  readonly host: ModelHost;
  /** What `GET /v2` says of the server. */
  readonly server: { readonly name: string; readonly version: string };
  /** Largest body, compressed or not. Default 64 MiB, as Triton's. */
  readonly bodyLimitBytes?: number;
}

type Optional = "tensors" | "gate" | "tracing" | "tls" | "otherMetrics" | "connections";

export type CompiledHttpOptions = Readonly<
  Required<Omit<HttpServerOptions, Optional>> &
    Pick<HttpServerOptions, "gate" | "tracing" | "tls" | "otherMetrics" | "connections">
> & { readonly tensors?: Required<TensorRoutes> };

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
  "tensors",
  "gate",
  "tracing",
  "tls",
  "otherMetrics",
  "corsOrigins",
  "connections",
];

const dayMs = 86_400_000;

/** Pino's JSON lines on standard error. */
export const standardLog = (): ServerLog => pino({ name: "millwright" }, destination(2));

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
    log: options.log ?? standardLog(),
    corsOrigins: checkOrigins(options.corsOrigins ?? []),
    ...(options.gate && { gate: options.gate }),
    ...(options.tracing && { tracing: options.tracing }),
    ...(options.tls && { tls: options.tls }),
    ...(options.otherMetrics && { otherMetrics: options.otherMetrics }),
    ...(options.connections && { connections: options.connections }),
    ...(options.tensors && { tensors: compileTensors(options.tensors) }),
  });
}

function compileTensors({
  host,
  server,
  bodyLimitBytes = 64 * 2 ** 20,
}: TensorRoutes): Required<TensorRoutes> {
  const limit = checkNumber(bodyLimitBytes, "tensors.bodyLimitBytes", { min: 1, max: 2 ** 30, whole: true });
  return Object.freeze({ host, server, bodyLimitBytes: limit });
}
