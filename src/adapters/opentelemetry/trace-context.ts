import { createTraceState, ROOT_CONTEXT, trace, type Context } from "@opentelemetry/api";
import type { TracedRequest } from "../../kernel/index.js";

// W3C Trace Context, 3.2: version ff is not allowed; later versions may add fields, version 00 may not.
const grammar = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
/** A caller may send more; what is longer is left out, as the specification allows. */
const longestState = 512;

/** The context of the span that the caller names, or the root where it names none. */
export function callerContext({ traceparent, tracestate }: TracedRequest): Context {
  // Several headers are none: the first cannot be told from a forged one.
  if (typeof traceparent !== "string") return ROOT_CONTEXT;
  const match = grammar.exec(traceparent.trim());
  if (match === null) return ROOT_CONTEXT;
  const [, version, traceId, spanId, flags, rest] = match;
  if (version === "ff" || (version === "00" && rest !== undefined)) return ROOT_CONTEXT;
  const state = typeof tracestate === "string" || tracestate === undefined ? tracestate : tracestate.join();
  const spanContext = {
    ...{ traceId, spanId, isRemote: true },
    traceFlags: Number.parseInt(flags, 16) & 1,
    ...(state !== undefined && state.length <= longestState && { traceState: createTraceState(state) }),
  };
  return trace.isSpanContextValid(spanContext)
    ? trace.setSpanContext(ROOT_CONTEXT, spanContext)
    : ROOT_CONTEXT;
}
