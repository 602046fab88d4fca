import type { FastifyInstance, FastifyRequest } from "fastify";
import type { InferOptions } from "../../inference/index.js";
import type { Prediction } from "../../lifecycle/index.js";
import { shorterMs, withinCallerLimit, type Wishes } from "../caller-limit.js";
import { acceptStream, acceptText, createBodyReader, ndjson, type BodyReader } from "./body.js";
import { readWishes } from "./caller-wishes.js";
import { connectionSignal } from "./connection-signal.js";
import { addRoute, admitRows, type Door, type Handler } from "./door.js";
import { eventsHandler } from "./event-routes.js";
import { modelOf } from "./failure.js";
import { routes } from "./route-table.js";

/** Predictions, feedback and events: the routes that are admitted, timed and drained. */
export function addWorkRoutes(app: FastifyInstance, door: Door): void {
  const read = createBodyReader(app, door.options.maxBatchItems);
  app.removeAllContentTypeParsers();
  acceptText(app, "application/json");
  addRoute(app, door, { route: routes.predict, handler: predictHandler(door, read) });
  addRoute(app, door, { route: routes.feedback, handler: feedbackHandler(door, read) });
  void app.register((scope, _options, done) => {
    acceptStream(scope, ndjson);
    addRoute(scope, door, { route: routes.events, handler: eventsHandler(door, read) });
    done();
  });
}

function predictHandler(door: Door, read: BodyReader): Handler<{ model: string }> {
  const { live, metrics, options } = door;
  const { clock, requestTimeoutMs } = options;
  /** Nobody waits once the connection is gone, and what comes after the time limit is not sent. */
  const patienceOf = (request: FastifyRequest, { priority, timeoutMs }: Wishes): InferOptions => ({
    ...{ signal: connectionSignal(request), priority },
    deadlineMs: request.arrivedMs + shorterMs(requestTimeoutMs, timeoutMs),
  });
  const predict = async ({ request, model, patience }: Asked, row: unknown): Promise<Prediction> => {
    const prediction = await live.predict(model, row, patience);
    metrics.prediction(prediction);
    request.served = prediction;
    request.told?.ids.push(prediction.id);
    return prediction;
  };
  const predictItem = async (asked: Asked, row: unknown) => {
    try {
      return await predict(asked, row);
    } catch (error) {
      return { error: refusal(door, asked.request, error) };
    }
  };
  return async (request) => {
    const { name } = modelOf(live, request.params.model);
    const body = read.json(request);
    const rows = read.batch(body, "rows");
    const wishes = readWishes(request.headers);
    await admitRows(door, request, { verb: "predict", rows: rows?.length ?? 1 });
    const asked = { request, model: name, patience: patienceOf(request, wishes) };
    const { arrivedMs } = request;
    const limits = { serverMs: requestTimeoutMs, wishedMs: wishes.timeoutMs, arrivedMs, clock };
    if (rows === undefined) return withinCallerLimit(limits, predict(asked, body));
    const predicted = Promise.all(rows.map((row) => predictItem(asked, row)));
    return { predictions: await withinCallerLimit(limits, predicted) };
  };
}

interface Asked {
  readonly request: FastifyRequest;
  readonly model: string;
  readonly patience: InferOptions;
}

function feedbackHandler(door: Door, read: BodyReader): Handler<unknown> {
  return async (request) => {
    const body = read.json(request);
    const items = read.batch(body, "items");
    await admitRows(door, request, { verb: "feedback", rows: items?.length ?? 1 });
    const receipt = await door.live.feedback(items ?? [body]);
    door.metrics.feedback(receipt.accepted, receipt.rejected.length);
    if (items === undefined && receipt.rejected.length > 0) throw receipt.rejected[0].error;
    const rejected = receipt.rejected.map(({ index, error }) => ({
      index,
      error: refusal(door, request, error),
    }));
    return { accepted: receipt.accepted, rejected };
  };
}

/** The coded error of one item of a batch, counted like the error of a whole request. */
function refusal(door: Door, request: FastifyRequest, error: unknown): Record<string, unknown> {
  const coded = door.explain(error, request);
  door.metrics.failure(coded.code);
  return coded.toJSON();
}
