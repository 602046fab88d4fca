import { lookupsOf, type FeatureState, type Seen } from "../../features/index.js";
import {
  requireWanted,
  type BreakerState,
  type Inferred,
  type InferOptions,
  type InferStatistics,
} from "../../inference/index.js";
import {
  compileRecord,
  describeProblem,
  type AppendLog,
  type Problem,
  type Value,
} from "../../kernel/index.js";
import { answerOf, describeTask, outputParts, type ModelDefinition } from "../../training/index.js";
import type { Champion } from "../train/champions.js";
import { lifecycleErrors } from "../errors.js";
import type { KnownPredictions } from "../watch/known-predictions.js";
import type { LiveModel, Prediction } from "./live-project.js";
import { writePrediction, type LogPosition } from "./live-records.js";
import type { LiveEventSource } from "./live-sources.js";
import { modelAnswers, type AnswerPorts, type ModelAnswer, type ModelQuestion } from "./model-answers.js";

export interface LiveModelParts extends AnswerPorts {
  readonly champion: Champion;
  readonly state: FeatureState;
  readonly sources: ReadonlyMap<string, LiveEventSource>;
  readonly predictions: AppendLog;
  readonly known: KnownPredictions;
  /** The last logged prediction that is known; moves on. */
  readonly position: LogPosition;
  readonly onAnswered: () => void;
  /** The latest time that a request may carry. */
  readonly latestMs: () => number;
  readonly nextId: () => string;
}

/** A model that answers requests. */
export interface ServedModel {
  readonly info: LiveModel;
  /** As {@link LiveProject.predict} says. */
  predict(request: unknown, options?: InferOptions): Promise<Prediction>;
  /** Answers in place of another model, whose request it was, with what stands around it: neither numbered nor logged. */
  standIn(values: readonly Value[], options?: InferOptions): Promise<Inferred>;
  /** Undefined without a breaker. */
  breakerState(): BreakerState | undefined;
  /** As {@link LiveProject.statistics} says. */
  statistics(): InferStatistics;
  /** Answers what it was asked before, then frees the model; nobody may ask it any more. Again is harmless. */
  retire(): Promise<void>;
}

/** A request with its features, and what they rest on. */
interface ReadQuestion extends ModelQuestion {
  readonly atMs: number;
  readonly seen: Seen;
}

const noOptions: InferOptions = Object.freeze({});

/**
 * Makes a served model. One request is one pass: parse, read the features straight into the graph's input,
 * compute, log, answer. What was answered is in the log. Throws MW1165.
 */
export function liveModel(parts: LiveModelParts): ServedModel {
  const { model, version, loaded } = parts.champion;
  const { project, predictions, known, position } = parts;
  const { clock } = project;
  const reader = parts.state.reader(model.features);
  const parse = compileRecord(model.features.request);
  const timeOf = compileTime(model, parts);
  const eventSources = sourcesOf(model, parts.sources);
  const answers = modelAnswers(model, loaded, parts);
  const info = infoOf(parts.champion);

  async function read(values: readonly Value[], options: InferOptions): Promise<ReadQuestion> {
    const atMs = timeOf(values);
    requireWanted(options, clock);
    const numbers = new Float32Array(reader.numberCount);
    const texts = new Array<string>(reader.textCount);
    for (const source of eventSources) await source.caughtUp();
    const [seen] = await reader.read([{ values, timeMs: atMs, out: { numbers, texts } }]);
    return { values, atMs, numbers, texts, seen };
  }

  /** No await between the id and the log: ids stand in it in ascending order. */
  async function log(
    asked: ReadQuestion,
    { outputs, fallback }: ModelAnswer,
    startedMs: number,
  ): Promise<string> {
    const { values: request, atMs, numbers, texts, seen } = asked;
    const id = parts.nextId();
    const latencyMs = clock.monotonicMs() - startedMs;
    const line = writePrediction({
      ...{ id, model: model.name, version, atMs, request, numbers, texts, latencyMs },
      outputs: Array.from(outputs),
      ...restsOn(seen, eventSources),
      ...(fallback && { fallback }),
    });
    const sequence = await predictions.append([line]);
    known.add(id);
    position.sequence = sequence;
    position.record = line;
    parts.onAnswered();
    return id;
  }

  async function answer(request: unknown, options: InferOptions): Promise<Prediction> {
    const startedMs = clock.monotonicMs();
    const parsed = parse(request);
    if (!parsed.ok) throw badRequest(model.name, parsed.problems);
    const asked = await read(parsed.values, options);
    const answered = await answers.answer(asked, options);
    const id = await log(asked, answered, startedMs);
    const { outputs, fallback } = answered;
    const said = answerOf(model.task, outputs);
    return { id, model: model.name, version: info.version, ...said, ...(fallback && { fallback }) };
  }

  const calls = callsUnderWay();
  let retirement: Promise<void> | undefined;
  return Object.freeze({
    info,
    predict: (request: unknown, options = noOptions) => calls.track(() => answer(request, options)),
    standIn: (values: readonly Value[], options = noOptions) =>
      calls.track(async () => answers.infer(await read(values, options), options)),
    breakerState: () => answers.breakerState(),
    statistics: () => answers.statistics(),
    retire: () => (retirement ??= calls.idle().then(() => answers.dispose())),
  });
}

function infoOf({ model, version, loaded }: Champion): LiveModel {
  const [, ...sizes] = loaded.signature.outputs[0].shape;
  const width = sizes.reduce<number>((product, size) => product * Number(size), 1);
  const { intervals, sets } = outputParts(model.task, new Float32Array(width), 1);
  return {
    name: model.name,
    version: String(version),
    packageId: loaded.packageId,
    request: model.features.request,
    predicts: describeTask(model.task),
    task: model.task.kind,
    ...(model.task.kind === "multiclass" ? { classes: model.task.classes } : {}),
    ...(intervals && { certainty: "interval" }),
    ...(sets && { certainty: "set" }),
  };
}

/** Counts calls, so that a model can be freed after the last of them. */
function callsUnderWay() {
  let underWay = 0;
  let settled: (() => void) | undefined;
  return {
    async track<Result>(call: () => Promise<Result>): Promise<Result> {
      underWay++;
      try {
        return await call();
      } finally {
        if (--underWay === 0) settled?.();
      }
    },
    idle: () => (underWay === 0 ? Promise.resolve() : new Promise<void>((resolve) => (settled = resolve))),
  };
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
