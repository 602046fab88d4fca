import { checkTensors, inferenceErrors, type Inferred, type InferOptions } from "../../inference/index.js";
import {
  throwIfCancelled,
  type Clock,
  type FieldKind,
  type FieldSpec,
  type Schema,
} from "../../kernel/index.js";
import type { Tensors, TensorSignature, TensorSpec, TensorType, TensorValue } from "../../registry/index.js";
import { answerOutputs, answerTensors } from "./answer-tensors.js";
import type { LiveModel, LiveProject, Prediction } from "../live/live-project.js";
import type { HostedModel } from "./model-host.js";
import type { Project } from "../project.js";

const dtypes: Readonly<Record<FieldKind, TensorType>> = {
  ...{ int: "int64", float: "float64", bool: "bool", string: "string" },
  // As in JSON: ISO 8601.
  timestamp: "string",
};

/** One row a request: each field is an input of one dimension, the row. Whether a field may be left out, its schema says. */
function featureSignature(model: LiveModel): TensorSignature {
  const inputs = Object.entries(model.request).map(([name, { kind }]): TensorSpec => {
    return { name, dtype: dtypes[kind], shape: [null] };
  });
  return { inputs, outputs: answerOutputs(model) };
}

/**
 * A model of features behind the same contract as a graph: rows of its request's fields in, its answers out, each
 * logged as any other prediction is. A field that may be null can be left out; in a float NaN is null, in a text the
 * empty text is a text.
 */
export function hostFeatures(
  live: LiveProject,
  name: string,
  { clock, serving }: Pick<Project, "clock" | "serving">,
): () => HostedModel | undefined {
  const { pricePerPrediction } = serving.ofModel(name);
  const hosted = (model: LiveModel): HostedModel => {
    const signature = featureSignature(model);
    return Object.freeze({
      ...{ name, version: model.version, platform: "millwright_features", signature, maxBatchRows: 0 },
      infer: (inputs: Tensors, options?: InferOptions) =>
        infer({ live, model, signature, clock }, inputs, options),
      statistics: () => live.statistics(name),
      breakerState: () => live.breakerState?.(name),
      ...(pricePerPrediction === undefined ? {} : { pricePerPrediction }),
    });
  };
  let last: { readonly model: LiveModel; readonly hosted: HostedModel } | undefined;
  return () => {
    const model = live.models.find((one) => one.name === name);
    if (model === undefined) return undefined;
    if (last?.model !== model) last = { model, hosted: hosted(model) };
    return last.hosted;
  };
}

interface Asked {
  readonly live: LiveProject;
  readonly model: LiveModel;
  readonly signature: TensorSignature;
  readonly clock: Clock;
}

async function infer(
  { live, model, signature, clock }: Asked,
  inputs: Tensors,
  options: InferOptions = {},
): Promise<Inferred> {
  const queuedMs = clock.monotonicMs();
  throwIfCancelled(options.signal);
  requireCurrent(live, model);
  const rows = requestsOf(model.request, signature, inputs);
  const predictions = await Promise.all(rows.map((row) => live.predict(model.name, row, options)));
  const finishedMs = clock.monotonicMs();
  const passage = { queuedMs, startedMs: queuedMs, finishedMs, batch: 0, batchRows: rows.length };
  return { outputs: answerTensors(model, predictions), origin: originOf(predictions), passage };
}

/** An answer bears the version that it was asked of: one that was replaced meanwhile is not asked any more (MW0706). */
function requireCurrent(live: LiveProject, { name, version }: LiveModel): void {
  const now = live.models.find((one) => one.name === name);
  if (now?.version === version) return;
  throw inferenceErrors.error("MW0706", {
    expected: `version ${version} of "${name}" to be served`,
    found: now === undefined ? "none" : `version ${now.version}`,
    remedy: "Find the model again and ask it.",
    details: { model: name },
  });
}

/** One answer that was stood in for makes the call one. */
function originOf(predictions: readonly Prediction[]): Inferred["origin"] {
  const fallback = predictions.find((prediction) => prediction.fallback !== undefined)?.fallback;
  return fallback === undefined ? { kind: "model" } : { kind: "fallback", ...fallback };
}

/** Requests as JSON has them, row by row. Throws MW0707. */
function requestsOf(
  schema: Schema,
  { inputs: specs }: TensorSignature,
  inputs: Tensors,
): Record<string, unknown>[] {
  checkTensors(specs, inputs, (name) => schema[name].nullable);
  const given = Object.entries(inputs);
  const rows = Math.max(0, ...given.map(([, { shape }]) => shape[0]));
  for (const [name, { shape }] of given)
    if (shape[0] !== rows)
      checkTensors([{ name, dtype: inputs[name].dtype, shape: [rows] }], { [name]: inputs[name] });
  return Array.from({ length: rows }, (_, row) =>
    Object.fromEntries(given.map(([name, value]) => [name, fieldOf(value, row, schema[name])])),
  );
}

function fieldOf({ dtype, data }: TensorValue, row: number, { nullable }: FieldSpec): unknown {
  const value = data[row];
  if (dtype === "bool") return value === 1;
  // What a number cannot hold exactly is a text, which the request's schema refuses by the field's name.
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  // Where a value may not be missing, the schema refuses what was sent.
  return nullable && Number.isNaN(value) ? null : value;
}
