import { env, InferenceSession, Tensor } from "onnxruntime-node";
import { inferenceErrors, type Session, type SessionFactory } from "../../inference/index.js";
import type { Tensors, TensorSpec, TensorValue } from "../../registry/index.js";

/** A graph may name other files to read weights from. Ours never do, and a foreign one must find nothing. */
const noFolder = "/dev/null";

/**
 * Sessions of ONNX Runtime on the CPU.
 *
 * `run` waits for the next turn of the event loop and then blocks the loop for as long as the graph
 * computes (onnxruntime-node 1.30 calls the engine synchronously): about 10 µs for one row of a small
 * graph, so light models are cheapest in the thread that serves; heavy ones and large batches belong in
 * a worker thread. Of the 10 µs the engine takes 7.5, the turn of the loop 2, tensors and feeds 0.5;
 * overlapping calls share turns. The public `InferenceSession` is the leanest way in: what lies below it
 * saves 1 µs and is private.
 */
export const onnxruntimeSessions: SessionFactory = Object.freeze({
  engine: `onnxruntime ${env.versions.node ?? env.versions.common}`,
  open: async (graph: Uint8Array, { threads }: { readonly threads: number }) => {
    try {
      const session = await InferenceSession.create(graph, {
        executionProviders: ["cpu"],
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
      throw inferenceErrors.error("MW0701", {
        expected: "an ONNX graph that this engine can run",
        found: words(cause),
        remedy: "Write the file again with the program that made it, or make the package again from its run.",
        cause,
      });
    }
  },
});

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
const valueOf = ({ type, dims, data }: Tensor) => ({ dtype: type, shape: dims, data }) as TensorValue;

function engineFailed(cause: unknown) {
  return inferenceErrors.error("MW0705", {
    expected: "a computed output",
    found: words(cause),
    remedy: "Look at the input; if it is well-formed, the graph is at fault.",
    cause,
  });
}

function tensorSpec(metadata: InferenceSession.ValueMetadata): TensorSpec {
  if (!metadata.isTensor) return { name: metadata.name, dtype: "not a tensor", shape: [] };
  const { name, type, shape } = metadata;
  return { name, dtype: type, shape: shape.map((size) => (typeof size === "number" ? size : null)) };
}

/** The engine's message on one line, without the paths of its sources and what a graph's names could do to a terminal. */
function words(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  return message
    .replace(/^\/\S+ (?=[a-zA-Z])/, "")
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim();
}
