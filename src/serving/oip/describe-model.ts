import type { InferStatistics, Tally } from "../../inference/index.js";
import type { HostedModel, ModelHost } from "../../lifecycle/index.js";
import type { TensorSpec } from "../../registry/index.js";
import { datatypeOf } from "./datatypes.js";

/** What a server says of itself and its models, in the words of the protocol: the same over HTTP and gRPC. */

/** The extensions of Triton that work here; a client may believe what stands in this list. */
const extensions = [
  "model_repository",
  "schedule_policy",
  "model_configuration",
  "binary_tensor_data",
  "statistics",
] as const;

/** Name, version and extensions of the server. */
export const serverMetadata = (server: { readonly name: string; readonly version: string }) => ({
  ...server,
  extensions,
});

/** Names, types and shapes; a free dimension is -1. Throws what finding the model throws. */
export function modelMetadata(host: ModelHost, model: string, wanted?: string) {
  const { name, version, platform, signature } = host.find(model, wanted);
  const tensor = (spec: TensorSpec) => ({
    name: spec.name,
    datatype: datatypeOf(spec.dtype)?.name ?? spec.dtype,
    shape: spec.shape.map((size) => size ?? -1),
  });
  return {
    name,
    versions: wanted === undefined ? readyVersions(host, name) : [version],
    platform,
    inputs: signature.inputs.map(tensor),
    outputs: signature.outputs.map(tensor),
  };
}

const readyVersions = (host: ModelHost, model: string): readonly string[] =>
  host.ready().flatMap(({ name, version }) => (name === model ? [version] : []));

/**
 * The configuration as Triton's `ModelConfig` has it: where a model batches, shapes are those of one row. Throws what
 * finding the model throws.
 */
export function modelConfig(host: ModelHost, model: string, wanted?: string) {
  const { name, platform, signature, maxBatchRows } = host.find(model, wanted);
  const batches = maxBatchRows > 1;
  const tensor = (spec: TensorSpec) => ({
    name: spec.name,
    data_type: datatypeOf(spec.dtype)?.configName ?? "TYPE_INVALID",
    dims: (batches ? spec.shape.slice(1) : spec.shape).map((size) => size ?? -1),
  });
  return {
    name,
    platform,
    backend: platform.startsWith("onnxruntime") ? "onnxruntime" : "millwright",
    version_policy: { specific: { versions: readyVersions(host, name).map(Number) } },
    max_batch_size: batches ? maxBatchRows : 0,
    input: signature.inputs.map((spec) => ({ ...tensor(spec), format: "FORMAT_NONE", optional: false })),
    output: signature.outputs.map((spec) => ({ ...tensor(spec), label_filename: "" })),
    ...(batches ? { dynamic_batching: { max_queue_delay_microseconds: 0 } } : {}),
  };
}

/** Statistics of one version, of a model's loaded versions, or of all loaded models. Throws what finding a model throws. */
export function modelStatistics(host: ModelHost, model?: string, version?: string) {
  if (model === undefined) return { model_stats: host.ready().map(statsOf) };
  const found = host.find(model, version);
  if (version !== undefined) return { model_stats: [statsOf(found)] };
  return {
    model_stats: host
      .ready()
      .filter(({ name }) => name === found.name)
      .map(statsOf),
  };
}

function statsOf(model: HostedModel) {
  const found = model.statistics();
  return {
    name: model.name,
    version: model.version,
    last_inference: Math.round(found.lastInferenceMs),
    inference_count: found.inferenceCount,
    execution_count: found.executionCount,
    inference_stats: inferenceStats(found),
    response_stats: {},
    batch_stats: [...found.batches]
      .sort(([a], [b]) => a - b)
      .map(([rows, tally]) => ({
        batch_size: rows,
        compute_input: nothing(tally),
        compute_infer: duration(tally),
        compute_output: nothing(tally),
      })),
    memory_usage: [],
  };
}

/** The engine gives one time for the whole run, so that taking inputs in and giving outputs out count as none. */
const inferenceStats = (found: InferStatistics) => ({
  success: duration(found.success),
  fail: duration(found.fail),
  queue: duration(found.queue),
  compute_input: nothing(found.compute),
  compute_infer: duration(found.compute),
  compute_output: nothing(found.compute),
  cache_hit: duration(found.cacheHit),
  cache_miss: duration(found.cacheMiss),
});

const duration = ({ count, totalMs }: Tally) => ({ count, ns: Math.round(totalMs * 1e6) });
const nothing = ({ count }: Tally) => ({ count, ns: 0 });
