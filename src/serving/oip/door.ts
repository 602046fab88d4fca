import type { FastifyReply, FastifyRequest, onRequestHookHandler } from "fastify";
import type { Infer, Inferred, InferOptions } from "../../inference/index.js";
import type { Clock, MillwrightError } from "../../kernel/index.js";
import type { HostedModel, ModelHost } from "../../lifecycle/index.js";
import type { Tensors } from "../../registry/index.js";

/** One route of the protocol. */
export interface OipRoute {
  readonly method: "GET" | "POST";
  /** With its parameters in braces, as OpenAPI writes them. */
  readonly path: string;
  readonly summary: string;
  /** Work is admitted, counted and drained; the rest answers even when the server is full. */
  readonly work: boolean;
  /** What a caller must be allowed to: look at models, use them, or load and unload them. */
  readonly scope: "none" | "look" | "predict" | "manage";
}

/** How one stream is computed. */
export interface StreamOptions extends Pick<InferOptions, "signal" | "priority" | "deadlineMs"> {
  /** Most steps; at most those of the model. */
  readonly steps?: number;
  readonly clock: Pick<Clock, "monotonicMs">;
  /** How long one step may take. */
  readonly stepTimeoutMs: number;
}

/** A model whose outputs feed its inputs, step by step. */
export interface ModelStream {
  /** Most steps of one stream. */
  readonly steps: number;
  /** Each step, with the outputs that the caller gets. A consumer that stops reading stops the computing. */
  run(infer: Infer, inputs: Tensors, options: StreamOptions): AsyncIterable<Inferred>;
}

/** What the routes need of the server that they belong to. */
export interface OipDoor {
  readonly host: ModelHost;
  readonly clock: Pick<Clock, "monotonicMs">;
  /** What GET /v2 says of the server. */
  readonly server: { readonly name: string; readonly version: string };
  /** Largest body, before and after decompression. */
  readonly bodyLimitBytes: number;
  /** From a request's first byte to its answer, and for one step of a stream. */
  readonly requestTimeoutMs: number;
  readonly readiness: () => { readonly ready: boolean; readonly reasons: readonly string[] };
  /** When the head of a request was there, on the clock's monotonic scale: from then on its time limits count. */
  readonly arrivedMs: (request: FastifyRequest) => number;
  /** Runs before a body is read: authentication, admission, time limit, metrics. */
  readonly enter: (route: OipRoute) => onRequestHookHandler;
  /** Counts the rows of an inference against the limits of whoever asks, once its body is read. Default: no limits. */
  readonly admit?: (request: FastifyRequest, rows: number) => Promise<void>;
  /** Turns whatever was thrown into a coded error; logs faults. */
  readonly explain: (error: unknown, request: FastifyRequest) => MillwrightError;
  /** Counts a coded error that is answered, and sets the headers that its status needs, such as Retry-After. */
  readonly onRefused: (error: MillwrightError, reply: FastifyReply) => void;
  /** Told of each inference that was answered: metrics, audit. */
  readonly onInferred: (request: FastifyRequest, answered: Answered) => void;
  /** How a model streams; undefined, or absent, for one that does not. */
  readonly streamOf?: (model: HostedModel) => ModelStream | undefined;
}

export interface Answered {
  readonly model: HostedModel;
  readonly inferred: Inferred;
  /** Rows that were asked for. */
  readonly rows: number;
  /** From the call of the model to its answer. */
  readonly latencyMs: number;
}
