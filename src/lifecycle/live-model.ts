import { lookupsOf, type FeatureState, type Seen } from "../features/index.js";
import { loadModel, type LoadedModel } from "../inference/index.js";
import {
  compileRecord,
  describeProblem,
  type AppendLog,
  type Clock,
  type Problem,
  type Value,
} from "../kernel/index.js";
import { answerOf, describeTask, type ModelDefinition } from "../training/index.js";
import { lifecycleErrors } from "./errors.js";
import type { KnownPredictions } from "./known-predictions.js";
import type { LiveModel, Prediction } from "./live-project.js";
import { writePrediction, type LogPosition } from "./live-records.js";
import type { LiveEventSource } from "./live-sources.js";
import { findModel, type Project } from "./project.js";
import { checkContract } from "./servable-version.js";

/** A verified version of a model, in memory. */
export interface Champion {
  readonly model: ModelDefinition;
  readonly version: number;
  readonly loaded: LoadedModel;
}

/**
 * Loads the champion of every model that has one, or the version asked for. Throws MW1106 when no model
 * has one, and MW1107 when the configuration no longer defines what the version was trained with.
 */
export async function loadChampions(
  project: Project,
  versions: Readonly<Record<string, string>>,
): Promise<Champion[]> {
  for (const name of Object.keys(versions)) findModel(project, name);
  const registered = new Set(await project.registry.models());
  const champions: Champion[] = [];
  for (const model of project.models) {
    const ref = versions[model.name] ?? "champion";
    if (!registered.has(model.name)) continue;
    const held = (await project.registry.list(model.name)).some(
      ({ state }) => state.kind === "aliased" && state.aliases.includes(ref),
    );
    if (!held && versions[model.name] === undefined) continue;
    const { version, packageId } = await project.registry.resolve(model.name, ref);
    const loaded = await loadModel(packageId, project);
    checkContract(model, version, loaded.manifest);
    champions.push({ model, version, loaded });
  }
  if (champions.length > 0) return champions;
  throw lifecycleErrors.error("MW1106", {
    expected: "a model with a champion",
    found: `none among ${project.models.map(({ name }) => name).join(", ")}`,
    remedy: "Run millwright train; if a gate failed, see millwright models.",
  });
}

export interface LiveModelParts {
  readonly champion: Champion;
  readonly state: FeatureState;
  readonly sources: ReadonlyMap<string, LiveEventSource>;
  readonly predictions: AppendLog;
  readonly known: KnownPredictions;
  /** The last logged prediction that is known; moves on. */
  readonly position: LogPosition;
  readonly onAnswered: () => void;
  readonly clock: Clock;
  /** The latest time that a request may carry. */
  readonly latestMs: () => number;
  readonly nextId: () => string;
}

/** A model that answers requests. */
export interface ServedModel {
  readonly info: LiveModel;
  predict(request: unknown): Promise<Prediction>;
}

/**
 * Makes a served model. One request is one pass: parse, read the features straight into the graph's input,
 * compute, log, answer. What was answered is in the log.
 */
export function liveModel(parts: LiveModelParts): ServedModel {
  const { model, version, loaded } = parts.champion;
  const { clock, predictions, known, position } = parts;
  const reader = parts.state.reader(model.features);
  const parse = compileRecord(model.features.request);
  const timeOf = compileTime(model, parts);
  const eventSources = sourcesOf(model, parts.sources);
  const info: LiveModel = {
    name: model.name,
    version: String(version),
    packageId: loaded.packageId,
    request: model.features.request,
    predicts: describeTask(model.task),
    task: model.task.kind,
    ...(model.task.kind === "multiclass" ? { classes: model.task.classes } : {}),
  };

  async function predict(request: unknown): Promise<Prediction> {
    const startedMs = clock.monotonicMs();
    const parsed = parse(request);
    if (!parsed.ok) throw badRequest(model.name, parsed.problems);
    const { values } = parsed;
    const atMs = timeOf(values);
    const numbers = new Float32Array(reader.numberCount);
    const texts = new Array<string>(reader.textCount);
    for (const source of eventSources) await source.caughtUp();
    const [seen] = await reader.read([{ values, timeMs: atMs, out: { numbers, texts } }]);
    const outputs = await loaded.predict(numbers, 1, texts);
    const id = parts.nextId();
    const latencyMs = clock.monotonicMs() - startedMs;
    const line = writePrediction({
      ...{ id, model: model.name, version, atMs, request: values, numbers, texts, latencyMs },
      outputs: Array.from(outputs),
      ...restsOn(seen, eventSources),
    });
    // No await between the id and the log: ids stand in it in ascending order.
    const sequence = await predictions.append([line]);
    known.add(id);
    position.sequence = sequence;
    position.record = line;
    parts.onAnswered();
    return { id, model: model.name, version: info.version, ...answerOf(model.task, outputs) };
  }

  return Object.freeze({ info, predict });
}

function sourcesOf(model: ModelDefinition, sources: ReadonlyMap<string, LiveEventSource>): LiveEventSource[] {
  const names = new Set(lookupsOf(model.features).map(({ view }) => view.source.name));
  return [...names].map((name) => sources.get(name) as LiveEventSource);
}

/** What the features of a prediction rest on, as its record says it. */
function restsOn({ asOfMs, sequences, lookups }: Seen, sources: readonly LiveEventSource[]) {
  const events = Object.fromEntries(sources.map(({ source: { name } }) => [name, sequences[name] ?? 0]));
  return { asOfMs, events, ...(lookups === undefined ? {} : { seen: lookups }) };
}

/** Reads the time of a request: its own, or now where the model has none. Throws MW1108. */
function compileTime(
  model: ModelDefinition,
  { latestMs }: LiveModelParts,
): (values: readonly Value[]) => number {
  const { time } = model.spine;
  if (time === undefined) return latestMs;
  const field = Object.keys(model.features.request).indexOf(time);
  return (values) => checkTime(values[field] as number, latestMs());
}

function checkTime(timeMs: number, latest: number): number {
  if (timeMs <= latest) return timeMs;
  throw lifecycleErrors.error("MW1108", {
    expected: `a time up to ${new Date(latest).toISOString()}`,
    found: new Date(timeMs).toISOString(),
    remedy: "Send the present time; to replay the past, start the server with --as-of.",
  });
}

/** MW1103. */
export function badRequest(model: string, problems: readonly Problem[]) {
  return lifecycleErrors.error("MW1103", {
    expected: `a request of model "${model}" with valid fields`,
    found: problems.map(describeProblem).join("; "),
    remedy: `See GET /v1/models/${model} for the fields.`,
    details: { model, problems },
  });
}
