import type { LinearFeature, LinearModel } from "../linear/model.js";
import { standardReach, valueReach } from "../linear/standardisation.js";
import { numericInput, probabilitiesOutput, probabilityOutput, textInput, valueOutput } from "./features.js";
import type { GraphBuilder } from "./graph.js";

type NumberTerm = LinearFeature & { readonly kind: "number" };
type TextTerm = LinearFeature & { readonly kind: "text" };

/**
 * A linear model from elementwise operations and look-ups alone: a matrix product adds up in an order that
 * depends on the batch size, whereas Sum over columns adds the same terms in the same order for every row. A
 * text is looked up as what it adds to the score. Closes the graph.
 */
export function addLinear(graph: GraphBuilder, model: LinearModel): Uint8Array {
  const { features, intercepts, task } = model;
  const width = intercepts.length;
  const numbers = features.filter((feature) => feature.kind === "number");
  const texts = features.filter((feature) => feature.kind === "text");
  const added = new Map<LinearFeature, string>();
  if (numbers.length > 0) addNumbers(graph, numbers, width).forEach((term, j) => added.set(numbers[j], term));
  if (texts.length > 0) graph.input(textInput, "string", texts.length);
  texts.forEach((text, j) => added.set(text, addText(graph, { text, column: j, width })));
  const terms = features.map((feature) => added.get(feature) ?? "");
  graph.add({ type: "Sum", inputs: [...terms, graph.floats("intercept", intercepts)], outputs: ["score"] });
  const softmax = { type: "Softmax", inputs: ["score"], attributes: { axis: { int: 1 } } };
  if (task === "multiclass") {
    graph.add({ ...softmax, outputs: [probabilitiesOutput] });
    return graph.finish(probabilitiesOutput, width);
  }
  if (task === "binary") graph.add({ type: "Sigmoid", inputs: ["score"], outputs: ["positive"] });
  const output = task === "binary" ? probabilityOutput : valueOutput;
  const inputs = [task === "binary" ? "positive" : "score", graph.ints("second", [1])];
  graph.add({ type: "Squeeze", inputs, outputs: [output] });
  return graph.finish(output);
}

/** Names of what each number adds, [N, outputs]. */
function addNumbers(graph: GraphBuilder, numbers: readonly NumberTerm[], width: number): readonly string[] {
  const value = graph.input(numericInput, "float", numbers.length);
  const constant = (name: string, of: (feature: NumberTerm) => number) => graph.floats(name, numbers.map(of));
  const mean = constant("mean", ({ scaling }) => scaling.mean);
  const scale = constant("scale", ({ scaling }) => scaling.scale);
  const ends = (of: string, reach: number) => [
    graph.scalar(`${of}_low`, -reach),
    graph.scalar(`${of}_high`, reach),
  ];
  const steps: readonly (readonly [type: string, inputs: readonly string[], output: string])[] = [
    ["IsNaN", [value], "missing"],
    ["Where", ["missing", mean, value], "present"],
    ["Clip", ["present", ...ends("value", valueReach)], "bounded"],
    ["Sub", ["bounded", mean], "centred"],
    ["Mul", ["centred", scale], "unbounded"],
    ["Clip", ["unbounded", ...ends("standard", standardReach)], "standard"],
  ];
  for (const [type, inputs, output] of steps) graph.add({ type, inputs, outputs: [output] });
  const columns = (of: string) => {
    const outputs = numbers.map((_, j) => `${of}_${j}`);
    graph.add({ type: "Split", inputs: [of], outputs, attributes: { axis: { int: 1 } } });
    return outputs;
  };
  if (width === 1) {
    const inputs = ["standard", constant("weight", ({ weights }) => weights[0])];
    graph.add({ type: "Mul", inputs, outputs: ["term"] });
    return columns("term");
  }
  return columns("standard").map((standard, j) => {
    const inputs = [standard, graph.floats(`weight_${j}`, numbers[j].weights)];
    graph.add({ type: "Mul", inputs, outputs: [`term_${j}`] });
    return `term_${j}`;
  });
}

/** Name of what a text adds, [N, outputs]. */
function addText(
  graph: GraphBuilder,
  { text, column, width }: { readonly text: TextTerm; readonly column: number; readonly width: number },
): string {
  const { categories, adds, missing, unseen } = text;
  const [from, category, output] = ["text", "category", "added"].map((name) => `${name}_${column}`);
  const place = graph.ints(`column_${column}`, [column]);
  const axis = (at: number) => ({ axis: { int: at } });
  graph.add({ type: "Gather", inputs: [textInput, place], outputs: [from], attributes: axis(1) });
  const keys_strings = { texts: ["", ...categories] };
  const encoder = { type: "LabelEncoder", domain: "ai.onnx.ml" as const, inputs: [from] };
  if (width === 1) {
    const values = { floats: [missing[0], ...adds.map(([add]) => add)] };
    const attributes = { keys_strings, values_floats: values, default_float: { float: unseen[0] } };
    graph.add({ ...encoder, outputs: [output], attributes });
    return output;
  }
  const numbers = { ints: [...keys_strings.texts.keys()] };
  const attributes = {
    keys_strings,
    values_int64s: numbers,
    default_int64: { int: keys_strings.texts.length },
  };
  graph.add({ ...encoder, outputs: [category], attributes });
  const flat = graph.floats(`adds_${column}`, [missing, ...adds, unseen].flat());
  const shape = graph.ints(`adds_shape_${column}`, [categories.length + 2, width]);
  graph.add({ type: "Reshape", inputs: [flat, shape], outputs: [`table_${column}`] });
  const axes = graph.ints(`axes_${column}`, [1]);
  graph.add({ type: "Squeeze", inputs: [category, axes], outputs: [`row_${column}`] });
  graph.add({
    type: "Gather",
    inputs: [`table_${column}`, `row_${column}`],
    outputs: [output],
    attributes: axis(0),
  });
  return output;
}
