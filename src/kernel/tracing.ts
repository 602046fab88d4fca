/** The door through which a request came. Names are those of the door's own table, never what a caller wrote. */
export type TracedDoor =
  | { readonly kind: "http"; readonly method: string; readonly route: string }
  /** `inference.GRPCInferenceService/ModelInfer`. */
  | { readonly kind: "grpc"; readonly method: string };

/** A header as it came; several of one name as a list. */
export type TraceHeader = string | readonly string[] | undefined;

/** A request that comes in. Nothing of its contents: a trace leaves the house. */
export interface TracedRequest {
  readonly door: TracedDoor;
  readonly startedMs: number;
  /** The headers of W3C Trace Context. What is no such header is as if it were not there. */
  readonly traceparent?: TraceHeader;
  readonly tracestate?: TraceHeader;
}

export interface TracedModel {
  readonly model: string;
  readonly version: string | number;
}

/** An inference that was answered while a request was served. */
export interface TracedInference extends TracedModel {
  /** What gave the answer: `model`, `cache` or `fallback`. */
  readonly origin: string;
  /** The way through queue, batch and engine; undefined where nothing was computed. */
  readonly passage?: TracedPassage | undefined;
}

export interface TracedPassage {
  readonly queuedMs: number;
  readonly startedMs: number;
  readonly finishedMs: number;
  /** Calls of one batch of a model version have the same number and the same `startedMs`; 0 where none are batched. */
  readonly batch: number;
  /** Rows of the whole batch. */
  readonly batchRows: number;
}

export interface TracedEnd {
  readonly atMs: number;
  /** HTTP status, 499 for a caller that was gone; over gRPC the number of its status. */
  readonly status: number;
}

/** The trace of one request under way. What is told after its end is dropped. */
export interface RequestTrace {
  /** 32 hexadecimal digits; the caller's, where the caller began the trace. */
  readonly traceId: string;
  /** Which version answers, where no inference tells it. */
  served(model: TracedModel): void;
  inferred(inference: TracedInference): void;
  /** The code of the error that is answered. */
  refused(code: string): void;
  end(end: TracedEnd): void;
}

/** What became of spans since the start. */
export interface SpanCounters {
  readonly sent: number;
  /** There was no room for them. */
  readonly dropped: number;
  /** Whoever was to take them did not, in time or at all. */
  readonly failed: number;
  /** In memory, those being sent included. */
  readonly waiting: number;
}

/**
 * Where doors tell what became of requests. All times are milliseconds on the monotonic scale of the clock that the
 * implementation was given; it adds one offset, read from that clock once, to make them times of day. So spans of a
 * process are in order whatever happens to the date, and drift from it as its clock does. Nothing here throws or waits.
 */
export interface Tracing {
  /** Undefined for a request that is not sampled: there is nothing to tell about it. */
  begin(request: TracedRequest): RequestTrace | undefined;
  counters(): SpanCounters;
}
