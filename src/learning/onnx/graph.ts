import onnxProto from "onnx-proto";
import type { GraphInfo } from "./graph-maker.js";

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

/** Collects operations in the order in which they run, and constants. Values are known by name. */
export interface GraphParts {
  /** Stores a constant and returns its name. */
  floats(name: string, values: readonly number[]): string;
  ints(name: string, values: readonly number[]): string;
  scalar(name: string, value: number): string;
  /** Appends an operation. */
  add(operation: Operation): void;
}

/** Builds a whole graph. */
export interface GraphBuilder extends GraphParts {
  /** Declares an input of shape [N, columns] and returns its name. */
  input(name: string, kind: "float" | "string", columns: number): string;
  /** Closes the graph with `output` of shape [N], or [N, columns], as its only result; returns the model's bytes. */
  finish(output: string, columns?: number): Uint8Array;
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
  const { parts, node, initializer } = graphParts();
  const input: ValueInfo[] = [];
  return Object.freeze({
    ...parts,
    input(name: string, kind: "float" | "string", columns: number) {
      const elemType = kind === "float" ? DataType.FLOAT : DataType.STRING;
      input.push(valueInfo(name, elemType, [{ dimParam: "N" }, { dimValue: columns }]));
      return name;
    },
    finish(output: string, columns?: number) {
      const shape = [{ dimParam: "N" }, ...(columns === undefined ? [] : [{ dimValue: columns }])];
      const graph = {
        name: info.graphName,
        docString: info.doc,
        node,
        initializer,
        input,
        output: [valueInfo(output, DataType.FLOAT, shape)],
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

/** Collects into lists that a new graph or one that is there already takes over. */
export function graphParts(): {
  readonly parts: GraphParts;
  readonly node: NodeProto[];
  readonly initializer: TensorProto[];
} {
  const node: NodeProto[] = [];
  const initializer: TensorProto[] = [];
  const constant = (name: string, tensor: TensorProto) => {
    initializer.push({ ...tensor, name });
    return name;
  };
  const parts: GraphParts = {
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
  };
  return { parts, node, initializer };
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
