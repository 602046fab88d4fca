import { checkNumber, rejectUnknownKeys } from "../../kernel/index.js";
import type { Connections } from "../connections.js";

/** PEM texts or bytes. */
export interface GrpcTls {
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
  /** Certificates of those who sign clients; with it, a client without such a certificate is refused. */
  readonly clientCa?: string | Buffer;
}

/** How connections are kept and ended. */
export interface GrpcKeepalive {
  /** How long a silent connection is left alone before it is asked whether it lives. Default 60 s. */
  readonly timeMs?: number;
  /** How long the answer to that may take before the connection is cut. Default 20 s. */
  readonly timeoutMs?: number;
}

export interface GrpcServerOptions {
  /** Default `127.0.0.1`: reachable from this machine alone. */
  readonly address?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Default: without TLS. */
  readonly tls?: GrpcTls;
  /** Largest message taken, unpacked. A larger one is RESOURCE_EXHAUSTED. Default 64 MiB. */
  readonly maxMessageBytes?: number;
  /** From a call's arrival to its answer; for streams, of each message. A caller may ask for less. Default 10 s. */
  readonly requestTimeoutMs?: number;
  /** Inferences in flight before new ones are refused. Default 1024. */
  readonly maxInFlight?: number;
  /** Inferences of one stream that are computed at once; more are not read. Default 16. */
  readonly maxStreamInFlight?: number;
  /** How long a closing server still takes inferences after readiness turned false. Default 0. */
  readonly drainMs?: number;
  readonly keepalive?: GrpcKeepalive;
  /** Connections that another process accepts: the server then does not listen. */
  readonly connections?: Connections;
}

export type CompiledGrpcOptions = Readonly<
  Required<Omit<GrpcServerOptions, "tls" | "keepalive" | "connections">> & {
    readonly tls: GrpcTls | undefined;
    readonly connections: Connections | undefined;
    readonly keepalive: Required<GrpcKeepalive>;
  }
>;

const keys: readonly (keyof GrpcServerOptions)[] = [
  "address",
  "port",
  "tls",
  "maxMessageBytes",
  "requestTimeoutMs",
  "maxInFlight",
  "maxStreamInFlight",
  "drainMs",
  "keepalive",
  "connections",
];

const dayMs = 86_400_000;

/** Checks the options and fills in the defaults. Throws MW0103, MW0104. */
export function compileGrpcOptions(options: GrpcServerOptions): CompiledGrpcOptions {
  rejectUnknownKeys(options, keys, "the gRPC server's options");
  const { tls, keepalive = {} } = options;
  if (tls !== undefined) rejectUnknownKeys(tls, ["cert", "key", "clientCa"], "the gRPC server's tls");
  rejectUnknownKeys(keepalive, ["timeMs", "timeoutMs"], "the gRPC server's keepalive");
  const whole = (value: number, where: string, [min, max]: readonly [number, number]) =>
    checkNumber(value, where, { min, max, whole: true });
  return Object.freeze({
    tls,
    connections: options.connections,
    address: options.address ?? "127.0.0.1",
    port: whole(options.port ?? 0, "port", [0, 65_535]),
    maxMessageBytes: whole(options.maxMessageBytes ?? 2 ** 26, "maxMessageBytes", [1, 2 ** 30]),
    requestTimeoutMs: whole(options.requestTimeoutMs ?? 10_000, "requestTimeoutMs", [1, dayMs]),
    maxInFlight: whole(options.maxInFlight ?? 1024, "maxInFlight", [1, 1_000_000]),
    maxStreamInFlight: whole(options.maxStreamInFlight ?? 16, "maxStreamInFlight", [1, 1024]),
    drainMs: whole(options.drainMs ?? 0, "drainMs", [0, dayMs]),
    keepalive: Object.freeze({
      timeMs: whole(keepalive.timeMs ?? 60_000, "keepalive.timeMs", [1, dayMs]),
      timeoutMs: whole(keepalive.timeoutMs ?? 20_000, "keepalive.timeoutMs", [1, dayMs]),
    }),
  });
}
