import { sha256, storageErrors } from "../kernel/index.js";
import type { FeatureFacts } from "./manifest.js";
import type { BlobReader, BlobWriter, FeatureContents, TensorContents } from "./package.js";

/** Blobs in a map that verifies nothing, so that a test can damage them: the strictest case for a reader. */
export interface LooseBlobs extends BlobReader, BlobWriter {
  readonly bytes: Map<string, Uint8Array>;
}

export function looseBlobs(): LooseBlobs {
  const bytes = new Map<string, Uint8Array>();
  return {
    bytes,
    put: async (blob) => {
      const hash = sha256(blob);
      bytes.set(hash, blob.slice());
      return hash;
    },
    get: async (hash) => {
      const blob = bytes.get(hash);
      if (blob !== undefined) return blob;
      throw storageErrors.error("MW1001", { expected: `blob ${hash}`, found: "nothing", remedy: "Put it." });
    },
  };
}

/** Facts of a model with two numeric columns and one text column, unless told otherwise. */
export function exampleFacts(changes: Partial<FeatureFacts> = {}): FeatureFacts {
  return {
    kind: "features",
    model: "arrival-delay",
    signature: {
      inputs: [
        { name: "numeric", dtype: "float32", shape: [null, 2] },
        { name: "text", dtype: "string", shape: [null, 1] },
      ],
      columns: [
        { name: "mean_delay_3h", kind: "number", origin: "window", meaning: "mean delay over 3 hours" },
        { name: "carrier", kind: "text", origin: "request" },
        { name: "weekday", kind: "number", origin: "derived" },
      ],
      outputs: [{ name: "probability", dtype: "float32", shape: [null] }],
    },
    features: { hash: "f".repeat(64), definition: { views: [] } },
    dataset: "ds_1",
    split: { kind: "time" },
    trainer: { name: "gbdt", options: { trees: 200 } },
    seed: 7,
    metrics: { auc: 0.76 },
    producer: { name: "millwright", version: "0.1.0" },
    ...changes,
  };
}

/** A graph from elsewhere with one input and one output. */
export function tensorContents(): TensorContents {
  const tensor = (data: readonly number[]) => ({ dtype: "float32", shape: [1, 2], data }) as const;
  return {
    facts: {
      kind: "tensors",
      model: "doubler",
      signature: {
        inputs: [{ name: "x", dtype: "float32", shape: [null, 2] }],
        outputs: [{ name: "y", dtype: "float32", shape: [null, 2] }],
      },
      graph: { producer: "test 1", irVersion: 8, operatorSets: { "": 13 }, doc: "" },
      producer: { name: "millwright", version: "0.1.0" },
    },
    model: new Uint8Array([8, 7, 6, 5]),
    card: "# doubler\n",
    probes: {
      tolerance: 0,
      probes: [{ inputs: { x: tensor([1, 2]) }, outputs: { y: tensor([2, 4]) } }],
    },
  };
}

export function exampleContents(changes: Partial<FeatureContents> = {}): FeatureContents {
  return {
    facts: exampleFacts(),
    model: new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]),
    card: "# arrival-delay\n",
    probes: { tolerance: 0, probes: [{ numeric: [1.5, null], text: ["AA"], outputs: [0.25] }] },
    referenceProfile: { mean_delay_3h: { count: 10 } },
    ...changes,
  };
}
