import { Server, ServerCredentials } from "@grpc/grpc-js";
import type { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { throwIfCancelled } from "../../kernel/index.js";
import { authority } from "../authority.js";
import { reach, takeConnections, type TakenConnections } from "../connections.js";
import { servingErrors } from "../errors.js";
import { createAdmission } from "../http/admission.js";
import type { GrpcDoor, OpenDoor } from "./door.js";
import { createHealth } from "./health.js";
import { tolerant } from "./incoming.js";
import { createInference } from "./infer.js";
import { streamMethod } from "./infer-stream.js";
import { unaryMethods } from "./methods.js";
import { compileGrpcOptions, type GrpcServerOptions, type GrpcTls } from "./options.js";
import { healthService, inferenceService } from "./protocol.js";

export interface GrpcServer {
  /** Where it listens, as clients of gRPC take it: `127.0.0.1:8001`. */
  readonly url: string;
  /** 0 where another process accepts its connections. */
  readonly port: number;
  /**
   * Drains and closes: readiness turns false and connections are told to go elsewhere, new inferences are refused
   * (MW0811), what is in flight is answered, streams end after their last answer. Calling it again waits for the same
   * end. The host stays open.
   */
  close(): Promise<void>;
}

/** A client that neither reads nor closes does not end its connection by itself; it is cut after this long. */
const lingerMs = 1000;

/** Calls that one connection may have open at once: each may hold a message that is still coming in. */
const maxCallsPerConnection = 1024;

/**
 * Serves models over gRPC: `inference.GRPCInferenceService` and `grpc.health.v1.Health`. An aborted signal closes the
 * server as `close` does. Throws MW0103 and MW0104 for bad options, MW0105 when already aborted, MW0815 when it cannot
 * listen.
 */
export async function startGrpcServer(
  door: GrpcDoor,
  options: GrpcServerOptions = {},
  signal?: AbortSignal,
): Promise<GrpcServer> {
  throwIfCancelled(signal);
  const compiled = compileGrpcOptions(options);
  let closing: Promise<void> | undefined;
  const admission = createAdmission(compiled.maxInFlight);
  const open: OpenDoor = { ...door, options: compiled, admission, closing: () => closing !== undefined };
  const { server, hushed } = createServer(open);
  const { address, drainMs } = compiled;
  const inject = injector(server, compiled.tls);
  const { connections, port } = await reach({ host: address, port: compiled.port }, compiled.connections);
  const taken = takeConnections(connections, inject);
  const close = () => (closing ??= drain(server, { hushed, admission, drainMs, taken }));
  const onAbort = () => {
    close().catch((error: unknown) => door.explain(error, "close"));
  };
  signal?.addEventListener("abort", onAbort, { once: true });
  return Object.freeze({
    url: authority(address, port),
    port,
    close: () => {
      signal?.removeEventListener("abort", onAbort);
      return close();
    },
  });
}

/** The server, and what ends the calls that would never end by themselves. */
function createServer(door: OpenDoor): { readonly server: Server; readonly hushed: () => void } {
  const { maxMessageBytes, keepalive } = door.options;
  const server = new Server({
    "grpc.max_receive_message_length": maxMessageBytes,
    "grpc.max_send_message_length": -1,
    "grpc.max_concurrent_streams": maxCallsPerConnection,
    "grpc.keepalive_time_ms": keepalive.timeMs,
    "grpc.keepalive_timeout_ms": keepalive.timeoutMs,
    "grpc.enable_channelz": 0,
  });
  const infer = createInference(door);
  const streams = new Set<() => void>();
  const health = createHealth(door);
  server.addService(tolerant(inferenceService), {
    ...unaryMethods(door, infer),
    ModelStreamInfer: streamMethod(door, infer, streams),
  });
  server.addService(tolerant(healthService), health.methods);
  const hushed = () => {
    health.close();
    for (const finish of [...streams]) finish();
  };
  return { server, hushed };
}

/** What takes a connection. Throws MW0815 for a certificate or a key that is none. */
function injector(server: Server, tls: GrpcTls | undefined): (socket: Socket) => void {
  try {
    const injecting = server.createConnectionInjector(
      tls === undefined ? ServerCredentials.createInsecure() : tlsCredentials(tls),
    );
    return (socket) => injecting.injectConnection(socket);
  } catch (error) {
    server.forceShutdown();
    throw servingErrors.error("MW0815", {
      expected: "a certificate and its key",
      found: error instanceof Error ? error.message : String(error),
      remedy: "Give both in PEM.",
      cause: error,
    });
  }
}

function tlsCredentials({ cert, key, clientCa }: GrpcTls): ServerCredentials {
  const pair = { cert_chain: Buffer.from(cert), private_key: Buffer.from(key) };
  const ca = clientCa === undefined ? null : Buffer.from(clientCa);
  return ServerCredentials.createSsl(ca, [pair], ca !== null);
}

interface Closing extends Pick<OpenDoor, "admission"> {
  readonly hushed: () => void;
  readonly drainMs: number;
  readonly taken: TakenConnections;
}

async function drain(server: Server, { hushed, admission, drainMs, taken }: Closing): Promise<void> {
  if (drainMs > 0) await delay(drainMs);
  hushed();
  const down = new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
  await admission.drain();
  const cut = setTimeout(() => {
    server.forceShutdown();
    taken.cut();
  }, lingerMs);
  try {
    await Promise.all([taken.close(), down]);
  } finally {
    clearTimeout(cut);
  }
}
