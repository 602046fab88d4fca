import { checkNumber, didYouMean, rejectUnknownKeys } from "../kernel/index.js";
import { compileBatching, type Batching, type BatchingOptions } from "./queue/batching.js";
import { inferenceErrors } from "./errors.js";
import type { ServedGraph } from "./infer.js";
import {
  compileResilience,
  resilienceKeys,
  type CompiledResilience,
  type ResilienceOptions,
} from "./resilience/resilience-options.js";
import type { StreamSpec } from "./stream/step-stream.js";

/** How one model is served. All may be left out. */
export interface ModelServingOptions extends ResilienceOptions {
  readonly batching?: BatchingOptions;
  /** Where it computes. Default: where its cost, measured when it is loaded, belongs. */
  readonly placement?: ServedGraph["placement"];
  /** Longest time of one computation of a graph in a process of its own, in milliseconds. Default 30000. */
  readonly limitMs?: number;
  /** What computes: `cpu` (default) or another that the engine has here, such as `cuda`. */
  readonly provider?: string;
  /** For a graph that computes one step: how its outputs become its inputs. */
  readonly stream?: StreamSpec;
  /** What one prediction costs, in any currency; the metrics add it up. */
  readonly pricePerPrediction?: number;
}

/** {@link ModelServingOptions}, checked, with defaults. */
export interface ModelServing {
  readonly resilience: CompiledResilience;
  readonly batching: Batching;
  readonly placement: ServedGraph["placement"] | undefined;
  readonly limitMs: number;
  readonly provider: string;
  readonly stream: StreamSpec | undefined;
  readonly pricePerPrediction: number | undefined;
}

const ownKeys = ["batching", "placement", "limitMs", "provider", "stream", "pricePerPrediction"] as const;
const placements: readonly ServedGraph["placement"][] = ["inline", "worker"];

export interface ServingDefaults {
  readonly model: string;
  /** Whether outputs that are not finite are failures where nothing is said of it. */
  readonly rejectNaN: boolean;
}

/** Throws MW0101, MW0103, MW0104, MW0618 and MW0723. */
export function compileModelServing(
  options: ModelServingOptions,
  { model, rejectNaN }: ServingDefaults,
): ModelServing {
  const where = `serving of model "${model}"`;
  rejectUnknownKeys(options, [...resilienceKeys, ...ownKeys], where);
  const {
    batching,
    placement,
    limitMs = 30_000,
    provider = "cpu",
    stream,
    pricePerPrediction,
    ...resilience
  } = options;
  if (placement !== undefined && !placements.includes(placement)) {
    throw inferenceErrors.error("MW0723", {
      expected: `one of ${placements.join(", ")} as placement in ${where}`,
      found: JSON.stringify(placement) ?? "nothing",
      remedy: didYouMean(String(placement), placements),
    });
  }
  return Object.freeze({
    ...{ placement, provider, stream },
    resilience: compileResilience(resilience, { where, rejectNaN }),
    batching: compileBatching(batching),
    limitMs: checkNumber(limitMs, `limitMs in ${where}`, { min: 1, max: 2 ** 31 - 1, whole: true }),
    pricePerPrediction:
      pricePerPrediction === undefined
        ? undefined
        : checkNumber(pricePerPrediction, `pricePerPrediction in ${where}`, { min: 0, max: 1e12 }),
  });
}
