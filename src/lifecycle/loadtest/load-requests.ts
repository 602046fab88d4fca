import { readDataset } from "../../data/index.js";
import { seededRng, valueAt, type Schema, type Table } from "../../kernel/index.js";
import { probeRanges, seededInputs, storeTensors, type TensorSignature } from "../../registry/index.js";
import type { ModelDefinition } from "../../training/index.js";
import { loadErrors } from "./load-errors.js";
import type { Project } from "../project.js";

/** What a load test sends, in turn. */
export interface LoadBodies {
  /** Where on the server they go. */
  readonly path: string;
  /** JSON. */
  readonly bodies: readonly string[];
  /** Where they are from, for people. */
  readonly origin: string;
}

/** More of them would test the generator's memory, fewer the server's cache. */
const mostBodies = 2000;

/** Requests from rows of the latest dataset version of the model's spine, drawn by a seed. Throws MW1177. */
export async function rowsAsBodies(
  project: Project,
  model: ModelDefinition,
  seed: number,
): Promise<LoadBodies> {
  const { source } = model.spine;
  const version = await project.datasets.latest(source.name);
  if (version === undefined) {
    throw nothingToSend(
      `no dataset version of source "${source.name}"`,
      "Run millwright data snapshot first.",
    );
  }
  const table = await readDataset(version, project);
  const bodies = sample(table, model.features.request, seed);
  if (bodies.length === 0) {
    const found = `none among ${table.rowCount} rows of source "${source.name}"`;
    throw nothingToSend(found, "Give requests with --file.");
  }
  const origin = `${bodies.length.toLocaleString("en")} rows of source ${source.name}`;
  return { path: predictPath(model.name), bodies, origin };
}

export const predictPath = (model: string): string => `/v1/models/${encodeURIComponent(model)}/predict`;
export const inferPath = (model: string): string => `/v2/models/${encodeURIComponent(model)}/infer`;

/** Rows drawn without repeats; those that lack a field that a request must have are passed over. */
function sample(table: Table, schema: Schema, seed: number): string[] {
  const rng = seededRng(seed);
  const order = Uint32Array.from({ length: table.rowCount }, (_, row) => row);
  const bodies: string[] = [];
  for (let i = 0; i < order.length && bodies.length < mostBodies; i++) {
    const other = i + rng.below(order.length - i);
    [order[i], order[other]] = [order[other], order[i]];
    const body = requestOf(table, schema, order[i]);
    if (body !== undefined) bodies.push(JSON.stringify(body));
  }
  return bodies;
}

function requestOf(table: Table, schema: Schema, row: number): Record<string, unknown> | undefined {
  const request: Record<string, unknown> = {};
  for (const [name, { kind, nullable }] of Object.entries(schema)) {
    const value = valueAt(table.columns[name], row);
    if (value === null && !nullable) return undefined;
    request[name] = kind === "bool" && value !== null ? value === 1 : value;
  }
  return request;
}

/** Names of element types in the Open Inference Protocol V2, by those of ONNX; float16 has no JSON form there. */
const datatypes: Readonly<Record<string, string>> = {
  ...{ bool: "BOOL", string: "BYTES", float32: "FP32", float64: "FP64" },
  ...{ int8: "INT8", int16: "INT16", int32: "INT32", int64: "INT64" },
  ...{ uint8: "UINT8", uint16: "UINT16", uint32: "UINT32", uint64: "UINT64" },
};

/** Requests of an imported graph, made up from its signature as its probes are. Throws MW0634 and MW1177. */
export function tensorsAsBodies(model: string, signature: TensorSignature): LoadBodies {
  const strange = signature.inputs.find(({ dtype }) => datatypes[dtype] === undefined);
  if (strange !== undefined) {
    throw nothingToSend(
      `input "${strange.name}" of type ${strange.dtype}`,
      "Export the graph with another type: JSON has no form for this one.",
    );
  }
  // The smaller whole numbers are, the more graphs take them as indices; 0 alone would be one request.
  const sets = seededInputs(signature, probeRanges[1]).map((tensors) =>
    Object.entries(storeTensors(tensors)).map(([name, { dtype, shape, data }]) => ({
      ...{ name, shape, data, datatype: datatypes[dtype] },
    })),
  );
  return {
    path: inferPath(model),
    bodies: sets.map((inputs) => JSON.stringify({ inputs })),
    origin: `${sets.length} sets of inputs that were made up from the signature`,
  };
}

/** The lines of a file, each a request in JSON. Throws MW1177. */
export function linesAsBodies(text: string, path: string): LoadBodies {
  const bodies: string[] = [];
  text.split("\n").forEach((line, i) => {
    if (line.trim() === "") return;
    if (!isObject(line)) {
      throw nothingToSend(`${clip(line)} in line ${i + 1}`, "Write one JSON object in each line.");
    }
    bodies.push(line.trim());
  });
  if (bodies.length === 0) throw nothingToSend("an empty file", "Write one JSON object in each line.");
  return { path, bodies, origin: `${bodies.length.toLocaleString("en")} lines of a file` };
}

const clip = (line: string): string => JSON.stringify(line.length > 60 ? `${line.slice(0, 59)}…` : line);

function isObject(line: string): boolean {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

const nothingToSend = (found: string, remedy: string) =>
  loadErrors.error("MW1177", { expected: "complete requests to send", found, remedy });
