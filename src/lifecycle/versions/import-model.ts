import { isMillwrightError, sentence, throwIfCancelled } from "../../kernel/index.js";
import { loadGraph } from "../../inference/index.js";
import { readGraphInfo } from "../../learning/index.js";
import {
  checkName,
  parseProbeFile,
  readPackage,
  renderCard,
  tensorSignature,
  tensorText,
  writePackage,
  type GraphHeader,
  type ModelVersion,
  type TensorFacts,
  type TensorSignature,
} from "../../registry/index.js";
import { boundedSessions } from "../hosting/bounded-sessions.js";
import { importErrors } from "./import-errors.js";
import type { Project } from "../project.js";
import { contractOf } from "./read-version.js";
import { recordProbes, type RecordedProbes } from "./record-probes.js";

/** An ONNX file from elsewhere. */
export interface ModelFile {
  /** The model that it becomes a version of; no model that the project defines. */
  readonly name: string;
  readonly graph: Uint8Array;
  /** Bytes of a JSON file with probes, see `parseProbeFile`; inputs are made up from the signature without it. */
  readonly probes?: Uint8Array | undefined;
  /** Longest time of one computation; all of them together may take ten times as long. Default 30 s. */
  readonly limitMs?: number | undefined;
}

const defaultLimitMs = 30_000;
/** Probes are some thirty computations; nobody waits for thirty that are each just within the limit. */
const allComputations = 10;
/** What a graph may ask for: weights that are unpacked, copied and laid out anew, and as much again as any small model. */
const memoryBytes = (graph: Uint8Array) => 4 * 2 ** 30 + 4 * graph.length;

/** What was registered. Plain JSON. */
export interface ImportedModel {
  readonly version: ModelVersion;
  readonly signature: TensorSignature;
  readonly probes: {
    readonly count: number;
    readonly origin: RecordedProbes["origin"];
    readonly tolerance: number;
    /** Largest difference of answers to the same input; 0 for a graph that is deterministic. */
    readonly spread: number;
  };
}

/**
 * Registers an ONNX file as a version: its signature is read from the graph, probes are recorded, and the package is
 * loaded once from the store, as whoever uses it will load it, before it gets a number. The same file under the same
 * name is the same version. The graph computes in a process of its own, so that one that never ends, asks for all memory
 * or crashes the engine is an error like others: MW0708 or MW0709. Throws MW0611 and MW1150 for the name, MW0701 for a
 * file that the engine does not run, MW0105, MW0631 to MW0634, MW0707, MW1151, MW1152 and MW1181.
 */
export async function importModel(
  project: Project,
  file: ModelFile,
  signal?: AbortSignal,
): Promise<ImportedModel> {
  checkName("model", file.name);
  await requireFreeName(project, file.name);
  throwIfCancelled(signal);
  const { graph, limitMs = defaultLimitMs } = file;
  const bounds = { limitMs, totalMs: allComputations * limitMs, memoryBytes: memoryBytes(graph) };
  const sessions = boundedSessions(project, bounds, signal);
  try {
    return await importWith({ ...project, sessions }, file, signal);
  } catch (error) {
    // What was under way when the signal came failed because of it.
    throwIfCancelled(signal);
    throw error;
  }
}

async function importWith(
  project: Project,
  { name, graph, probes: file }: ModelFile,
  signal?: AbortSignal,
): Promise<ImportedModel> {
  const session = await project.sessions.open(graph, { threads: 1 });
  try {
    const signature = tensorSignature(session);
    const given = file === undefined ? undefined : parseProbeFile(file, signature);
    const probes = await recordProbes({ session, signature, given }, signal);
    const facts: TensorFacts = {
      ...{ kind: "tensors", model: name, signature },
      ...{ graph: readGraphInfo(graph), producer: project.producer },
    };
    const card = cardOf(facts, probes);
    const { id, manifest } = await writePackage(
      { facts, model: graph, card, probes: probes.set },
      project.blobs,
    );
    await (await loadGraph(id, project)).dispose();
    throwIfCancelled(signal);
    const version = await project.registry.register({
      ...{ model: name, packageId: id, runId: null, contract: contractOf(manifest) },
    });
    const { origin, spread, set } = probes;
    return {
      ...{ version, signature },
      probes: { count: set.probes.length, origin, tolerance: set.tolerance, spread },
    };
  } finally {
    await session.dispose();
  }
}

/** Throws MW1150 for the name of a model that the project defines or has trained. */
export async function requireFreeName(project: Project, name: string): Promise<void> {
  if (project.models.some((model) => model.name === name))
    throw taken(name, "a model that the project defines");
  if (!(await project.registry.models()).includes(name)) return;
  const [{ packageId }] = await project.registry.list(name);
  try {
    const { kind } = await readPackage(packageId, project.blobs);
    if (kind === "features") throw taken(name, "a model that was trained on features");
  } catch (error) {
    // A damaged package must not keep anybody from mending it by importing it again.
    if (!isMillwrightError(error) || error.code === "MW1150") throw error;
  }
}

function taken(name: string, found: string) {
  return importErrors.error("MW1150", {
    expected: "a name for imported graphs alone",
    found: `${JSON.stringify(name)}, ${found}`,
    remedy: "Import it under another name: --name <name>.",
    details: { model: name },
  });
}

function cardOf({ model, signature, graph }: TensorFacts, { set, origin, spread }: RecordedProbes): string {
  const rows = (role: "input" | "output") =>
    signature[`${role}s`].map((spec) => ({ name: spec.name, role, type: tensorText(spec) }));
  const names = (specs: TensorSignature["inputs"]) => specs.map(({ name }) => name).join(", ");
  const repeated =
    spread === 0
      ? "It gave the same numbers whenever it was asked again."
      : `It is not deterministic: equal inputs gave numbers up to ${spread} apart, so probes allow ${set.tolerance}.`;
  return renderCard({
    model,
    predicts: `Computes ${names(signature.outputs)} from ${names(signature.inputs)}; an ONNX graph that was imported.`,
    tensors: [...rows("input"), ...rows("output")],
    ...{ data: [], split: [], features: [], metrics: [], slices: [], gates: [] },
    limits: [
      "Nothing is known here of its training data, its metrics or its purpose.",
      `${set.probes.length} probes, their inputs ${origin}, prove that it computes as it did when it was imported, not that it is right.`,
      repeated,
    ],
    environment: graph === null ? [] : headerLines(graph),
    reproduce: ["It was not trained here: whoever exported the file can make it again."],
  });
}

function headerLines({ producer, irVersion, operatorSets, doc }: GraphHeader): string[] {
  const sets = Object.entries(operatorSets).map(([domain, version]) => `${domain || "ai.onnx"} ${version}`);
  return [
    ...(producer === "" ? [] : [sentence(`Written by ${producer}`)]),
    `ONNX IR version ${irVersion}, operator sets ${sets.join(", ")}.`,
    ...(doc === "" ? [] : [doc]),
  ];
}
