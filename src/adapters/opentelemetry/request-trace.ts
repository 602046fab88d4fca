import {
  ROOT_CONTEXT,
  SpanKind,
  trace,
  type Context,
  type HrTime,
  type Span,
  type Tracer,
} from "@opentelemetry/api";
import type {
  RequestTrace,
  TracedEnd,
  TracedInference,
  TracedModel,
  TracedPassage,
  TracedRequest,
} from "../../kernel/index.js";
import { batchName, type BatchLinks } from "./batch-links.js";
import { describeDoor, describeEnd } from "./span-names.js";
import { callerContext } from "./trace-context.js";

export interface TraceParts {
  readonly tracer: Tracer;
  readonly batches: BatchLinks;
  /** The time of day of a moment on the clock's monotonic scale. */
  readonly timeOf: (ms: number) => HrTime;
}

/** Inferences of one request that get spans; a long stream has more steps than anybody reads. */
const toldInferences = 32;

/** Undefined where the sampler wants nothing of it. */
export function beginTrace(parts: TraceParts, request: TracedRequest): RequestTrace | undefined {
  const { tracer, timeOf } = parts;
  const { name, attributes } = describeDoor(request.door);
  const options = { kind: SpanKind.SERVER, startTime: timeOf(request.startedMs) };
  const span = tracer.startSpan(name, options, callerContext(request));
  if (!span.isRecording()) return undefined;
  span.setAttributes(attributes);
  const within = trace.setSpan(ROOT_CONTEXT, span);
  let code: string | undefined;
  let inferences = 0;
  const served = ({ model, version }: TracedModel) => {
    span.setAttributes({ "millwright.model": model, "millwright.version": version });
  };
  return Object.freeze({
    traceId: span.spanContext().traceId,
    served,
    inferred(inference: TracedInference) {
      inferences++;
      if (inferences > toldInferences || !span.isRecording()) return;
      served(inference);
      span.setAttribute("millwright.origin", inference.origin);
      const { passage } = inference;
      if (passage !== undefined) tellPassage(parts, { inference, passage, within });
    },
    refused(refusal: string) {
      code = refusal;
    },
    end({ atMs, status }: TracedEnd) {
      if (!span.isRecording()) return;
      const end = describeEnd(request.door, status, code);
      if (inferences > 0) span.setAttribute("millwright.inferences", inferences);
      span.setAttributes(end.attributes).setStatus(end.status).end(timeOf(atMs));
    },
  });
}

interface Told {
  readonly inference: TracedInference;
  readonly passage: TracedPassage;
  readonly within: Context;
}

/** Spans that are over when they are told of: the wait in the queue, the batch, and in it the run of the engine. */
function tellPassage({ tracer, batches, timeOf }: TraceParts, { inference, passage, within }: Told): void {
  const { queuedMs, startedMs, finishedMs, batch, batchRows } = passage;
  const start = (
    name: string,
    fromMs: number,
    options: { readonly parent: Context; readonly batch?: string },
  ) =>
    tracer.startSpan(
      name,
      {
        startTime: timeOf(fromMs),
        attributes: { "millwright.model": inference.model, "millwright.version": inference.version },
        ...(options.batch !== undefined && { links: batches.linksOf(options.batch) }),
      },
      options.parent,
    );
  start("queue", queuedMs, { parent: within }).end(timeOf(startedMs));
  // A model that does not batch gives all its calls the number 0.
  const name = batch > 0 ? batchName(inference, passage) : undefined;
  const whole: Span = start("batch", startedMs, {
    parent: within,
    ...(name !== undefined && { batch: name }),
  });
  whole.setAttributes({ "millwright.batch.number": batch, "millwright.batch.rows": batchRows });
  if (name !== undefined) batches.note(name, whole.spanContext());
  start("run", startedMs, { parent: trace.setSpan(within, whole) }).end(timeOf(finishedMs));
  whole.end(timeOf(finishedMs));
}
