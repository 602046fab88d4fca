import type { LogisticModel } from "../logistic/model.js";
import { standardReach } from "../logistic/standardisation.js";
import { probabilityOutput, type FeatureMatrix } from "./features.js";
import type { GraphBuilder } from "./graph.js";

/**
 * Logistic regression from elementwise operations alone: a matrix product adds up in an order that depends
 * on the batch size, whereas Sum over split columns adds the same terms in the same order for every row.
 */
export function addLinear(graph: GraphBuilder, model: LogisticModel, matrix: FeatureMatrix): void {
  const features = [...matrix.columnOf.keys()].sort((a, b) => matrix.columnOf[a] - matrix.columnOf[b]);
  const constant = (name: string, of: (feature: number) => number) => graph.floats(name, features.map(of));
  const mean = constant("mean", (j) => model.scaling[j].mean);
  const scale = constant("scale", (j) => model.scaling[j].scale);
  const weight = constant("weight", (j) => model.weights[j]);
  const terms = features.map((j) => `term_${j}`);
  const steps: readonly (readonly [type: string, inputs: readonly string[], output: string])[] = [
    ["IsNaN", [matrix.value], "missing"],
    ["Where", ["missing", mean, matrix.value], "present"],
    ["Sub", ["present", mean], "centred"],
    ["Mul", ["centred", scale], "unbounded"],
    [
      "Clip",
      ["unbounded", graph.scalar("low", -standardReach), graph.scalar("high", standardReach)],
      "standard",
    ],
    ["Mul", ["standard", weight], "terms"],
  ];
  for (const [type, inputs, output] of steps) graph.add({ type, inputs, outputs: [output] });
  graph.add({ type: "Split", inputs: ["terms"], outputs: terms, attributes: { axis: { int: 1 } } });
  graph.add({
    type: "Sum",
    inputs: [...terms, graph.floats("intercept", [model.intercept])],
    outputs: ["score"],
  });
  graph.add({ type: "Sigmoid", inputs: ["score"], outputs: ["positive"] });
  graph.add({
    type: "Squeeze",
    inputs: ["positive", graph.ints("second", [1])],
    outputs: [probabilityOutput],
  });
}
