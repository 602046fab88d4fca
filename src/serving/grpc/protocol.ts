import { fromJSON, type Options } from "@grpc/proto-loader";
import type { ServiceDefinition } from "@grpc/grpc-js";

/**
 * The messages of `inference.GRPCInferenceService` (Open Inference Protocol V2 with the extensions that Triton added)
 * and of `grpc.health.v1.Health`, as far as this server reads and writes them: a reader of protobuf skips fields that
 * it does not know. Names and numbers are what goes over the wire; a changed number is another protocol.
 */

interface Field {
  readonly type: string;
  readonly id: number;
  readonly rule?: "repeated";
  readonly keyType?: "string";
}

interface Message {
  readonly fields: Record<string, Field>;
  readonly oneofs?: Record<string, { oneof: string[] }>;
  readonly nested?: Record<string, Message>;
}

type Fields = Readonly<Record<string, string>>;

/** Fields written as in a .proto file: `string 1`, `repeated int64 3`, `map InferParameter 4` (keys are strings). */
function message(fields: Fields, nested?: Record<string, Message>): Message {
  const parsed = Object.entries(fields).map(([name, text]): [string, Field] => {
    const words = text.split(" ");
    const id = Number(words.pop());
    const type = words.pop() ?? "";
    if (words[0] === "map") return [name, { keyType: "string", type, id }];
    return [name, words[0] === "repeated" ? { rule: "repeated", type, id } : { type, id }];
  });
  return { fields: Object.fromEntries(parsed), ...(nested === undefined ? {} : { nested }) };
}

/** A message that holds one of its fields. */
const choice = (fields: Fields): Message => ({
  ...message(fields),
  oneofs: { parameter_choice: { oneof: Object.keys(fields) } },
});

const named = message({ name: "string 1", version: "string 2" });
const empty = message({});
const tensorHead = { name: "string 1", datatype: "string 2", shape: "repeated int64 3" };
const tensor = {
  ...tensorHead,
  parameters: "map InferParameter 4",
  contents: "InferTensorContents 5",
};
const repositoryCall = message({
  repository_name: "string 1",
  model_name: "string 2",
  parameters: "map ModelRepositoryParameter 3",
});
const duration = "StatisticDuration";

const health = {
  ServerLiveRequest: empty,
  ServerLiveResponse: message({ live: "bool 1" }),
  ServerReadyRequest: empty,
  ServerReadyResponse: message({ ready: "bool 1" }),
  ModelReadyRequest: named,
  ModelReadyResponse: message({ ready: "bool 1" }),
};

const metadata = {
  ServerMetadataRequest: empty,
  ServerMetadataResponse: message({ name: "string 1", version: "string 2", extensions: "repeated string 3" }),
  ModelMetadataRequest: named,
  ModelMetadataResponse: message(
    {
      name: "string 1",
      versions: "repeated string 2",
      platform: "string 3",
      inputs: "repeated TensorMetadata 4",
      outputs: "repeated TensorMetadata 5",
    },
    { TensorMetadata: message(tensorHead) },
  ),
  ModelConfigRequest: named,
  ModelConfigResponse: message({ config: "ModelConfig 1" }),
  ModelConfig: message({
    name: "string 1",
    platform: "string 2",
    version_policy: "ModelVersionPolicy 3",
    max_batch_size: "int32 4",
    input: "repeated ModelInput 5",
    output: "repeated ModelOutput 6",
    dynamic_batching: "ModelDynamicBatching 11",
    backend: "string 17",
  }),
  ModelVersionPolicy: message(
    { specific: "Specific 3" },
    { Specific: message({ versions: "repeated int64 1" }) },
  ),
  ModelDynamicBatching: message({ max_queue_delay_microseconds: "uint64 2" }),
  ModelInput: message({ name: "string 1", data_type: "DataType 2", dims: "repeated int64 4" }),
  ModelOutput: message({ name: "string 1", data_type: "DataType 2", dims: "repeated int64 3" }),
  DataType: {
    values: Object.fromEntries(
      [
        ...["TYPE_INVALID", "TYPE_BOOL", "TYPE_UINT8", "TYPE_UINT16", "TYPE_UINT32", "TYPE_UINT64"],
        ...["TYPE_INT8", "TYPE_INT16", "TYPE_INT32", "TYPE_INT64", "TYPE_FP16", "TYPE_FP32", "TYPE_FP64"],
        "TYPE_STRING",
      ].map((name, value) => [name, value]),
    ),
  },
};

const inference = {
  InferParameter: choice({
    bool_param: "bool 1",
    int64_param: "int64 2",
    string_param: "string 3",
    double_param: "double 4",
    uint64_param: "uint64 5",
  }),
  InferTensorContents: message({
    bool_contents: "repeated bool 1",
    int_contents: "repeated int32 2",
    int64_contents: "repeated int64 3",
    uint_contents: "repeated uint32 4",
    uint64_contents: "repeated uint64 5",
    fp32_contents: "repeated float 6",
    fp64_contents: "repeated double 7",
    bytes_contents: "repeated bytes 8",
  }),
  ModelInferRequest: message(
    {
      model_name: "string 1",
      model_version: "string 2",
      id: "string 3",
      parameters: "map InferParameter 4",
      inputs: "repeated InferInputTensor 5",
      outputs: "repeated InferRequestedOutputTensor 6",
      raw_input_contents: "repeated bytes 7",
    },
    {
      InferInputTensor: message(tensor),
      InferRequestedOutputTensor: message({ name: "string 1", parameters: "map InferParameter 2" }),
    },
  ),
  ModelInferResponse: message(
    {
      model_name: "string 1",
      model_version: "string 2",
      id: "string 3",
      parameters: "map InferParameter 4",
      outputs: "repeated InferOutputTensor 5",
      raw_output_contents: "repeated bytes 6",
    },
    { InferOutputTensor: message(tensor) },
  ),
  ModelStreamInferResponse: message({ error_message: "string 1", infer_response: "ModelInferResponse 2" }),
};

const statistics = {
  ModelStatisticsRequest: named,
  ModelStatisticsResponse: message({ model_stats: "repeated ModelStatistics 1" }),
  ModelStatistics: message({
    name: "string 1",
    version: "string 2",
    last_inference: "uint64 3",
    inference_count: "uint64 4",
    execution_count: "uint64 5",
    inference_stats: "InferStatistics 6",
    batch_stats: "repeated InferBatchStatistics 7",
  }),
  InferStatistics: message({
    success: `${duration} 1`,
    fail: `${duration} 2`,
    queue: `${duration} 3`,
    compute_input: `${duration} 4`,
    compute_infer: `${duration} 5`,
    compute_output: `${duration} 6`,
    cache_hit: `${duration} 7`,
    cache_miss: `${duration} 8`,
  }),
  InferBatchStatistics: message({
    batch_size: "uint64 1",
    compute_input: `${duration} 2`,
    compute_infer: `${duration} 3`,
    compute_output: `${duration} 4`,
  }),
  StatisticDuration: message({ count: "uint64 1", ns: "uint64 2" }),
};

const repository = {
  ModelRepositoryParameter: choice({
    bool_param: "bool 1",
    int64_param: "int64 2",
    string_param: "string 3",
    bytes_param: "bytes 4",
  }),
  RepositoryIndexRequest: message({ repository_name: "string 1", ready: "bool 2" }),
  RepositoryIndexResponse: message(
    { models: "repeated ModelIndex 1" },
    { ModelIndex: message({ name: "string 1", version: "string 2", state: "string 3", reason: "string 4" }) },
  ),
  RepositoryModelLoadRequest: repositoryCall,
  RepositoryModelLoadResponse: empty,
  RepositoryModelUnloadRequest: repositoryCall,
  RepositoryModelUnloadResponse: empty,
};

/** Methods whose messages are called after them. */
export const unaryMethods = [
  ...(["ServerLive", "ServerReady", "ModelReady", "ServerMetadata", "ModelMetadata", "ModelConfig"] as const),
  ...(["ModelInfer", "ModelStatistics"] as const),
  ...(["RepositoryIndex", "RepositoryModelLoad", "RepositoryModelUnload"] as const),
] as const;
export type UnaryMethod = (typeof unaryMethods)[number];

/** Methods of the protocol that this server does not offer. Whatever their messages hold is skipped. */
export const missingMethods = [
  ...["SystemSharedMemoryStatus", "SystemSharedMemoryRegister", "SystemSharedMemoryUnregister"],
  ...["CudaSharedMemoryStatus", "CudaSharedMemoryRegister", "CudaSharedMemoryUnregister"],
  ...["TraceSetting", "LogSettings"],
] as const;

interface Method {
  readonly requestType: string;
  readonly responseType: string;
  readonly requestStream?: true;
  readonly responseStream?: true;
  readonly comment: string;
}

const method = (
  requestType: string,
  responseType: string,
  streams: Pick<Method, "requestStream" | "responseStream"> = {},
): Method => ({ requestType, responseType, comment: "", ...streams });

const service = {
  methods: {
    ...Object.fromEntries(unaryMethods.map((name) => [name, method(`${name}Request`, `${name}Response`)])),
    ...Object.fromEntries(missingMethods.map((name) => [name, method("Skipped", "Skipped")])),
    ModelStreamInfer: method("ModelInferRequest", "ModelStreamInferResponse", {
      requestStream: true,
      responseStream: true,
    }),
  },
};

const standardHealth = {
  HealthCheckRequest: message({ service: "string 1" }),
  HealthCheckResponse: message({ status: "int32 1" }),
  Health: {
    methods: {
      Check: method("HealthCheckRequest", "HealthCheckResponse"),
      Watch: method("HealthCheckRequest", "HealthCheckResponse", { responseStream: true }),
    },
  },
};

/** Longs come as decimal digits, bytes as views into the message that came in. */
const options: Options = { keepCase: true, longs: String, defaults: true };

const definitions = fromJSON(
  {
    nested: {
      inference: {
        nested: {
          ...{ ...health, ...metadata, ...inference, ...statistics, ...repository, Skipped: empty },
          GRPCInferenceService: service,
        },
      },
      grpc: { nested: { health: { nested: { v1: { nested: standardHealth } } } } },
    },
  },
  options,
);

export const inferenceServiceName = "inference.GRPCInferenceService";
export const inferenceService = definitions[inferenceServiceName] as ServiceDefinition;
export const healthService = definitions["grpc.health.v1.Health"] as ServiceDefinition;
