import type { FastifyReply } from "fastify";
import type { ServerResponse } from "node:http";
import type { Inferred } from "../../inference/index.js";
import type { HostedModel } from "../../lifecycle/index.js";
import { shorterMs } from "../caller-limit.js";
import { connectionSignal } from "../http/connection-signal.js";
import { oipErrors } from "../oip-errors.js";
import { askModel, rowsAsked } from "./ask-model.js";
import { bodyOf } from "./call-body.js";
import type { Answered, ModelStream, OipDoor } from "./door.js";
import { oipErrorText } from "./failure.js";
import { readGenerateRequest, type GenerateCall } from "./generate-request.js";
import { headerLength, type ModelRequest } from "./infer-route.js";
import { jsonData, writeInferAnswer } from "./infer-response.js";
import { badRequest, shown } from "./refusals.js";

/** One stream that a caller asked for. */
interface Stream {
  readonly model: HostedModel;
  readonly call: GenerateCall;
  readonly signal: AbortSignal;
  /** Computed already: what fails before it has an error's status. */
  readonly first: IteratorResult<Inferred, void>;
  /** Those after the first. */
  readonly steps: AsyncGenerator<Inferred, void, undefined>;
}

/** Answers the last step, or with the parameter `all_steps` each, as `{"steps": [...]}`. */
export function generateHandler(door: OipDoor) {
  return async (request: ModelRequest, reply: FastifyReply): Promise<string> => {
    const stream = await openStream(door, request, door.requestTimeoutMs);
    const texts: string[] = [];
    try {
      for (let step = stream.first; step.done !== true; step = await stream.steps.next()) {
        if (!stream.call.allSteps) texts.length = 0;
        texts.push(stepText(stream, step.value));
      }
    } finally {
      await stream.steps.return();
    }
    void reply.type("application/json");
    return stream.call.allSteps ? `{"steps":[${texts.join(",")}]}` : texts[0];
  };
}

/**
 * Sends each step as an event once it is computed. What fails before the first step has an error's status; what fails
 * later is an event `{"error": text}`, after which the stream ends. A step is computed when the one before it has left,
 * so that a slow reader holds up the model and not the memory; one that is gone ends the computing.
 */
export function generateStreamHandler(door: OipDoor) {
  return async (request: ModelRequest, reply: FastifyReply): Promise<void> => {
    const stream = await openStream(door, request, Infinity);
    let step = stream.first;
    const { raw } = reply;
    // From here on the server's own answers, errors and time limits keep off.
    reply.hijack();
    for (const [name, value] of Object.entries(reply.getHeaders()))
      if (value !== undefined) raw.setHeader(name, value);
    raw.writeHead(200, {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache",
      "x-accel-buffering": "no",
    });
    const listener: Listener = { door, request, raw, signal: stream.signal };
    try {
      for (; step.done !== true; step = await stream.steps.next())
        await write(listener, stepText(stream, step.value));
      raw.end();
    } catch (error) {
      giveUp(listener, error);
    } finally {
      await stream.steps.return();
    }
  };
}

interface Listener {
  readonly door: OipDoor;
  readonly request: ModelRequest;
  readonly raw: ServerResponse;
  readonly signal: AbortSignal;
}

/** Tells a listener what failed, if there is one who reads. */
function giveUp({ door, request, raw, signal }: Listener, error: unknown): void {
  if (signal.aborted || raw.destroyed || raw.writableNeedDrain) {
    raw.destroy();
    return;
  }
  raw.end(`data: ${JSON.stringify({ error: oipErrorText(door.explain(error, request)) })}\n\n`);
}

/** Writes an event, and waits until there is room for another: so long as a request may take to come in, no longer. */
async function write({ door, raw }: Listener, text: string): Promise<void> {
  if (raw.write(`data: ${text}\n\n`)) return;
  await new Promise<void>((resolve, reject) => {
    const settle = (outcome: () => void) => () => {
      clearTimeout(timer);
      raw.off("drain", drained).off("close", gone);
      outcome();
    };
    const drained = settle(resolve);
    const gone = settle(() => reject(new Error("the reader is gone")));
    const timer = setTimeout(
      settle(() => reject(new Error("the reader stalls"))),
      door.requestTimeoutMs,
    );
    raw.on("drain", drained).on("close", gone);
  });
}

/** Begins a stream, of one version from its first step to its last, that ends after so long. */
function openStream(door: OipDoor, request: ModelRequest, limitMs: number): Promise<Stream> {
  let admitted = false;
  return askModel(door.host, request.params, async (model) => {
    const stream = door.streamOf?.(model);
    if (stream === undefined) throw noStream(model);
    const body = await bodyOf(request, door.bodyLimitBytes);
    const call = readGenerateRequest(body, headerLength(request), model);
    checkSteps(call, stream);
    const rows = rowsAsked(call.inputs);
    if (!admitted) await door.admit?.(request, rows);
    admitted = true;
    const signal = connectionSignal(request);
    const untilMs = door.arrivedMs(request) + shorterMs(limitMs, call.timeoutMs);
    const steps = told({ door, request, model, rows }, run(door, { model, stream, call, signal, untilMs }));
    return { model, call, signal, first: await steps.next(), steps };
  });
}

function run(
  { clock, requestTimeoutMs }: OipDoor,
  {
    model,
    stream,
    call,
    signal,
    untilMs,
  }: Pick<Stream, "model" | "call" | "signal"> & { readonly stream: ModelStream; readonly untilMs: number },
): AsyncIterable<Inferred> {
  return stream.run(model.infer, call.inputs, {
    clock,
    signal,
    priority: call.priority,
    stepTimeoutMs: requestTimeoutMs,
    ...(call.steps === undefined ? {} : { steps: call.steps }),
    deadlineMs: untilMs,
  });
}

/** The steps, each told to the server. */
async function* told(
  {
    door,
    request,
    model,
    rows,
  }: Pick<Listener, "door" | "request"> & Pick<Stream, "model"> & Pick<Answered, "rows">,
  steps: AsyncIterable<Inferred>,
): AsyncGenerator<Inferred, void, undefined> {
  let startedMs = door.clock.monotonicMs();
  for await (const inferred of steps) {
    door.onInferred(request, { model, inferred, rows, latencyMs: door.clock.monotonicMs() - startedMs });
    yield inferred;
    startedMs = door.clock.monotonicMs();
  }
}

/** A step as JSON: the answer of an inference, or a field for each output, of one value or of the list of them. */
function stepText({ model, call }: Stream, inferred: Inferred): string {
  if (call.asInference) {
    const outputs = Object.keys(inferred.outputs).map((name) => ({ name, binary: false }));
    return String(writeInferAnswer(model, { id: call.id, outputs }, inferred).body);
  }
  const named = { model_name: model.name, model_version: model.version };
  const head = JSON.stringify(call.id === undefined ? named : { ...named, id: call.id });
  const fields = Object.entries(inferred.outputs).map(([name, tensor]) => {
    const values = jsonData(name, tensor);
    return `,${JSON.stringify(name)}:${tensor.data.length === 1 ? values : `[${values}]`}`;
  });
  return `${head.slice(0, -1)}${fields.join("")}}`;
}

function checkSteps({ steps = 1 }: GenerateCall, stream: ModelStream): void {
  if (steps <= stream.steps) return;
  throw badRequest(`at most ${stream.steps} steps`, `${steps}`, "Ask for fewer steps.");
}

function noStream({ name }: HostedModel) {
  return oipErrors.error("MW0822", {
    expected: "a model that streams",
    found: shown(name),
    remedy: "Ask it with infer, or declare which of its outputs feed its inputs.",
  });
}
