import { loadGraph, loadModel, type LoadedGraph, type LoadedModel } from "../../inference/index.js";
import { canonicalJson } from "../../kernel/index.js";
import {
  loadTensors,
  probeBatch,
  readPackage,
  tensorDifference,
  type FeatureManifest,
  type ProbeSet,
  type TensorProbeSet,
} from "../../registry/index.js";
import type { Project } from "../project.js";

export type ComparedPredictions =
  | {
      readonly kind: "compared";
      /** Different rows of both probe sets; sets of inputs where both are imported graphs. */
      readonly rows: number;
      readonly changed: number;
      /** Absolute differences, over all outputs of all rows; null where texts, shapes or NaN differ. */
      readonly largest: number | null;
      readonly mean: number | null;
    }
  /** The two take different columns or give different outputs. */
  | { readonly kind: "incomparable"; readonly reason: string };

/** A version in memory, as what its package is. */
export type Loaded = LoadedFeatures | LoadedTensors;
interface LoadedFeatures {
  readonly kind: "features";
  readonly loaded: LoadedModel;
}
interface LoadedTensors {
  readonly kind: "tensors";
  readonly loaded: LoadedGraph;
  readonly probes: TensorProbeSet;
}

/** Loads a package of either kind. Throws MW0604 to MW0608. */
export async function loadEither(project: Project, packageId: string): Promise<Loaded> {
  const { kind, probes } = await readPackage(packageId, project.blobs);
  if (kind === "features") return { kind, loaded: await loadModel(packageId, project) };
  return { kind, loaded: await loadGraph(packageId, project), probes };
}

/** Runs both on the union of their probes, where they take the same. */
export async function comparePredictions(a: Loaded, b: Loaded): Promise<ComparedPredictions> {
  if (a.kind === "features" && b.kind === "features") return compareRows(a.loaded, b.loaded);
  if (a.kind === "tensors" && b.kind === "tensors") return compareTensors(a, b);
  return { kind: "incomparable", reason: "one reads features, the other takes tensors" };
}

async function compareRows(a: LoadedModel, b: LoadedModel): Promise<ComparedPredictions> {
  const takes = ({ manifest }: LoadedModel) => columnsOf(manifest);
  if (takes(a) !== takes(b)) return { kind: "incomparable", reason: "they take different columns" };
  const union = unionOf(a.probes, b.probes);
  const { rows, numeric, text } = probeBatch(union);
  const [before, after] = [await a.predict(numeric, rows, text), await b.predict(numeric, rows, text)];
  if (before.length !== after.length) {
    return { kind: "incomparable", reason: "their answers have different numbers of values" };
  }
  const width = before.length / rows;
  const steps = Array.from(before, (value, i) => Math.abs(after[i] - value));
  const changed = new Set(steps.flatMap((step, i) => (step > 0 ? [Math.floor(i / width)] : [])));
  return { kind: "compared", rows, changed: changed.size, ...sizesOf(steps) };
}

/** The step of a set of inputs is the largest of its outputs. */
async function compareTensors(a: LoadedTensors, b: LoadedTensors): Promise<ComparedPredictions> {
  const [before, after] = [a.loaded.signature, b.loaded.signature];
  if (canonicalJson(before.inputs) !== canonicalJson(after.inputs))
    return { kind: "incomparable", reason: "they take different tensors" };
  const names = before.outputs.map(({ name }) => name);
  if (canonicalJson(names) !== canonicalJson(after.outputs.map(({ name }) => name)))
    return { kind: "incomparable", reason: "their outputs have different names" };
  const sets = [...a.probes.probes, ...b.probes.probes].map(
    ({ inputs }) => [canonicalJson(inputs), loadTensors(inputs)] as const,
  );
  const steps: number[] = [];
  for (const inputs of new Map(sets).values()) {
    const [left, right] = [await a.loaded.compute(inputs), await b.loaded.compute(inputs)];
    steps.push(Math.max(...names.map((name) => tensorDifference(left[name], right[name]))));
  }
  const changed = steps.filter((step) => step > 0).length;
  return { kind: "compared", rows: steps.length, changed, ...sizesOf(steps) };
}

function sizesOf(steps: readonly number[]) {
  if (!steps.every(Number.isFinite)) return { largest: null, mean: null };
  return {
    largest: steps.reduce((most, step) => Math.max(most, step), 0),
    mean: steps.reduce((sum, step) => sum + step, 0) / steps.length,
  };
}

/** Names and kinds of the graph's inputs, in their order. */
const columnsOf = ({ signature }: FeatureManifest) =>
  canonicalJson(signature.columns.map(({ name, kind }) => ({ name, kind })));

function unionOf(a: ProbeSet, b: ProbeSet): ProbeSet {
  const rows = [...a.probes, ...b.probes].map(
    (probe) => [canonicalJson({ numeric: probe.numeric, text: probe.text }), probe] as const,
  );
  return { tolerance: 0, probes: [...new Map(rows).values()] };
}
