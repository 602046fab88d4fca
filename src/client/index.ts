export {
  createClient,
  type Client,
  type FeedbackReceipt,
  type IngestReceipt,
  type Label,
  type PredictionResult,
  type ServedModel,
} from "./client.js";
export {
  clientErrors,
  MillwrightClientError,
  type ClientErrorCode,
  type ClientErrorFacts,
} from "./errors.js";
export type { CallOptions, ClientOptions } from "./transport.js";
export type {
  ConfigLike,
  EventOf,
  Fallback,
  ModelLike,
  ModelName,
  Prediction,
  RequestOf,
  ResponseOf,
  SourcesLike,
} from "./types.js";
