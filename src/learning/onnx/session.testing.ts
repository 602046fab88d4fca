import ort from "onnxruntime-node";
import type { FeatureTable } from "../feature-table.js";

/** One thread, as the invariants of the graphs demand. */
export function openGraph(graph: Uint8Array): Promise<ort.InferenceSession> {
  return ort.InferenceSession.create(graph, { intraOpNumThreads: 1, interOpNumThreads: 1 });
}

/** The inputs of a graph, laid out as its signature says. */
export function feedsOf(table: FeatureTable): Record<string, ort.Tensor> {
  const numbers = table.features.filter((feature) => feature.kind === "number");
  const texts = table.features.filter((feature) => feature.kind === "text");
  const rows = [...Array(table.rowCount).keys()];
  const numeric = Float32Array.from(rows.flatMap((row) => numbers.map(({ values }) => values[row])));
  const text = rows.flatMap((row) =>
    texts.map(({ codes, dictionary }) => (codes[row] < 0 ? "" : dictionary[codes[row]])),
  );
  return {
    ...(numbers.length > 0
      ? { numeric: new ort.Tensor("float32", numeric, [rows.length, numbers.length]) }
      : {}),
    ...(texts.length > 0 ? { text: new ort.Tensor("string", text, [rows.length, texts.length]) } : {}),
  };
}
