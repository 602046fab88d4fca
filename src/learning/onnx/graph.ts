import onnxProto from "onnx-proto";

const { onnx } = onnxProto;

type NodeProto = onnxProto.onnx.INodeProto;
type TensorProto = onnxProto.onnx.ITensorProto;
type AttributeProto = onnxProto.onnx.IAttributeProto;
type ValueInfo = onnxProto.onnx.IValueInfoProto;

const { AttributeType } = onnx.AttributeProto;
const { DataType } = onnx.TensorProto;

/** Operator set versions that the graphs are written for: ONNX 1.10, understood since ONNX Runtime 1.9. */
const irVersion = 8;
const operatorSets = [
  { domain: "", version: 15 },
  { domain: "ai.onnx.ml", version: 2 },
];

/** Attribute values; numbers are written as float or integer by their wrapper. */
export type Attribute =
  | { readonly float: number }
  | { readonly int: number }
  | { readonly text: string }
  | { readonly floats: readonly number[] }
  | { readonly ints: readonly number[] }
  | { readonly texts: readonly string[] };

/** Who made a graph. */
export interface GraphInfo {
  readonly producer: string;
  readonly producerVersion: string;
  readonly graphName: string;
  readonly doc: string;
}

/** Collects the parts of a graph in the order in which they run. Values are known by name. */
export interface GraphBuilder {
  /** Declares an input of shape [N, columns] and returns its name. */
  input(name: string, kind: "float" | "string", columns: number): string;
  /** Stores a constant and returns its name. */
  floats(name: string, values: readonly number[]): string;
  ints(name: string, values: readonly number[]): string;
  scalar(name: string, value: number): string;
  /** Appends an operation. */
  add(operation: Operation): void;
  /** Closes the graph with `output` of shape [N] as its only result; returns the model's bytes. */
  finish(output: string): Uint8Array;
}

export interface Operation {
  readonly type: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** Default: the core operators. */
  readonly domain?: "ai.onnx.ml";
}

export function graphBuilder(info: GraphInfo): GraphBuilder {
  const node: NodeProto[] = [];
  const initializer: TensorProto[] = [];
  const input: ValueInfo[] = [];
  const constant = (name: string, tensor: TensorProto) => {
    initializer.push({ ...tensor, name });
    return name;
  };
  return Object.freeze({
    input(name: string, kind: "float" | "string", columns: number) {
      const elemType = kind === "float" ? DataType.FLOAT : DataType.STRING;
      input.push(valueInfo(name, elemType, [{ dimParam: "N" }, { dimValue: columns }]));
      return name;
    },
    floats: (name: string, values: readonly number[]) =>
      constant(name, { dataType: DataType.FLOAT, dims: [values.length], floatData: [...values] }),
    ints: (name: string, values: readonly number[]) =>
      constant(name, { dataType: DataType.INT64, dims: [values.length], int64Data: [...values] }),
    scalar: (name: string, value: number) =>
      constant(name, { dataType: DataType.FLOAT, dims: [], floatData: [value] }),
    add({ type, inputs, outputs, attributes = {}, domain }: Operation) {
      const attribute = Object.entries(attributes).map(([name, value]) => attributeProto(name, value));
      node.push({
        opType: type,
        name: outputs[0],
        input: [...inputs],
        output: [...outputs],
        attribute,
        domain: domain ?? "",
      });
    },
    finish(output: string) {
      const graph = {
        name: info.graphName,
        docString: info.doc,
        node,
        initializer,
        input,
        output: [valueInfo(output, DataType.FLOAT, [{ dimParam: "N" }])],
      };
      return onnx.ModelProto.encode({
        irVersion,
        opsetImport: operatorSets,
        producerName: info.producer,
        producerVersion: info.producerVersion,
        graph,
      }).finish();
    },
  } satisfies GraphBuilder);
}

function valueInfo(
  name: string,
  elemType: number,
  dim: readonly onnxProto.onnx.TensorShapeProto.IDimension[],
): ValueInfo {
  return { name, type: { tensorType: { elemType, shape: { dim: [...dim] } } } };
}

function attributeProto(name: string, value: Attribute): AttributeProto {
  const bytes = (text: string) => new TextEncoder().encode(text);
  if ("float" in value) return { name, type: AttributeType.FLOAT, f: value.float };
  if ("int" in value) return { name, type: AttributeType.INT, i: value.int };
  if ("text" in value) return { name, type: AttributeType.STRING, s: bytes(value.text) };
  if ("floats" in value) return { name, type: AttributeType.FLOATS, floats: [...value.floats] };
  if ("ints" in value) return { name, type: AttributeType.INTS, ints: [...value.ints] };
  return { name, type: AttributeType.STRINGS, strings: value.texts.map(bytes) };
}
