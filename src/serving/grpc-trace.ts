import type { Clock, RequestTrace, Tracing } from "../kernel/index.js";
import type { GrpcCall, GrpcDoor } from "./grpc/door.js";
import { grpcStatusOf } from "./grpc/status.js";

type Hooks = Pick<GrpcDoor, "authenticate" | "onInferred" | "onSettled">;

/** Traces calls, and messages of streams, around what else a gRPC door does; just that where nothing is traced. */
export function traceGrpc(
  hooks: Hooks,
  { tracing, clock }: { readonly tracing: Tracing | undefined; readonly clock: Clock },
): Hooks {
  if (tracing === undefined) return hooks;
  const traces = new WeakMap<GrpcCall, RequestTrace>();
  return {
    async authenticate(call) {
      const traced = tracing.begin({
        door: { kind: "grpc", method: `inference.GRPCInferenceService/${call.method}` },
        startedMs: clock.monotonicMs(),
        ...{ traceparent: call.header("traceparent"), tracestate: call.header("tracestate") },
      });
      if (traced !== undefined) traces.set(call, traced);
      return (await hooks.authenticate?.(call)) ?? "";
    },
    onInferred(answered) {
      const { model, inferred } = answered;
      const { name, version } = model;
      const { origin, passage } = inferred;
      traces.get(answered.call)?.inferred({ model: name, version, origin: origin.kind, passage });
      hooks.onInferred?.(answered);
    },
    onSettled(call, outcome) {
      const traced = traces.get(call);
      if (outcome.code !== undefined) traced?.refused(outcome.code);
      traced?.end({ atMs: clock.monotonicMs(), status: grpcStatusOf(outcome.status) });
      hooks.onSettled?.(call, outcome);
    },
  };
}
