import {
  checkNumber,
  didYouMean,
  rejectUnknownKeys,
  throwIfCancelled,
  type Clock,
} from "../../kernel/index.js";
import type { Tensors, TensorSignature, TensorSpec } from "../../registry/index.js";
import type { Infer, Inferred, InferOptions } from "../infer.js";
import { streamErrors } from "./stream-errors.js";

/** How a graph that computes one step is run again and again, its outputs becoming its inputs. */
export interface StreamSpec {
  /** Most steps of one stream, from 1 to a million. */
  readonly steps: number;
  /** Names of inputs by the name of the output that they are given in the next step. The other inputs stay. */
  readonly feed: Readonly<Record<string, string>>;
  /** Outputs of each step that the caller gets. */
  readonly emit: readonly string[];
  /** A bool or integer output of one element: the step in which it is not 0 is the last. */
  readonly stop?: string;
}

export interface StepOptions extends InferOptions {
  /** Most steps of this stream; those of the specification at most, and by default. */
  readonly steps?: number;
  readonly clock: Pick<Clock, "monotonicMs">;
  /** How long one step may take; `deadlineMs` is for all of them. */
  readonly stepTimeoutMs: number;
}

/** A specification that fits a signature. */
export interface StepStream {
  readonly steps: number;
  /**
   * Computes step by step, each only when it is asked for: one who stops reading stops the computing, and memory holds
   * one step. Outputs are those that are emitted. Throws MW0105 before a step when the signal has fired, MW0721, MW0722
   * when the deadline has passed, and what `infer` throws.
   */
  run(infer: Infer, inputs: Tensors, options: StepOptions): AsyncGenerator<Inferred, void, undefined>;
}

const mostSteps = 1_000_000;
const stopTypes = ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"];

/** Checks a specification against a graph's signature. Throws MW0103, MW0104 and MW0720. */
export function stepStream(spec: StreamSpec, signature: TensorSignature): StepStream {
  rejectUnknownKeys(spec, ["steps", "feed", "emit", "stop"], "the stream's options");
  checkNumber(spec.steps, "steps", { min: 1, max: mostSteps, whole: true });
  const output = (name: string) => named(signature.outputs, name, "output");
  const feed = Object.entries(spec.feed);
  for (const [from, to] of feed) checkFeed(output(from), named(signature.inputs, to, "input"));
  const fed = feed.map(([, to]) => to);
  const twice = fed.find((to, i) => fed.indexOf(to) !== i);
  if (twice !== undefined) throw unfit("each input fed by one output", `${twice}, fed by two`);
  if (spec.emit.length === 0) throw unfit("an output to emit", "none");
  for (const name of spec.emit) output(name);
  if (spec.stop !== undefined) checkStop(output(spec.stop));
  return Object.freeze({
    steps: spec.steps,
    run: (infer: Infer, inputs: Tensors, options: StepOptions) => steps(spec, infer, { inputs, options }),
  });
}

interface Asked {
  readonly inputs: Tensors;
  readonly options: StepOptions;
}

async function* steps(
  spec: StreamSpec,
  infer: Infer,
  { inputs, options }: Asked,
): AsyncGenerator<Inferred, void, undefined> {
  const { signal } = options;
  const count = Math.min(options.steps ?? spec.steps, spec.steps);
  let given = inputs;
  for (let step = 0; step < count; step++) {
    throwIfCancelled(signal);
    const found = await infer(given, stepOptions(options, step));
    const { outputs, origin, passage } = found;
    const emitted = Object.fromEntries(spec.emit.map((name) => [name, outputs[name]]));
    yield { outputs: emitted, origin, ...(passage === undefined ? {} : { passage }) };
    if (spec.stop !== undefined && ends(outputs, spec.stop)) return;
    const fed = Object.entries(spec.feed).map(([from, to]) => [to, outputs[from]] as const);
    given = { ...given, ...Object.fromEntries(fed) };
  }
}

function stepOptions(options: StepOptions, step: number): InferOptions {
  const { signal, priority, deadlineMs = Infinity, clock, stepTimeoutMs } = options;
  const nowMs = clock.monotonicMs();
  if (nowMs >= deadlineMs) throw outOfTime(step, nowMs - deadlineMs);
  return {
    deadlineMs: Math.min(deadlineMs, nowMs + stepTimeoutMs),
    ...(signal === undefined ? {} : { signal }),
    ...(priority === undefined ? {} : { priority }),
  };
}

/** Whether the output that tells the end says so. Throws MW0721. */
function ends(outputs: Tensors, stop: string): boolean {
  const { data } = outputs[stop];
  if (data.length === 1) return Number(data[0]) !== 0;
  throw streamErrors.error("MW0721", {
    expected: `one value of ${stop}`,
    found: `${data.length}`,
    remedy: "Stream one row at a time, or mend the graph so that the output has one element.",
  });
}

function checkFeed(output: TensorSpec, input: TensorSpec): void {
  const alike =
    output.dtype === input.dtype &&
    output.shape.length === input.shape.length &&
    output.shape.every((size, i) => size === null || input.shape[i] === null || size === input.shape[i]);
  if (!alike) throw unfit(`an output for ${text(input)}`, text(output));
}

function checkStop(output: TensorSpec): void {
  const single = output.shape.every((size) => size === null || size === 1);
  if (!single || !stopTypes.includes(output.dtype))
    throw unfit("an output of one bool or integer as stop", text(output));
}

function named(specs: readonly TensorSpec[], name: string, kind: "input" | "output"): TensorSpec {
  const found = specs.find((spec) => spec.name === name);
  if (found !== undefined) return found;
  const names = specs.map((spec) => spec.name);
  throw unfit(`an ${kind} of the graph`, JSON.stringify(name), didYouMean(name, names));
}

const text = ({ name, dtype, shape }: TensorSpec): string =>
  `${name} ${dtype}[${shape.map((size) => size ?? "*").join(",")}]`;

function unfit(expected: string, found: string, remedy = "Mend the declaration, or the graph.") {
  return streamErrors.error("MW0720", { expected, found, remedy });
}

function outOfTime(step: number, lateMs: number) {
  return streamErrors.error("MW0722", {
    expected: `step ${step + 1} to begin before the deadline`,
    found: `${Math.round(lateMs)} ms after it`,
    remedy: "Ask for fewer steps, or for a longer timeout.",
    details: { step: step + 1 },
  });
}
