import onnxProto from "onnx-proto";
import {
  plattFactor,
  probabilityFloor,
  segmentsOf,
  segmentTree,
  type Calibration,
  type IsotonicCalibration,
  type PlattCalibration,
  type TemperatureCalibration,
} from "../calibration/calibration.js";
import { learningErrors } from "../errors.js";
import { decodedModel, freePrefix, renameValues } from "./extend.js";
import { graphParts, type GraphParts } from "./graph.js";
import { nodeAttributes, targetAttributes } from "./tree-nodes.js";

const { onnx } = onnxProto;

type GraphProto = onnxProto.onnx.IGraphProto;
type ModelProto = onnxProto.onnx.IModelProto;

/** From this operator set on, Clip, Split and Unsqueeze take what we give them as inputs. */
const leastOperatorSet = 13;

/** Appended operations: from the value `raw` to the value `output`, every new name made by `name`. */
interface Appendix {
  readonly parts: GraphParts;
  readonly raw: string;
  readonly output: string;
  readonly name: (suffix: string) => string;
}

/**
 * The graph with the calibration appended to its first output, which keeps its name and shape; its other outputs
 * stay as they are. Elementwise operations and look-ups alone: a row's result does not depend on the batch. A
 * graph may be calibrated again. Throws MW0422 if the output does not fit the calibration.
 */
export function calibratedOnnx(bytes: Uint8Array, calibration: Calibration): Uint8Array {
  const model = decodedModel(bytes);
  const { graph } = model;
  const output = graph?.output?.[0]?.name ?? "";
  if (!graph) throw unfit("an ONNX model with a graph", "none");
  checkOutput(model, graph, calibration);
  const prefix = freePrefix(graph, `${output}_calibration`);
  const name = (suffix: string) => `${prefix}/${suffix}`;
  const raw = name("raw");
  const { parts, node, initializer } = graphParts();
  append(calibration, { parts, raw, output, name });
  const renamed = renameValues(graph.node ?? [], (value) => (value === output ? raw : value));
  return onnx.ModelProto.encode({
    ...model,
    opsetImport: withTreeOperators(model.opsetImport ?? []),
    graph: {
      ...graph,
      // A node is called by its output, and the operation that had this one may have been called so too.
      node: [...renamed, ...node.map((each) => ({ ...each, name: `${prefix}/node/${each.name}` }))],
      initializer: [...(graph.initializer ?? []), ...initializer],
    },
  }).finish();
}

function checkOutput(model: ModelProto, graph: GraphProto, calibration: Calibration): void {
  const set = model.opsetImport?.find(({ domain }) => !domain || domain === "ai.onnx");
  const version = Number(set?.version ?? 0);
  if (version < leastOperatorSet) throw unfit(`operator set ${leastOperatorSet} or later`, String(version));
  const output = graph.output?.[0];
  const tensor = output?.type?.tensorType;
  if (tensor?.elemType !== onnx.TensorProto.DataType.FLOAT) {
    throw unfit("a first output of 32-bit floats", `type ${tensor?.elemType ?? "unknown"}`);
  }
  const dims = tensor.shape?.dim ?? [];
  const columns = dims.length === 2 ? Number(dims[1].dimValue ?? 0) : 1;
  const fits =
    calibration.kind === "temperature"
      ? dims.length === 2 && columns === calibration.classes
      : dims.length === 1 || (dims.length === 2 && columns === 1);
  if (!fits) {
    const expected =
      calibration.kind === "temperature" ? `${calibration.classes} probabilities a row` : "one a row";
    throw unfit(expected, `${dims.length} axes, ${columns} columns`);
  }
  if (!(graph.node ?? []).some((node) => node.output?.includes(output?.name ?? ""))) {
    throw unfit("a first output that an operation computes", "an input or a constant");
  }
}

function withTreeOperators(sets: readonly onnxProto.onnx.IOperatorSetIdProto[]) {
  const known = sets.some(({ domain }) => domain === "ai.onnx.ml");
  return known ? [...sets] : [...sets, { domain: "ai.onnx.ml", version: 2 }];
}

function append(calibration: Calibration, to: Appendix): void {
  if (calibration.kind === "platt") appendPlatt(calibration, to);
  else if (calibration.kind === "isotonic") appendIsotonic(calibration, to);
  else appendTemperature(calibration, to);
}

/** A chain of operations, each on the results of those before. Entries: type, inputs, output. */
function addChain(
  { parts }: Appendix,
  chain: readonly (readonly [type: string, inputs: readonly string[], output: string])[],
): void {
  for (const [type, inputs, output] of chain) parts.add({ type, inputs, outputs: [output] });
}

function rangeOf({ parts, name }: Appendix): readonly [low: string, high: string] {
  return [parts.scalar(name("low"), probabilityFloor), parts.scalar(name("high"), 1 - probabilityFloor)];
}

function appendPlatt(calibration: PlattCalibration, to: Appendix): void {
  const { parts, raw, output, name } = to;
  const [one, slope, factor] = [
    parts.scalar(name("one"), 1),
    parts.scalar(name("slope"), Math.fround(calibration.slope)),
    parts.scalar(name("factor"), plattFactor(calibration)),
  ];
  addChain(to, [
    ["Clip", [raw, ...rangeOf(to)], name("p")],
    ["Sub", [one, name("p")], name("q")],
    ["Div", [name("q"), name("p")], name("against")],
    ["Pow", [name("against"), slope], name("powered")],
    ["Mul", [name("powered"), factor], name("shifted")],
    ["Add", [one, name("shifted")], name("divisor")],
    ["Div", [one, name("divisor")], output],
  ]);
}

/** One tree finds the segment and gives its four numbers; the rest is arithmetic. */
function appendIsotonic(calibration: IsotonicCalibration, to: Appendix): void {
  const { parts, raw, output, name } = to;
  const tree = segmentTree(calibration.inputs);
  const segments = segmentsOf(calibration);
  addChain(to, [
    ["Shape", [raw], name("shape")],
    ["Reshape", [raw, parts.ints(name("column_shape"), [-1, 1])], name("p")],
  ]);
  parts.add({
    type: "TreeEnsembleRegressor",
    domain: "ai.onnx.ml",
    inputs: [name("p")],
    outputs: [name("segment")],
    attributes: {
      ...nodeAttributes([tree], [0]),
      ...targetAttributes([tree], (_, node) => {
        const { input, output: start, slope, end } = segments[tree.segment[node]];
        return [input, start, slope, end];
      }),
      n_targets: { int: 4 },
    },
  });
  const numbers = ["input", "start", "slope", "end"].map(name);
  const attributes = { axis: { int: 1 } };
  parts.add({ type: "Split", inputs: [name("segment")], outputs: numbers, attributes });
  const [input, start, slope, end] = numbers;
  addChain(to, [
    ["Sub", [name("p"), input], name("way")],
    ["Mul", [name("way"), slope], name("rise")],
    ["Add", [start, name("rise")], name("unbounded")],
    ["Min", [name("unbounded"), end], name("bounded")],
    ["Reshape", [name("bounded"), name("shape")], output],
  ]);
}

/** Sum and Max over split columns: their order is fixed, that of a reduction is not. */
function appendTemperature({ temperature, classes }: TemperatureCalibration, to: Appendix): void {
  const { parts, raw, output, name } = to;
  const columns = (of: string) => {
    const outputs = Array.from({ length: classes }, (_, k) => name(`${of}_${k}`));
    const attributes = { axis: { int: 1 } };
    parts.add({ type: "Split", inputs: [name(of)], outputs, attributes });
    return outputs;
  };
  const power = parts.scalar(name("power"), Math.fround(1 / temperature));
  addChain(to, [["Clip", [raw, ...rangeOf(to)], name("p")]]);
  addChain(to, [
    ["Max", columns("p"), name("most")],
    ["Div", [name("p"), name("most")], name("share")],
    ["Pow", [name("share"), power], name("powered")],
  ]);
  addChain(to, [
    ["Sum", columns("powered"), name("total")],
    ["Div", [name("powered"), name("total")], output],
  ]);
}

function unfit(expected: string, found: string) {
  return learningErrors.error("MW0422", {
    expected,
    found,
    remedy: "Calibrate the graph of a classifier, with a calibration of as many classes.",
  });
}
