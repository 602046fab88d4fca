import { Client, credentials, Metadata, type ServiceError } from "@grpc/grpc-js";
import { afterAll, beforeAll } from "vitest";
import { onnxruntimeSessions } from "../../adapters/onnxruntime/index.js";
import { checkInputs, type Infer, type InferOptions, type InferStatistics } from "../../inference/index.js";
import { logarithmGraph, scalingGraph } from "../../inference/tensor-graphs.testing.js";
import { errorTable, isMillwrightError, MillwrightError, systemClock } from "../../kernel/index.js";
import type { HostedModel, ModelHost } from "../../lifecycle/index.js";
import type { TensorSignature } from "../../registry/index.js";
import type { GrpcDoor, GrpcInferred } from "./door.js";
import type { GrpcServerOptions } from "./options.js";
import { inferenceService } from "./protocol.js";
import { startGrpcServer, type GrpcServer } from "./server.js";

/** What a real host and a real explanation throw. */
const hostErrors = errorTable({
  MW1160: { title: "unknown model", exit: 2, http: 404, about: "The host has no such model or version." },
  MW0809: { title: "unexpected failure", exit: 3, http: 500, about: "A fault in the server." },
});

export const refusal = (http: number, details: Readonly<Record<string, unknown>> = {}) =>
  new MillwrightError(
    "MW1199",
    { title: "refused", exit: 2, http, about: "For tests." },
    { expected: "to be let in", found: "a closed door", remedy: "Knock.", details },
  );

const nothing = { count: 0, totalMs: 0 };

function statistics(answered: number): InferStatistics {
  const done = { count: answered, totalMs: answered };
  return {
    ...{ inferenceCount: answered, executionCount: answered, lastInferenceMs: 1000, pending: 0 },
    ...{ success: done, fail: nothing, queue: nothing, compute: done, cacheHit: nothing, cacheMiss: nothing },
    failures: { rejected: 0, cancelled: 0, backend: 0, other: 0 },
    batches: new Map([[1, done]]),
  };
}

/** A real graph in a real engine, behind the contract of a host. `seen` gets the options of every call. */
async function hostedGraph(
  name: string,
  { graph, signature }: { readonly graph: Uint8Array; readonly signature: TensorSignature },
  seen: InferOptions[] = [],
): Promise<HostedModel> {
  const session = await onnxruntimeSessions.open(graph, { threads: 1 });
  let answered = 0;
  const infer: Infer = async (inputs, options = {}) => {
    seen.push(options);
    checkInputs(signature.inputs, inputs);
    const outputs = await session.compute(inputs);
    answered++;
    return { outputs, origin: { kind: "model" } };
  };
  return {
    ...{ name, version: "1", platform: "onnxruntime_onnx", signature, maxBatchRows: 8, infer },
    statistics: () => statistics(answered),
  };
}

const scaleSignature: TensorSignature = {
  inputs: [{ name: "x", dtype: "float32", shape: [null, 2] }],
  outputs: [
    { name: "y", dtype: "float32", shape: [null, 2] },
    { name: "sum", dtype: "float32", shape: [] },
  ],
};

/** y = 2x, and sum = all of y. */
export const scaleModel = (seen?: InferOptions[]): Promise<HostedModel> =>
  hostedGraph("scale", { graph: scalingGraph(2), signature: scaleSignature }, seen);

/** A host of these models; `load` and `unload` switch their readiness. */
export function hostOf(...models: readonly HostedModel[]): ModelHost {
  const away = new Set<string>();
  const known = (model: string, version = "1") => {
    const found = models.find(({ name }) => name === model);
    if (found !== undefined && version === found.version) return found;
    throw hostErrors.error("MW1160", {
      expected: `a model: ${models.map(({ name }) => name).join(", ")}`,
      found: JSON.stringify(model),
      remedy: "Ask for the index.",
    });
  };
  return {
    index: async () =>
      models.map(({ name, version }) => ({
        ...{ name, version, reason: away.has(name) ? "unloaded" : "" },
        state: away.has(name) ? "UNAVAILABLE" : "READY",
      })),
    ready: () => models.filter(({ name }) => !away.has(name)),
    find(model, version) {
      const found = known(model, version);
      if (away.has(model)) throw refusal(503);
      return found;
    },
    async load(model, version) {
      const found = known(model, version);
      away.delete(model);
      return found;
    },
    async unload(model) {
      known(model);
      away.add(model);
    },
    close: async () => undefined,
  };
}

export const doorOf = (host: ModelHost, more: Partial<GrpcDoor> = {}): GrpcDoor => ({
  host,
  clock: systemClock,
  server: { name: "millwright", version: "1.2.3" },
  explain: (error, method) =>
    isMillwrightError(error)
      ? error
      : hostErrors.error("MW0809", {
          ...{ expected: `${method} to be served`, found: String(error), remedy: "Look at the log." },
          cause: error,
        }),
  ...more,
});

/** An answer, or the error's status, text and code. */
export type Outcome =
  | { readonly answer: Readonly<Record<string, unknown>> }
  | {
      readonly status: number;
      readonly text: string;
      readonly code: string | undefined;
      readonly after?: string;
    };

interface CallOptions {
  readonly metadata?: Metadata;
  readonly signal?: AbortSignal;
  readonly deadlineMs?: number;
}

/** A client that speaks plain messages, or bytes. */
export class PlainClient extends Client {
  constructor(url: string, channel = credentials.createInsecure()) {
    super(url, channel, { "grpc.max_receive_message_length": -1 });
  }

  /** `signal` gives the call up; `deadlineMs` is how long the caller waits. */
  call(
    method: string,
    message: object | Buffer,
    { metadata = new Metadata(), signal, deadlineMs }: CallOptions = {},
  ): Promise<Outcome> {
    const { path, requestSerialize, responseDeserialize } = inferenceService[method];
    return new Promise((resolve) => {
      const call = this.makeUnaryRequest<object, Readonly<Record<string, unknown>>>(
        path,
        (value) => (Buffer.isBuffer(value) ? value : requestSerialize(value)),
        (bytes) => responseDeserialize(bytes) as Readonly<Record<string, unknown>>,
        message,
        metadata,
        deadlineMs === undefined ? {} : { deadline: systemClock.nowMs() + deadlineMs },
        (error: ServiceError | null, answer) => {
          if (error === null) resolve({ answer: answer ?? {} });
          else resolve(outcomeOf(error));
        },
      );
      signal?.addEventListener("abort", () => call.cancel(), { once: true });
    });
  }

  stream() {
    const { path, requestSerialize, responseDeserialize } = inferenceService.ModelStreamInfer;
    return this.makeBidiStreamRequest<object, Readonly<Record<string, unknown>>>(
      path,
      (value) => (Buffer.isBuffer(value) ? value : requestSerialize(value)),
      (bytes) => responseDeserialize(bytes) as Readonly<Record<string, unknown>>,
    );
  }
}

function outcomeOf(error: ServiceError): Outcome {
  const after = error.metadata?.get("retry-after").at(0)?.toString();
  return {
    status: error.code,
    text: error.details,
    code: error.metadata?.get("millwright-code").at(0)?.toString(),
    ...(after === undefined ? {} : { after }),
  };
}

const floats = (values: readonly number[]): Buffer => Buffer.from(Float32Array.from(values).buffer);

/** A request of the model `scale` for rows of two values. */
export const scaleRequest = (values: readonly number[], more: object = {}) => ({
  model_name: "scale",
  inputs: [{ name: "x", datatype: "FP32", shape: [values.length / 2, 2] }],
  raw_input_contents: [floats(values)],
  ...more,
});

/** The outputs of an answer as float32, by name. */
export function floatOutputs(
  answer: Readonly<Record<string, unknown>>,
): Readonly<Record<string, readonly number[]>> {
  const { outputs, raw_output_contents: raw } = answer as {
    readonly outputs: readonly { readonly name: string }[];
    readonly raw_output_contents: readonly Buffer[];
  };
  return Object.fromEntries(
    outputs.map(({ name }, i) => [name, [...new Float32Array(Uint8Array.from(raw[i]).buffer)]]),
  );
}

/** A server and a client of its own, closed after the work. */
export async function served(
  door: GrpcDoor,
  work: (client: PlainClient, server: GrpcServer) => Promise<void>,
  options: GrpcServerOptions = {},
): Promise<void> {
  const own = await startGrpcServer(door, options);
  const caller = new PlainClient(own.url);
  try {
    await work(caller, own);
  } finally {
    caller.close();
    await own.close();
  }
}

/** The server that the tests of a file share, and a client of it. */
export interface SharedServer {
  readonly server: GrpcServer;
  readonly client: PlainClient;
  /** The options of every call of `scale`. */
  readonly seen: readonly InferOptions[];
  /** What the door was told of. */
  readonly inferred: readonly GrpcInferred[];
  /** The answer of a call that must succeed. */
  answerOf(method: string, message: object): Promise<Readonly<Record<string, unknown>>>;
}

/** Serves `scale`, and `every`, whose signature says that it takes texts, from before a file's first test to after its last. */
export function serveForAll(): SharedServer {
  const seen: InferOptions[] = [];
  const inferred: GrpcInferred[] = [];
  let server: GrpcServer;
  let client: PlainClient;
  beforeAll(async () => {
    const signature = { inputs: [{ name: "x", dtype: "string", shape: [null] }], outputs: [] };
    const every = await hostedGraph("every", { graph: logarithmGraph(), signature });
    const door = doorOf(hostOf(await scaleModel(seen), every), { onInferred: (one) => inferred.push(one) });
    server = await startGrpcServer(door, { maxMessageBytes: 100_000 });
    client = new PlainClient(server.url);
  });
  afterAll(async () => {
    client.close();
    await server.close();
  });
  return {
    ...{ seen, inferred },
    get server() {
      return server;
    },
    get client() {
      return client;
    },
    async answerOf(method, message) {
      const outcome = await client.call(method, message);
      if ("answer" in outcome) return outcome.answer;
      throw new Error(outcome.text);
    },
  };
}
