import type { Gatekeeper } from "../access/index.js";
import { isMillwrightError, type MillwrightError } from "../kernel/index.js";
import type { LiveProject, ModelHost } from "../lifecycle/index.js";
import type { Connections } from "./connections.js";
import { servingErrors } from "./errors.js";
import { grpcGate } from "./grpc-gate.js";
import { traceGrpc } from "./grpc-trace.js";
import type { GrpcDoor } from "./grpc/door.js";
import type { GrpcServer } from "./grpc/server.js";
import type { CompiledHttpOptions, HttpServerOptions } from "./http/options.js";
import { compileHttpOptions } from "./http/options.js";
import type { HttpServer } from "./http/server.js";
import type { Protocol } from "./workers/messages.js";
import { createTroubleLog } from "./trouble-log.js";

/** What is served. */
export interface Served {
  readonly live: LiveProject;
  readonly host: ModelHost;
  /** Undefined: everybody may do everything. */
  readonly gate: Gatekeeper | undefined;
  /** What the protocols say of the server. */
  readonly server: { readonly name: string; readonly version: string };
}

export interface ServersOptions {
  readonly http: Omit<HttpServerOptions, "tensors" | "gate">;
  /** Port of gRPC; 0 is any free one. Default: no gRPC. Address, certificate and limits are those of HTTP. */
  readonly grpcPort?: number;
  /** Connections that another process accepts: the servers then do not listen. */
  readonly connections?: (protocol: Protocol) => Connections;
}

export interface Servers {
  /** E.g. `http://127.0.0.1:8080`. */
  readonly url: string;
  /** E.g. `127.0.0.1:8001`; undefined without gRPC. */
  readonly grpcUrl: string | undefined;
  metrics(): Promise<readonly object[]>;
  /** Both drain at the same time. What is served stays open. */
  close(): Promise<void>;
}

/** Serves over HTTP and, where a port is given, over gRPC. Throws what either throws; then neither listens. */
export async function startServers(
  { live, host, gate, server }: Served,
  { http, grpcPort, connections }: ServersOptions,
): Promise<Servers> {
  const options = {
    ...{ ...http, tensors: { host, server } },
    ...(gate && { gate }),
    ...(connections && { connections: connections("http") }),
  };
  // What serves is loaded when something is served: it takes longer to load than all the rest of this room.
  const { startHttpServer } = await import("./http/server.js");
  const overHttp = await startHttpServer(live, options);
  try {
    const overGrpc =
      grpcPort === undefined
        ? undefined
        : await startGrpc(
            { live, host, gate, server },
            { options: compileHttpOptions(options), port: grpcPort, overHttp, connections },
          );
    return Object.freeze({
      url: overHttp.url,
      grpcUrl: overGrpc?.url,
      metrics: () => overHttp.metrics(),
      close: () => closeAll([overHttp, ...(overGrpc === undefined ? [] : [overGrpc])]),
    });
  } catch (error) {
    await overHttp.close();
    throw error;
  }
}

async function closeAll(servers: readonly (HttpServer | GrpcServer)[]): Promise<void> {
  await Promise.all(servers.map((server) => server.close()));
}

interface GrpcParts {
  readonly options: CompiledHttpOptions;
  readonly port: number;
  readonly connections: ServersOptions["connections"];
  /** Counts what comes over gRPC among the rest. */
  readonly overHttp: Pick<HttpServer, "inferred" | "refused">;
}

async function startGrpc(
  { live, host, gate, server }: Served,
  { options, port, overHttp, connections }: GrpcParts,
): Promise<GrpcServer> {
  const {
    clock,
    log,
    tracing,
    host: address,
    tls,
    requestTimeoutMs,
    maxInFlight,
    drainMs,
    tensors,
  } = options;
  const tell = createTroubleLog(options);
  const explain = (error: unknown, method: string): MillwrightError => {
    if (isMillwrightError(error)) return error;
    log.error({ err: error, method }, "unexpected failure while serving a call");
    return servingErrors.error("MW0809", {
      expected: "the call to be served",
      found: "a fault in the server",
      remedy: `Look for "${method}" in the server's log, and report it.`,
      cause: error,
    });
  };
  const onInferred: GrpcDoor["onInferred"] = ({ model, call: { rows }, inferred, latencyMs }) => {
    const { name, version } = model;
    overHttp.inferred({ model: name, version, inferred, latencyMs, over: "grpc", rows });
  };
  const { startGrpcServer } = await import("./grpc/server.js");
  return startGrpcServer(
    {
      ...{ host, clock, server, explain, ready: () => live.readiness().ready },
      ...traceGrpc({ ...grpcGate(gate), onInferred }, { tracing, clock }),
      onRefused(error, method) {
        tell(error, { method });
        overHttp.refused(error.code);
      },
    },
    {
      ...{ address, port, requestTimeoutMs, maxInFlight, drainMs, ...(tls && { tls }) },
      ...(connections && { connections: connections("grpc") }),
      ...(tensors && { maxMessageBytes: tensors.bodyLimitBytes }),
    },
  );
}
