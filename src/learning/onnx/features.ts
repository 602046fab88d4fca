import type { FittedFeature, FittedText } from "../feature-encoding.js";
import { addCategory, columnCount } from "./category-columns.js";
import type { GraphBuilder } from "./graph.js";

/** Names of the graph's inputs and output. */
export const numericInput = "numeric";
export const textInput = "text";
export const probabilityOutput = "probability";
export const probabilitiesOutput = "probabilities";
export const valueOutput = "value";

/** The model's features as one float32 matrix inside the graph; a category takes a column for every 32 texts. */
export interface FeatureMatrix {
  /** Name of the value, shape [N, features]. */
  readonly value: string;
  /** First column of each of the model's features: numbers first, then texts, each in the model's order. */
  readonly columnOf: readonly number[];
}

/**
 * Declares the inputs `numeric` float32 [N, n] (NaN is missing) and `text` string [N, m] (empty is missing),
 * each only if the model has such features, and encodes texts by LabelEncoder.
 */
export function addFeatures(graph: GraphBuilder, features: readonly FittedFeature[]): FeatureMatrix {
  const numbers = features.filter((feature) => feature.kind === "number");
  const texts = features.filter((feature) => feature.kind !== "number");
  const ordered: readonly FittedFeature[] = [...numbers, ...texts];
  const parts = numbers.length === 0 ? [] : [graph.input(numericInput, "float", numbers.length)];
  if (texts.length > 0) {
    // A text that is encoded for several classes is one input all the same.
    const names = [...new Set(texts.map(({ name }) => name))];
    const text = graph.input(textInput, "string", names.length);
    texts.forEach((feature, encoder) =>
      parts.push(addEncoder(graph, { text, feature, column: names.indexOf(feature.name), encoder })),
    );
  }
  const columnOf = features.map((feature) =>
    ordered.slice(0, ordered.indexOf(feature)).reduce((sum, before) => sum + widthOf(before), 0),
  );
  if (parts.length === 1) return { value: parts[0], columnOf };
  graph.add({ type: "Concat", inputs: parts, outputs: ["features"], attributes: { axis: { int: 1 } } });
  return { value: "features", columnOf };
}

const widthOf = (feature: FittedFeature) => (feature.kind === "category" ? columnCount(feature) : 1);

function addEncoder(
  graph: GraphBuilder,
  {
    text,
    feature,
    column,
    encoder,
  }: {
    readonly text: string;
    readonly feature: FittedText;
    /** Of the text input. */
    readonly column: number;
    /** Which of the encoders. */
    readonly encoder: number;
  },
): string {
  const name = `encoded_${encoder}`;
  const index = graph.ints(`column_${encoder}`, [column]);
  graph.add({
    type: "Gather",
    inputs: [text, index],
    outputs: [`text_${encoder}`],
    attributes: { axis: { int: 1 } },
  });
  if (feature.kind === "category")
    return addCategory(graph, feature, { text: `text_${encoder}`, output: name });
  graph.add({
    type: "LabelEncoder",
    domain: "ai.onnx.ml",
    inputs: [`text_${encoder}`],
    outputs: [name],
    attributes: {
      keys_strings: { texts: ["", ...feature.categories] },
      values_floats: { floats: [NaN, ...feature.means] },
      default_float: { float: feature.unseen },
    },
  });
  return name;
}
