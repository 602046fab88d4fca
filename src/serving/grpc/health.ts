import type { ServerWritableStream, UntypedServiceImplementation } from "@grpc/grpc-js";
import { servingErrors } from "../errors.js";
import { clip } from "../refusals.js";
import type { OpenDoor } from "./door.js";
import { BrokenMessage } from "./incoming.js";
import { isReady, unary } from "./methods.js";
import { inferenceServiceName } from "./protocol.js";

/** `HealthCheckResponse.ServingStatus` of grpc.health.v1. */
const serving = 1;
const notServing = 2;
const serviceUnknown = 3;

interface HealthRequest {
  readonly service: string;
}
type WatchCall = ServerWritableStream<HealthRequest | BrokenMessage, { readonly status: number }>;

/** How often readiness is looked at for those who watch it. */
const lookMs = 1_000;

/** The standard health service, of this server as a whole and of the inference service. */
export interface Health {
  readonly methods: UntypedServiceImplementation;
  /** Tells those who watch that the server closes, and ends their calls. */
  close(): void;
}

export function createHealth(door: OpenDoor): Health {
  /** What each was told last. */
  const watchers = new Map<WatchCall, number>();
  const tell = (call: WatchCall, status: number) => {
    if (watchers.get(call) === status) return;
    watchers.set(call, status);
    call.write({ status });
  };
  const look = setInterval(() => {
    for (const [call, status] of watchers) if (status !== serviceUnknown) tell(call, statusNow());
  }, lookMs).unref();
  const isKnown = (service: string) => service === "" || service === inferenceServiceName;
  const statusNow = () => (isReady(door) ? serving : notServing);
  const methods = {
    Check: unary(door, "Check", ({ service }: HealthRequest) => {
      if (isKnown(service)) return { status: statusNow() };
      throw servingErrors.error("MW0804", {
        expected: `the service ${inferenceServiceName}`,
        found: clip(service),
        remedy: "Leave the service empty to ask after the whole server.",
      });
    }),
    Watch: (call: WatchCall) => {
      const { request } = call;
      const known = request instanceof BrokenMessage ? false : isKnown(request.service);
      call.once("cancelled", () => watchers.delete(call));
      tell(call, known ? statusNow() : serviceUnknown);
    },
  };
  return Object.freeze({
    methods,
    close() {
      clearInterval(look);
      for (const call of watchers.keys()) {
        tell(call, notServing);
        call.end();
      }
      watchers.clear();
    },
  });
}
