import { SpanStatusCode, type Attributes, type SpanStatus } from "@opentelemetry/api";
import type { TracedDoor } from "../../kernel/index.js";

/**
 * Names and attributes of spans: OpenTelemetry's semantic conventions 1.45 (HTTP server spans, RPC server spans), and
 * `millwright.` for what they do not know. `url.path`, which they want, is left out: it holds what a caller wrote.
 */
export function describeDoor(door: TracedDoor): { readonly name: string; readonly attributes: Attributes } {
  if (door.kind === "grpc") {
    return { name: door.method, attributes: { "rpc.system.name": "grpc", "rpc.method": door.method } };
  }
  const { method, route } = door;
  return {
    name: `${method} ${route}`,
    attributes: { "http.request.method": method, "http.route": route },
  };
}

/** By number: https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
const grpcStatuses = [
  ...["OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS"],
  ...["PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE"],
  ...["UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED"],
];
/** Those that the conventions count as the server's own failures. */
const grpcFaults = new Set([
  ...["UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS"],
]);

const gone = 499;

export interface DescribedEnd {
  readonly attributes: Attributes;
  readonly status: SpanStatus;
}

/** How a request ended. Only faults of the server make its span one of an error, as the conventions have it. */
export function describeEnd(door: TracedDoor, status: number, code: string | undefined): DescribedEnd {
  const own: Attributes = code === undefined ? {} : { "millwright.error.code": code };
  if (door.kind === "grpc") {
    const name = grpcStatuses[status] ?? String(status);
    const type = status === 0 ? {} : { "error.type": code ?? name };
    return {
      attributes: { "rpc.status_code": name, ...type, ...own },
      status: statusOf(grpcFaults.has(name)),
    };
  }
  // Nothing was answered to a caller that was gone.
  if (status === gone) {
    return { attributes: { "error.type": code ?? "cancelled", ...own }, status: statusOf(false) };
  }
  const type = status < 400 ? {} : { "error.type": code ?? String(status) };
  return {
    attributes: { "http.response.status_code": status, ...type, ...own },
    status: statusOf(status >= 500),
  };
}

const statusOf = (fault: boolean): SpanStatus => ({
  code: fault ? SpanStatusCode.ERROR : SpanStatusCode.UNSET,
});
