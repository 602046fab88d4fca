import { env, listSupportedBackends } from "onnxruntime-node";
import { inferenceErrors, type SessionFactory, type SessionOptions } from "../../inference/index.js";
import { openApart } from "./apart-session.js";
import { openInline } from "./inline-session.js";
import { openInThread } from "./thread-session.js";

/** Sessions of ONNX Runtime, in this thread, in another or apart, on the CPU unless asked for another provider. */
export const onnxruntimeSessions: SessionFactory = Object.freeze({
  engine: `onnxruntime ${env.versions.node ?? env.versions.common}`,
  open: async (graph: Uint8Array, { apart, inThread = false, ...options }: SessionOptions) => {
    requireProvider(options.provider);
    if (apart !== undefined) return openApart(graph, options, apart);
    return inThread ? openInThread(graph, options) : openInline(graph, options);
  },
});

function requireProvider(provider = "cpu"): void {
  const available = listSupportedBackends().map(({ name }) => name);
  if (available.includes(provider)) return;
  throw inferenceErrors.error("MW0714", {
    expected: `a provider that ONNX Runtime has on this machine: ${available.join(", ")}`,
    found: JSON.stringify(provider),
    remedy: "Name one of them, or install a build of ONNX Runtime that has it.",
    details: { provider, available },
  });
}
