import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Prediction } from "../../lifecycle/index.js";
import { acceptStream, acceptText, createBodyReader, ndjson, type BodyReader } from "./body.js";
import { addRoute, type Door, type Handler } from "./door.js";
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
  const { live, metrics } = door;
  const predict = async (request: FastifyRequest, model: string, row: unknown): Promise<Prediction> => {
    const prediction = await live.predict(model, row);
    metrics.prediction(prediction);
    request.served = prediction;
    return prediction;
  };
  const predictItem = async (request: FastifyRequest, model: string, row: unknown) => {
    try {
      return await predict(request, model, row);
    } catch (error) {
      return { error: refusal(door, request, error) };
    }
  };
  return async (request) => {
    const { name } = modelOf(live, request.params.model);
    const body = read.json(request);
    const rows = read.batch(body, "rows");
    if (rows === undefined) return predict(request, name, body);
    return { predictions: await Promise.all(rows.map((row) => predictItem(request, name, row))) };
  };
}

function feedbackHandler(door: Door, read: BodyReader): Handler<unknown> {
  return async (request) => {
    const body = read.json(request);
    const items = read.batch(body, "items");
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
