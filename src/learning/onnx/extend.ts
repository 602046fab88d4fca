import onnxProto from "onnx-proto";
import { learningErrors } from "../errors.js";

const { onnx } = onnxProto;

type NodeProto = onnxProto.onnx.INodeProto;
type GraphProto = onnxProto.onnx.IGraphProto;
type ModelProto = onnxProto.onnx.IModelProto;

/** Reads a model that operations are to be appended to. Throws MW0422. */
export function decodedModel(bytes: Uint8Array): ModelProto {
  try {
    return onnx.ModelProto.decode(bytes);
  } catch (cause) {
    throw learningErrors.error("MW0422", {
      expected: "the bytes of an ONNX model",
      found: cause instanceof Error ? cause.message : String(cause),
      remedy: "Read the model file again.",
      cause,
    });
  }
}

/** The wanted prefix of names, with a number behind it where a name of the graph has it already. */
export function freePrefix(graph: GraphProto, wanted: string): string {
  const taken = namesIn(graph);
  let prefix = wanted;
  for (let again = 2; [...taken].some((name) => name.startsWith(`${prefix}/`)); again++)
    prefix = `${wanted}_${again}`;
  return prefix;
}

function namesIn(graph: GraphProto): ReadonlySet<string> {
  const nodes = (graph.node ?? []).flatMap((node) => [...(node.input ?? []), ...(node.output ?? [])]);
  return new Set([...nodes, ...(graph.initializer ?? []).map((tensor) => tensor.name ?? "")]);
}

/** The nodes with values renamed wherever they are written or read, also by the graphs inside of nodes. */
export function renameValues(nodes: readonly NodeProto[], renamed: (name: string) => string): NodeProto[] {
  const rename = (names: readonly string[] | null | undefined) => (names ?? []).map(renamed);
  const renameIn = (graph: GraphProto): GraphProto => ({
    ...graph,
    node: renameValues(graph.node ?? [], renamed),
  });
  return nodes.map((node) => ({
    ...node,
    input: rename(node.input),
    output: rename(node.output),
    attribute: (node.attribute ?? []).map((attribute) => ({
      ...attribute,
      ...(attribute.g ? { g: renameIn(attribute.g) } : {}),
      ...(attribute.graphs?.length ? { graphs: attribute.graphs.map(renameIn) } : {}),
    })),
  }));
}
