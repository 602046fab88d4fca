import { InferenceSession, Tensor } from "onnxruntime-node";
import type { Session, SessionOptions } from "../../inference/index.js";
import type { Tensors, TensorSpec, TensorValue } from "../../registry/index.js";
import { engineFailed, graphRefused } from "./engine-error.js";

/** A graph may name other files to read weights from. Ours never do, and a foreign one must find nothing. */
const noFolder = "/dev/null";

/**
 * A session that computes in this thread.
 *
 * `run` waits for the next turn of the event loop and then blocks the loop for as long as the graph
 * computes (onnxruntime-node 1.30 calls the engine synchronously): about 10 µs for one row of a small
 * graph, so light models are cheapest in the thread that serves; heavy ones and large batches belong
 * apart. Of the 10 µs the engine takes 7.5, the turn of the loop 2, tensors and feeds 0.5;
 * overlapping calls share turns. The public `InferenceSession` is the leanest way in: what lies below it
 * saves 1 µs and is private.
 */
export async function openInline(
  graph: Uint8Array,
  { threads, provider = "cpu" }: Pick<SessionOptions, "threads" | "provider">,
): Promise<Session> {
  try {
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
    return wrap(session);
  } catch (cause) {
    throw graphRefused(cause);
  }
}

function wrap(session: InferenceSession): Session {
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

  return Object.freeze({
    inputs,
    outputs,
    run: async (numeric: Float32Array, rows: number, text: readonly string[] = []) => {
      try {
        const feeds: Record<string, Tensor> = {};
        if (takesNumeric) feeds.numeric = new Tensor("float32", numeric, [rows, numericColumns]);
        if (takesText) feeds.text = new Tensor("string", text, [rows, textColumns]);
        const results = await session.run(feeds, fetches);
        return results[output].data as Float32Array;
      } catch (cause) {
        throw engineFailed(cause);
      }
    },
    compute: async (values: Tensors) => {
      try {
        const feeds = Object.entries(values).map(([name, value]) => [name, feedOf(value)] as const);
        const results = await session.run(Object.fromEntries(feeds));
        return Object.fromEntries(outputs.map(({ name }) => [name, valueOf(results[name])]));
      } catch (cause) {
        throw engineFailed(cause);
      }
    },
    dispose: () => session.release(),
  });
}

const feedOf = ({ dtype, data, shape }: TensorValue): Tensor =>
  dtype === "string" ? new Tensor(dtype, data, shape) : new Tensor(dtype, data, shape);

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
