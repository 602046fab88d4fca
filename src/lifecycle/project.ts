import type { ApiKeyStore, RandomBytes, RateStore, RateStoreChoice } from "../access/index.js";
import type { DatasetCatalog, EventSource, RowFiles, Source, Spine, TableEngine } from "../data/index.js";
import type { FeatureSpaceCatalog, TileStore, WindowEngine } from "../features/index.js";
import type { AnswerLimits, ResponseCache, SessionFactory, Timers } from "../inference/index.js";
import {
  didYouMean,
  type AppendLog,
  type BlobStore,
  type CheckpointStore,
  type Clock,
  type Progress,
  type Schema,
} from "../kernel/index.js";
import type { RegistryStore } from "../registry/index.js";
import type {
  CodeState,
  Machine,
  ModelDefinition,
  PythonRunner,
  RunStore,
  RunWorkers,
  Task,
} from "../training/index.js";
import { lifecycleErrors } from "./errors.js";
import type { Serving } from "./hosting/serving-options.js";

/** A project with its adapters: what every verb of the lifecycle works on. */
export interface Project {
  readonly name: string;
  readonly models: readonly ModelDefinition[];
  /** Every source that a model reads, by name. */
  readonly sources: ReadonlyMap<string, Source>;
  readonly engine: TableEngine;
  readonly blobs: BlobStore;
  readonly datasets: DatasetCatalog;
  readonly registry: RegistryStore;
  readonly runs: RunStore;
  /** Which version of each view is read, by live state. */
  readonly spaces: FeatureSpaceCatalog;
  readonly apiKeys: ApiKeyStore;
  readonly sessions: SessionFactory;
  /** How the project is served. */
  readonly serving: Serving;
  readonly timers: Timers;
  /** Keeps answers of a model; whoever opens it closes it. */
  openResponseCache(limits: AnswerLimits): ResponseCache;
  /** Counts what callers take; whoever opens it closes it. */
  openRates(store: RateStoreChoice): RateStore;
  /** The text of a file that the configuration names, relative to the project's folder. */
  readText(path: string): Promise<string>;
  /** What live states keep to start quickly, by the name of the live state. */
  readonly checkpoints: CheckpointStore;
  readonly clock: Clock;
  readonly progress: Progress;
  /** Threads for training; results do not depend on it. */
  readonly threads: number;
  readonly producer: { readonly name: string; readonly version: string };
  readonly machine: Machine;
  /** Tells a run that goes on from one whose process is gone. */
  readonly workers: RunWorkers;
  /** Runs trainers that need Python. */
  readonly python: PythonRunner;
  /** The same project on empty storage of its own, which closing it removes. */
  openClean(): Promise<Project>;
  /** The version of the code that the project's folder holds; null where none is kept. */
  code(): Promise<CodeState | null>;
  /** A fresh id that no other process makes, e.g. for runs and servers. */
  newId(prefix: string): string;
  /** For secrets. */
  readonly randomBytes: RandomBytes;
  /** The engine that adds windows up in SQL; one for the project, closed with it. */
  openWindows(): Promise<WindowEngine>;
  /** Reads and makes files outside of the project. */
  readonly files: RowFiles;
  /** Connects to the store that online features share with other processes; absent: they stay in memory. */
  readonly openTiles?: () => TileStore;
  /** Opens a log of a live state for writing. */
  openLog(live: string, name: string): Promise<AppendLog>;
  /** Opens a log of a live state for reading alone, beside a process that writes it. */
  readLog(live: string, name: string): Promise<Pick<AppendLog, "read">>;
  close(): Promise<void>;
}

/** The model of a name. Throws MW1101. */
export function findModel(project: Project, name: string): ModelDefinition {
  const found = project.models.find((model) => model.name === name);
  if (found !== undefined) return found;
  const names = project.models.map((model) => model.name);
  throw lifecycleErrors.error("MW1101", {
    expected: `a model of project "${project.name}"`,
    found: JSON.stringify(name),
    remedy: didYouMean(name, names),
    details: { model: name },
  });
}

/** A model whose labels are true or false, asked for its outcomes over time. */
export interface TimedBinaryModel extends ModelDefinition {
  readonly task: Extract<Task, { readonly kind: "binary" }>;
  readonly spine: Required<Spine<Schema>> & { readonly source: EventSource };
}

/** The binary model of a name, with times, for a verb that follows outcomes over time. Throws MW1101 and MW1140. */
export function findTimedBinaryModel(project: Project, name: string): TimedBinaryModel {
  const model = findModel(project, name);
  const { task, spine } = model;
  if (isTimedBinary(model)) return model;
  throw lifecycleErrors.error("MW1140", {
    expected: "a binary model whose spine has times",
    found: `"${name}", ${task.kind}${spine.time === undefined ? ", without times" : ""}`,
    remedy: "Outcomes of such models are judged offline: see millwright runs show.",
    details: { model: name },
  });
}

const isTimedBinary = (model: ModelDefinition): model is TimedBinaryModel =>
  model.task.kind === "binary" && model.spine.time !== undefined && model.spine.source.kind === "events";

/** The sources whose rows are events, each once. */
export const eventSources = (project: Pick<Project, "sources">): readonly EventSource[] =>
  [...new Set(project.sources.values())].filter((source) => source.kind === "events");

/** The source of a name. Throws MW1102. */
export function findSource(project: Project, name: string): Source {
  const found = project.sources.get(name);
  if (found !== undefined) return found;
  throw lifecycleErrors.error("MW1102", {
    expected: `a source of project "${project.name}"`,
    found: JSON.stringify(name),
    remedy: didYouMean(name, [...project.sources.keys()]),
    details: { source: name },
  });
}
