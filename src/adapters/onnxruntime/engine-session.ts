import { InferenceSession, Tensor } from "onnxruntime-node";
import type { Session, SessionOptions } from "../../inference/index.js";
import type { Tensors, TensorSpec, TensorValue } from "../../registry/index.js";
import { computeInBatches } from "./row-batches.js";

/** A graph may name other files to read weights from. Ours never do, and a foreign one must find nothing. */
const noFolder = "/dev/null";

export type EngineOptions = Pick<SessionOptions, "threads" | "provider">;

/**
 * A session of the engine in this thread, whose errors are the engine's own. It imports nothing of the other rooms but
 * types: a thread that computes is to start soon.
 */
export async function openEngine(
  graph: Uint8Array,
  { threads, provider = "cpu" }: EngineOptions,
): Promise<Session> {
  const session = await InferenceSession.create(graph, {
    executionProviders: [provider],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: "sequential",
    graphOptimizationLevel: "all",
    // What matters is thrown; the log would go to standard error.
    logSeverityLevel: 4,
    extra: { session: { model_external_initializers_file_folder_path: noFolder } },
  });
  const inputs = session.inputMetadata.map(tensorSpec);
  const outputs = session.outputMetadata.map(tensorSpec);
  const takes = (name: string) => inputs.some((input) => input.name === name);
  const takesNumeric = takes("numeric");
  const takesText = takes("text");
  const columns = (name: string) => inputs.find((input) => input.name === name)?.shape[1] ?? 0;
  const numericColumns = columns("numeric");
  const textColumns = columns("text");
  const output = outputs[0]?.name ?? "";
  const fetches = [output];
  const compute = async (values: Tensors): Promise<Tensors> => {
    const feeds = Object.entries(values).map(([name, value]) => [name, feedOf(value)] as const);
    const results = await session.run(Object.fromEntries(feeds));
    return Object.fromEntries(outputs.map(({ name }) => [name, valueOf(results[name])]));
  };

  return Object.freeze({
    inputs,
    outputs,
    run: async (numeric: Float32Array, rows: number, text: readonly string[] = []) => {
      const feeds: Record<string, Tensor> = {};
      if (takesNumeric) feeds.numeric = new Tensor("float32", numeric, [rows, numericColumns]);
      if (takesText) feeds.text = new Tensor("string", text, [rows, textColumns]);
      const results = await session.run(feeds, fetches);
      return results[output].data as Float32Array;
    },
    compute,
    computeBatches: (values: Tensors, batchRows: number) => computeInBatches({ compute }, values, batchRows),
    dispose: () => session.release(),
  });
}

/** Whether elements lie in memory that threads share, which the engine does not read. */
const isShared = (data: TensorValue["data"]): boolean =>
  ArrayBuffer.isView(data) && data.buffer instanceof SharedArrayBuffer;

function feedOf({ dtype, data, shape }: TensorValue): Tensor {
  if (dtype === "string") return new Tensor(dtype, data, shape);
  return new Tensor(dtype, isShared(data) ? data.slice() : data, shape);
}

/** Types that the signature does not admit do not come here. */
function valueOf({ type, dims, data }: Tensor): TensorValue {
  // The engine's tensors hold a `Float16Array` where JavaScript has one.
  const bits =
    type === "float16" && !(data instanceof Uint16Array) && ArrayBuffer.isView(data)
      ? new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2)
      : data;
  return { dtype: type, shape: dims, data: bits } as TensorValue;
}

function tensorSpec(metadata: InferenceSession.ValueMetadata): TensorSpec {
  if (!metadata.isTensor) return { name: metadata.name, dtype: "not a tensor", shape: [] };
  const { name, type, shape } = metadata;
  return { name, dtype: type, shape: shape.map((size) => (typeof size === "number" ? size : null)) };
}
