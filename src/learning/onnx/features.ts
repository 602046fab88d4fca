import type { FittedFeature } from "../feature-encoding.js";
import type { GraphBuilder } from "./graph.js";

/** Names of the graph's inputs and output. */
const numericInput = "numeric";
const textInput = "text";
export const probabilityOutput = "probability";

/** The model's features as one float32 matrix inside the graph. */
export interface FeatureMatrix {
  /** Name of the value, shape [N, features]. */
  readonly value: string;
  /** Column of each of the model's features: numbers first, then texts, each in the model's order. */
  readonly columnOf: readonly number[];
}

/**
 * Declares the inputs `numeric` float32 [N, n] (NaN is missing) and `text` string [N, m] (empty is missing),
 * each only if the model has such features, and encodes texts by LabelEncoder.
 */
export function addFeatures(graph: GraphBuilder, features: readonly FittedFeature[]): FeatureMatrix {
  const numbers = features.filter((feature) => feature.kind === "number");
  const texts = features.filter((feature) => feature.kind === "text");
  const ordered: readonly FittedFeature[] = [...numbers, ...texts];
  const parts = numbers.length === 0 ? [] : [graph.input(numericInput, "float", numbers.length)];
  if (texts.length > 0) {
    const text = graph.input(textInput, "string", texts.length);
    parts.push(...texts.map((feature, j) => addEncoder(graph, { text, feature, column: j })));
  }
  const columnOf = features.map((feature) => ordered.indexOf(feature));
  if (parts.length === 1) return { value: parts[0], columnOf };
  graph.add({ type: "Concat", inputs: parts, outputs: ["features"], attributes: { axis: { int: 1 } } });
  return { value: "features", columnOf };
}

function addEncoder(
  graph: GraphBuilder,
  {
    text,
    feature,
    column,
  }: { readonly text: string; readonly feature: FittedFeature & { kind: "text" }; readonly column: number },
): string {
  const name = `encoded_${column}`;
  const index = graph.ints(`column_${column}`, [column]);
  graph.add({
    type: "Gather",
    inputs: [text, index],
    outputs: [`text_${column}`],
    attributes: { axis: { int: 1 } },
  });
  graph.add({
    type: "LabelEncoder",
    domain: "ai.onnx.ml",
    inputs: [`text_${column}`],
    outputs: [name],
    attributes: {
      keys_strings: { texts: ["", ...feature.categories] },
      values_floats: { floats: [NaN, ...feature.means] },
      default_float: { float: feature.unseen },
    },
  });
  return name;
}
