import type { Caller, Gatekeeper } from "../access/index.js";
import type { GrpcCall, GrpcDoor, GrpcOutcome } from "./grpc/door.js";

/** Lets a gatekeeper stand at the gRPC door; nothing where there is none. */
export function grpcGate(gate: Gatekeeper | undefined): Pick<GrpcDoor, "authenticate" | "onSettled"> {
  if (gate === undefined) return {};
  const callers = new WeakMap<GrpcCall, Caller>();
  return {
    async authenticate(call) {
      const caller = await gate.authenticate({
        authorization: call.header("authorization"),
        apiKey: call.header("x-api-key"),
      });
      callers.set(call, caller);
      gate.authorize(caller, call.verb, call.model);
      if (call.verb === "predict") await gate.admit(caller, call.verb, call.rows);
      return caller.id;
    },
    onSettled: (call: GrpcCall, outcome: GrpcOutcome) =>
      gate.note({
        ...{ caller: callers.get(call) ?? null, verb: call.verb, count: call.rows, ...outcome },
        ...(call.model === undefined ? {} : { model: call.model }),
      }),
  };
}
