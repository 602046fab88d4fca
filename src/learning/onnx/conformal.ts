import onnxProto from "onnx-proto";
import { learningErrors } from "../errors.js";
import { decodedModel, freePrefix, renameValues } from "./extend.js";
import { graphParts, type GraphParts } from "./graph.js";

const { onnx } = onnxProto;
const { DataType } = onnx.TensorProto;

type GraphProto = onnxProto.onnx.IGraphProto;
type ModelProto = onnxProto.onnx.IModelProto;

/** From this operator set on GreaterOrEqual and Clip take what we give them. */
const leastOperatorSet = 13;

/** Two graphs of the same inputs that predict the ends of a band, lower and upper. */
export interface BandGraphs {
  readonly low: Uint8Array;
  readonly high: Uint8Array;
}

/**
 * The graph with a new first output `<name>_interval` of shape [N, 3] before its own: the value, and the ends of its
 * interval. Without bands the interval is the value ± `widening`; with bands it is the band, its ends put in order,
 * widened by `widening`, which may be negative: a band that would turn over becomes its middle. Elementwise operations
 * alone: a row's result does not depend on the batch. Throws MW0422 unless the first output is one float32 a row.
 */
export function intervalOnnx(bytes: Uint8Array, widening: number, bands?: BandGraphs): Uint8Array {
  const by = Math.fround(widening);
  return extended(bytes, { columns: 1, kind: "interval" }, ({ parts, name, raw, merge }) => {
    const column = (value: string, as: string) => {
      const shape = parts.ints(name(`${as}_shape`), [-1, 1]);
      parts.add({ type: "Reshape", inputs: [value, shape], outputs: [name(as)] });
      return name(as);
    };
    const point = column(raw, "point");
    const chain = (type: string, inputs: readonly string[], output: string) => {
      parts.add({ type, inputs, outputs: [name(output)] });
      return name(output);
    };
    if (bands === undefined) {
      const width = parts.scalar(name("widening"), by);
      return [point, chain("Sub", [point, width], "low"), chain("Add", [point, width], "high")];
    }
    const ends = [column(merge(bands.low, "lower"), "first"), column(merge(bands.high, "upper"), "second")];
    const [least, most] = [chain("Min", ends, "least"), chain("Max", ends, "most")];
    const inward = chain(
      "Mul",
      [chain("Sub", [most, least], "span"), parts.scalar(name("half"), -0.5)],
      "inward",
    );
    const width = chain("Max", [parts.scalar(name("widening"), by), inward], "by");
    return [point, chain("Sub", [least, width], "low"), chain("Add", [most, width], "high")];
  });
}

/**
 * The graph with a new first output `<name>_set` before its own: the probabilities, then one column per label that is 1
 * where the label's probability reaches the threshold. A graph of one probability a row has two labels, false and true:
 * [N, 3]; one of as many probabilities as `classes`, [N, 2 × classes]. Throws MW0422 where the output does not fit.
 */
export function setOnnx(bytes: Uint8Array, threshold: number, classes: number): Uint8Array {
  const binary = classes === 2;
  return extended(
    bytes,
    { columns: binary ? [1, 2] : classes, kind: "set" },
    ({ parts, name, raw, columns }) => {
      const least = parts.scalar(name("threshold"), Math.fround(threshold));
      let [shown, judged] = [raw, raw];
      if (columns === 1) {
        const shape = parts.ints(name("shape"), [-1, 1]);
        parts.add({ type: "Reshape", inputs: [raw, shape], outputs: [name("positive")] });
        parts.add({
          type: "Sub",
          inputs: [parts.scalar(name("one"), 1), name("positive")],
          outputs: [name("negative")],
        });
        const both = [name("negative"), name("positive")];
        parts.add({
          type: "Concat",
          inputs: both,
          outputs: [name("both")],
          attributes: { axis: { int: 1 } },
        });
        [shown, judged] = [name("positive"), name("both")];
      }
      parts.add({ type: "GreaterOrEqual", inputs: [judged, least], outputs: [name("inside")] });
      const to = { to: { int: DataType.FLOAT } };
      parts.add({ type: "Cast", inputs: [name("inside")], outputs: [name("members")], attributes: to });
      return [shown, name("members")];
    },
  );
}

interface Extension {
  readonly parts: GraphParts;
  /** The graph's own first output. */
  readonly raw: string;
  /** Its numbers a row. */
  readonly columns: number;
  readonly name: (suffix: string) => string;
  /** Takes another graph of the same inputs in, under names of its own; returns its first output. */
  readonly merge: (bytes: Uint8Array, as: string) => string;
}

interface Wanted {
  /** Numbers a row that the first output may have. */
  readonly columns: number | readonly number[];
  readonly kind: "interval" | "set";
}

/** Puts the columns that `build` names side by side, as a new first output. */
function extended(
  bytes: Uint8Array,
  { columns: admitted, kind }: Wanted,
  build: (extension: Extension) => readonly string[],
): Uint8Array {
  const model = decodedModel(bytes);
  const graph = checkedGraph(model);
  const output = graph.output?.[0];
  const raw = output?.name ?? "";
  const columns = columnsOf(graph);
  if (![admitted].flat().includes(columns)) {
    throw unfit(`${[admitted].flat().join(" or ")} float32 a row as first output`, String(columns));
  }
  const prefix = freePrefix(graph, `${raw}_${kind}`);
  const { parts, node, initializer } = graphParts();
  const merged: Pick<GraphProto, "node" | "initializer">[] = [];
  const merge = (other: Uint8Array, as: string) => {
    const taken = prefixed(checkedGraph(decodedModel(other)), `${prefix}/${as}`);
    merged.push(taken);
    return taken.output;
  };
  const name = (suffix: string) => `${prefix}/${suffix}`;
  const inputs = build({ parts, raw, columns, name, merge });
  const result = `${raw}_${kind}`;
  parts.add({ type: "Concat", inputs, outputs: [result], attributes: { axis: { int: 1 } } });
  const width = kind === "interval" ? 3 : columns === 1 ? 3 : 2 * columns;
  const dim = [{ dimParam: "N" }, { dimValue: width }];
  const added = { name: result, type: { tensorType: { elemType: DataType.FLOAT, shape: { dim } } } };
  return onnx.ModelProto.encode({
    ...model,
    graph: {
      ...graph,
      node: [
        ...(graph.node ?? []),
        ...merged.flatMap(({ node: own }) => own ?? []),
        ...node.map((each) => ({ ...each, name: `${prefix}/node/${each.name}` })),
      ],
      initializer: [
        ...(graph.initializer ?? []),
        ...merged.flatMap(({ initializer: own }) => own ?? []),
        ...initializer,
      ],
      output: [added, ...(graph.output ?? [])],
    },
  }).finish();
}

function checkedGraph(model: ModelProto): GraphProto {
  const set = model.opsetImport?.find(({ domain }) => !domain || domain === "ai.onnx");
  const version = Number(set?.version ?? 0);
  if (version < leastOperatorSet) throw unfit(`operator set ${leastOperatorSet} or later`, String(version));
  if (!model.graph) throw unfit("an ONNX model with a graph", "none");
  return model.graph;
}

/** Numbers a row of the first output. */
function columnsOf({ output = [] }: GraphProto): number {
  const tensor = output?.[0]?.type?.tensorType;
  if (tensor?.elemType !== DataType.FLOAT) throw unfit("a first output of 32-bit floats", "another type");
  const dims = tensor.shape?.dim ?? [];
  if (dims.length < 1 || dims.length > 2)
    throw unfit("a first output of one row each", `${dims.length} axes`);
  return dims.length === 1 ? 1 : Number(dims[1].dimValue ?? 0);
}

/** A graph's operations and constants, every name but those of its inputs with the prefix before it. */
function prefixed(graph: GraphProto, prefix: string) {
  const inputs = new Set((graph.input ?? []).map(({ name }) => name));
  // The empty name is an input that is left out.
  const renamed = (name: string) => (name === "" || inputs.has(name) ? name : `${prefix}/${name}`);
  return {
    node: renameValues(graph.node ?? [], renamed).map((node) => ({
      ...node,
      name: `${prefix}/node/${node.name ?? ""}`,
    })),
    initializer: (graph.initializer ?? []).map((tensor) => ({ ...tensor, name: renamed(tensor.name ?? "") })),
    output: renamed(graph.output?.[0]?.name ?? ""),
  };
}

function unfit(expected: string, found: string) {
  return learningErrors.error("MW0422", {
    expected,
    found,
    remedy: "Intervals need a graph of one value a row, sets one of probabilities.",
  });
}
