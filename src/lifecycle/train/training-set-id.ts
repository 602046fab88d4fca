import type { DatasetVersion } from "../../data/index.js";
import { canonicalHash } from "../../kernel/index.js";
import type { ModelDefinition } from "../../training/index.js";
import type { Project } from "../project.js";
import type { LogEnd } from "../live/recorded-events.js";

/** What the rows and the values of a training set are a function of. */
export interface TrainingSetIdentity {
  readonly model: ModelDefinition;
  /** The dataset version of every source that the model reads, by source; those without one are left out. */
  readonly versions: ReadonlyMap<string, DatasetVersion>;
  /** The latest moment of which it knows; all by default. */
  readonly asOfMs?: number;
  /** What of a live state is in it, by source. */
  readonly live?: ReadonlyMap<string, LiveShare>;
}

/** The part of a source that comes from a live state: history before a time, and its log up to a record. */
export type LiveShare = { readonly beforeMs: number | null; readonly end: LogEnd };

/**
 * The id of a training set: `ts_` and the first 96 bits of the hash of all that it is a function of. Equal
 * ids mean equal rows, labels and features.
 */
export function trainingSetId(
  { engine, producer }: Pick<Project, "engine" | "producer">,
  { model, versions, asOfMs, live }: TrainingSetIdentity,
): string {
  const identity = {
    contract: model.contract,
    spine: model.spine.source.name,
    datasets: Object.fromEntries([...versions].map(([source, { id }]) => [source, id])),
    asOfMs: asOfMs ?? null,
    live: live === undefined ? null : Object.fromEntries(live),
    engine: engine.name,
    producer,
  };
  return `ts_${canonicalHash(identity).slice(0, 24)}`;
}
