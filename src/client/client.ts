import type { MillwrightClientError } from "./errors.js";
import { createTransport, serverError, type CallOptions, type ClientOptions } from "./transport.js";
import type {
  AnyConfig,
  ConfigLike,
  EventOf,
  ModelName,
  Prediction,
  RequestOf,
  SourcesLike,
} from "./types.js";

/** The outcome of one row of `predictMany`. */
export type PredictionResult<Config extends ConfigLike, Name extends ModelName<Config>> =
  | { readonly ok: true; readonly prediction: Prediction<Config, Name> }
  | { readonly ok: false; readonly error: MillwrightClientError };

/** What became of a prediction. */
export interface Label {
  readonly id: string;
  readonly label: unknown;
}

export interface FeedbackReceipt {
  readonly accepted: number;
  readonly rejected: readonly { readonly index: number; readonly error: MillwrightClientError }[];
}

/** Some events of a request, by their position in it, and what was found of each. */
export interface Remark {
  readonly index: number;
  readonly reasons: readonly string[];
}

export interface IngestReceipt {
  readonly accepted: number;
  /** Events whose id was taken before; they counted then. */
  readonly duplicates: number;
  /** Kept, but not counted, with the reasons why. */
  readonly quarantined: readonly Remark[];
  /** Accepted, but breaking an expectation of severity `warn`. */
  readonly warned: readonly Remark[];
  /** Numbers of the first and the last accepted event in the log of the source. */
  readonly sequence: { readonly first: number; readonly last: number } | null;
}

/** A served model as the server describes it. */
export interface ServedModel {
  readonly name: string;
  readonly version: string;
  readonly packageId: string;
  /** What is predicted. */
  readonly predicts: string;
  /** `binary`, `multiclass`, `regression`, `ranking` or `anomaly`. */
  readonly task: string;
  /** Of a `multiclass` model. */
  readonly classes?: readonly string[];
  /** What its answers say of how sure they are; absent where they say nothing. */
  readonly certainty?: "interval" | "set";
  /** JSON Schema of a request. */
  readonly request: Readonly<Record<string, unknown>>;
}

/** Every method rejects with `MillwrightClientError`. */
export interface Client<Config extends ConfigLike, Sources extends SourcesLike = SourcesLike> {
  predict<Name extends ModelName<Config>>(
    model: Name,
    request: RequestOf<Config, Name>,
    options?: CallOptions,
  ): Promise<Prediction<Config, Name>>;
  /** Results in the order of the requests; each row is judged alone. */
  predictMany<Name extends ModelName<Config>>(
    model: Name,
    requests: readonly RequestOf<Config, Name>[],
    options?: CallOptions,
  ): Promise<readonly PredictionResult<Config, Name>[]>;
  /** Rejects when the prediction is unknown or the label is wrong. */
  feedback(id: string, label: unknown, options?: CallOptions): Promise<void>;
  feedbackMany(labels: readonly Label[], options?: CallOptions): Promise<FeedbackReceipt>;
  ingest<Name extends keyof Sources & string>(
    source: Name,
    events: readonly EventOf<Sources, Name>[],
    options?: CallOptions,
  ): Promise<IngestReceipt>;
  models(options?: CallOptions): Promise<readonly ServedModel[]>;
  ready(options?: CallOptions): Promise<{ readonly ready: boolean; readonly reasons: readonly string[] }>;
}

/**
 * A client of a Millwright server, typed by the project's configuration, and by its sources where events are
 * sent; without the type arguments every name, request and event is admitted. Has no dependencies and runs
 * wherever `fetch` does. Throws MW1306.
 *
 * ```ts
 * const client = createClient<typeof config>({ url: "http://127.0.0.1:8080" });
 * const { probability } = await client.predict("arrival-delay", { origin: "JFK", distance: 2586, date });
 *
 * const feeder = createClient<typeof config, { flights: typeof flights }>({ url: "http://127.0.0.1:8080" });
 * await feeder.ingest("flights", [{ origin: "JFK", distance: 2586, date, delay: 12 }]);
 * ```
 */
export function createClient<
  Config extends ConfigLike = AnyConfig,
  Sources extends SourcesLike = SourcesLike,
>(options: ClientOptions): Client<Config, Sources> {
  const send = createTransport(options);
  const predictPath = (model: string) => `v1/models/${encodeURIComponent(model)}/predict`;
  const client: Client<Config, Sources> = {
    predict: (model, body, call) => send({ path: predictPath(model), body, has: "id", options: call }),
    async predictMany<Name extends ModelName<Config>>(
      model: Name,
      rows: readonly RequestOf<Config, Name>[],
      call?: CallOptions,
    ) {
      const { predictions } = await send<{ readonly predictions: readonly Item<Prediction<Config, Name>>[] }>(
        {
          path: predictPath(model),
          body: { rows },
          has: "predictions",
          list: true,
          options: call,
        },
      );
      return predictions.map((item) => toResult<Config, Name>(item));
    },
    async feedback(id, label, call) {
      await send({ path: "v1/feedback", body: { id, label }, has: "accepted", options: call });
    },
    async feedbackMany(items, call) {
      const receipt = await send<RawFeedbackReceipt>({
        path: "v1/feedback",
        body: { items },
        has: "rejected",
        list: true,
        options: call,
      });
      return {
        ...receipt,
        rejected: receipt.rejected.map((item) => ({ ...item, error: serverError(item) })),
      };
    },
    ingest(source, events, call) {
      const path = `v1/events/${encodeURIComponent(source)}`;
      return send({ path, body: { events }, has: "quarantined", list: true, options: call });
    },
    async models(call) {
      return (
        await send<{ readonly models: readonly ServedModel[] }>({
          path: "v1/models",
          has: "models",
          list: true,
          options: call,
        })
      ).models;
    },
    ready: (call) => send({ path: "health/ready", has: "ready", unready: true, options: call }),
  };
  return Object.freeze(client);
}

type Item<Answer> = Answer | { readonly error: unknown };

interface RawFeedbackReceipt {
  readonly accepted: number;
  readonly rejected: readonly { readonly index: number; readonly error: unknown }[];
}

function toResult<Config extends ConfigLike, Name extends ModelName<Config>>(
  item: Item<Prediction<Config, Name>>,
): PredictionResult<Config, Name> {
  if ("error" in item) return { ok: false, error: serverError(item) };
  return { ok: true, prediction: item };
}
