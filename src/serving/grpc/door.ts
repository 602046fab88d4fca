import type { Inferred } from "../../inference/index.js";
import type { Clock, MillwrightError } from "../../kernel/index.js";
import type { HostedModel, ModelHost } from "../../lifecycle/index.js";
import type { Admission } from "../http/admission.js";
import type { CompiledGrpcOptions } from "./options.js";

/** One request of a caller: a call, or one message of a stream. */
export interface GrpcCall {
  /** `ModelInfer`. */
  readonly method: string;
  /** What a caller must be allowed to: look at models, use them, or load and unload them. */
  readonly verb: "predict" | "read" | "manage";
  /** Undefined where the request is about all models. */
  readonly model: string | undefined;
  /** What the request says it has, for rate limits: the first dimension of its first input; 1 without inputs. */
  readonly rows: number;
  /** Address and port of the other end. */
  readonly peer: string;
  /** A header of the call, by its name in lower case; undefined when there is none. */
  header(name: string): string | undefined;
}

/** An inference that was answered. */
export interface GrpcInferred {
  readonly call: GrpcCall;
  /** What `authenticate` said; undefined without it. */
  readonly caller: string | undefined;
  /** The caller's own id of the request; may be empty. */
  readonly id: string;
  readonly model: HostedModel;
  readonly inferred: Inferred;
  /** From the arrival of the message to its answer. */
  readonly latencyMs: number;
}

/** How a call ended. */
export interface GrpcOutcome {
  /** That which the answer would have over HTTP. */
  readonly status: number;
  /** Code of the error. */
  readonly code?: string;
  /** Which version of the model answered. */
  readonly version?: string;
}

/** What a gRPC server needs of the process that it belongs to. */
export interface GrpcDoor {
  readonly host: ModelHost;
  readonly clock: Clock;
  /** What ServerMetadata says of the server. */
  readonly server: { readonly name: string; readonly version: string };
  /** Turns whatever was thrown while a method was served into a coded error; logs faults. Must not throw. */
  readonly explain: (error: unknown, method: string) => MillwrightError;
  /** Whether the process takes work. A server that closes is not ready, whatever this says. Default: always. */
  readonly ready?: () => boolean;
  /**
   * Throws for a caller who may not do this, now; gives the name of one who may, for `onInferred`. Asked before a
   * tensor is read, and not for ServerLive, ServerReady and health checks. Without it everybody may do everything.
   */
  readonly authenticate?: (call: GrpcCall) => Promise<string>;
  /** Told of each inference that was answered: metrics. What it throws is explained and changes no answer. */
  readonly onInferred?: (inferred: GrpcInferred) => void;
  /** Told once of each error that is answered, by the name of its method: metrics, the log. Must not throw. */
  readonly onRefused?: (error: MillwrightError, method: string) => void;
  /**
   * Told how each call ended that `authenticate` was asked about, and each message of a stream: audit. The call is the
   * very object that `authenticate` got. What it throws is explained and changes no answer.
   */
  readonly onSettled?: (call: GrpcCall, outcome: GrpcOutcome) => void;
}

/** What the methods of a running server share. */
export interface OpenDoor extends GrpcDoor {
  readonly options: CompiledGrpcOptions;
  readonly admission: Admission;
  /** True once the server is closing. */
  readonly closing: () => boolean;
}
