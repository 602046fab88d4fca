import type { BreakerState, Infer, InferStatistics, StepStream } from "../../inference/index.js";
import type { TensorSignature } from "../../registry/index.js";

/** How a version stands in the repository of a server. */
export type HostedState = "READY" | "UNAVAILABLE" | "LOADING" | "UNLOADING";

/** One line of the repository index. */
export interface HostedEntry {
  readonly name: string;
  readonly version: string;
  readonly state: HostedState;
  /** Why it is not ready; empty when it is. */
  readonly reason: string;
}

/**
 * A version of a model that answers tensors, whatever stands behind it: an imported graph or a model of features. It
 * answers as long as that version is served: once it was replaced or unloaded, `infer` throws MW0706, and whoever held
 * it finds the model again. Ask it at once, or be ready for that.
 */
export interface HostedModel {
  readonly name: string;
  /** Digits. */
  readonly version: string;
  /** `onnxruntime_onnx` for a graph, `millwright_features` for a model that reads features. */
  readonly platform: string;
  /** Names, types and shapes of what it takes and gives. A free dimension is null. */
  readonly signature: TensorSignature;
  /** Most rows of one batch; 0 when the model does not batch. */
  readonly maxBatchRows: number;
  /** Throws MW0706 once the version was replaced or unloaded, and what the model throws. */
  readonly infer: Infer;
  /** Of a model of features: what was asked over the typed API too. */
  statistics(): InferStatistics;
  /** How a graph that computes one step is run again and again; absent for one that does not. */
  readonly stream?: StepStream;
  /** What one row that it computes costs, where that is declared. */
  readonly pricePerPrediction?: number;
  /** Absent without a breaker. */
  breakerState?(): BreakerState | undefined;
}

/**
 * The models of a server that speak tensors. Several versions of a model may be ready at once; without a version a
 * caller gets the champion.
 */
export interface ModelHost {
  /** Every version that is loaded, and every model of the registry that is not. */
  index(): Promise<readonly HostedEntry[]>;
  /** Every version that is ready now. */
  ready(): readonly HostedModel[];
  /** Throws MW1160 for an unknown model or version, MW1161 for one that is not ready. */
  find(model: string, version?: string): HostedModel;
  /**
   * Loads a version (`version`: a number or an alias; default the champion) and, when another version of the model was
   * the default, moves the default to it: load, verify, warm, switch, drain, dispose. No call fails because of it.
   * `agreed` is called with the version when it could answer, and the one before answers until it resolves. Throws
   * MW1160, MW1162 and what loading and `agreed` throw; then everything is as before. It takes as long as it takes, and
   * goes on when whoever asked is gone.
   */
  load(model: string, version?: string, agreed?: (version: string) => Promise<void>): Promise<HostedModel>;
  /** Takes all versions of a model out of memory, once what they compute is answered. Throws MW1160. */
  unload(model: string): Promise<void>;
  close(): Promise<void>;
}
