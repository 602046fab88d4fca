import type { CompiledResilience, StandInPlan } from "../../inference/index.js";
import { canonicalJson, type FieldSpec, type Schema, type Value } from "../../kernel/index.js";
import type { TensorSpec } from "../../registry/index.js";
import { describeTask, outputsOfAnswer, type ModelDefinition } from "../../training/index.js";
import { hostErrors } from "./host-errors.js";
import type { Project } from "../project.js";

/** Makes a simpler model's request of a model's: its values, in the order of the simpler one's fields. */
export type RequestOfStandIn = (values: readonly Value[]) => readonly Value[];

/** For every model of the project those that may stand in for it, by name. */
export type StandIns = ReadonlyMap<string, ReadonlyMap<string, RequestOfStandIn>>;

/**
 * Finds the fallbacks that are models. Throws MW1163 for a fallback that is no
 * model of the project and MW1164 for one that answers something else or asks for more.
 */
export function compileStandIns(project: Pick<Project, "models" | "serving">): StandIns {
  const byName = new Map(project.models.map((model) => [model.name, model]));
  const ofModel = (model: ModelDefinition) => {
    const plans = project.serving.ofModel(model.name).resilience.fallback;
    const names = plans.flatMap((plan) => (plan.kind === "model" ? [plan.model] : []));
    return new Map(
      names.map((name) => {
        const simpler = byName.get(name);
        if (simpler === undefined) throw noSuchStandIn(model.name, name, [...byName.keys()]);
        checkTask(model, simpler);
        return [name, requestOf(model, simpler)] as const;
      }),
    );
  };
  return new Map(project.models.map((model) => [model.name, ofModel(model)]));
}

/** The same question with the same possible answers. */
function checkTask(model: ModelDefinition, simpler: ModelDefinition): void {
  const asked = ({ task }: ModelDefinition) => describeTask(task);
  if (model.task.kind === simpler.task.kind && asked(model) === asked(simpler)) return;
  throw unfit(model, simpler, {
    expected: `${asked(model)} (${model.task.kind})`,
    found: `${asked(simpler)} (${simpler.task.kind})`,
  });
}

function requestOf(model: ModelDefinition, simpler: ModelDefinition): RequestOfStandIn {
  const given: Schema = model.features.request;
  const names = Object.keys(given);
  const positions = Object.entries(simpler.features.request).map(([name, takes]) => {
    const gives = Object.hasOwn(given, name) ? given[name] : undefined;
    if (gives === undefined ? takes.nullable : admitsAll(takes, gives)) return names.indexOf(name);
    const describe = (spec: FieldSpec) => canonicalJson({ ...shown(spec) });
    throw unfit(model, simpler, {
      expected: `a field "${name}" that is ${describe(takes)}, or narrower`,
      found: gives === undefined ? "no such field" : describe(gives),
    });
  });
  return (values) => positions.map((at) => (at < 0 ? null : values[at]));
}

const shown = ({ kind, nullable, min, max, values }: FieldSpec) => ({ kind, nullable, min, max, values });

/** Whether a field takes everything that another one may give. */
function admitsAll(takes: FieldSpec, gives: FieldSpec): boolean {
  if (takes.kind !== gives.kind || (gives.nullable && !takes.nullable)) return false;
  if ((takes.min ?? -Infinity) > (gives.min ?? -Infinity)) return false;
  if ((takes.max ?? Infinity) < (gives.max ?? Infinity)) return false;
  const { values } = takes;
  return values === undefined || (gives.values?.every((value) => values.includes(value)) ?? false);
}

/** Options whose default answers are outputs of the version's graph. Throws MW1165. */
export function withOutputs(
  { name, task }: ModelDefinition,
  { name: output, shape }: TensorSpec,
  options: CompiledResilience,
): CompiledResilience {
  const rest = shape.slice(1).map(Number);
  const width = rest.reduce((product, size) => product * size, 1);
  const compiled = (plan: StandInPlan): StandInPlan => {
    if (plan.kind !== "default") return plan;
    const data = isRecord(plan.outputs) ? outputsOfAnswer(task, plan.outputs, width) : undefined;
    if (data === undefined) throw noAnswer(name, task.kind, plan.outputs);
    return { kind: "default", outputs: { [output]: { dtype: "float32", shape: [1, ...rest], data } } };
  };
  return { ...options, fallback: options.fallback.map(compiled) };
}

/** A configuration in JavaScript may hold anything. */
const isRecord = (value: unknown): boolean => typeof value === "object" && value !== null;

const forms: Readonly<Record<ModelDefinition["task"]["kind"], string>> = {
  binary: "{ probability: 0.1 }, and a set where the model gives one",
  multiclass: "{ label } or { probabilities } of every class, and a set where the model gives one",
  regression: "{ value: 1 }, and an interval where the model gives one",
  ranking: "{ score: 0 }",
  anomaly: "{ score: 0 }",
};

function noSuchStandIn(model: string, reference: string, names: readonly string[]) {
  return hostErrors.error("MW1163", {
    expected: `a model of the project, by its name alone, as fallback of "${model}"`,
    found: JSON.stringify(reference),
    remedy: `Name one of ${names.filter((name) => name !== model).join(", ") || "none"}; the version that is served answers.`,
    details: { model, reference },
  });
}

function unfit(
  model: ModelDefinition,
  simpler: ModelDefinition,
  { expected, found }: { readonly expected: string; readonly found: string },
) {
  return hostErrors.error("MW1164", {
    ...{ expected, found },
    remedy: `Take "${simpler.name}" out of the fallbacks of "${model.name}", or define it over the same request.`,
    details: { model: model.name, fallback: simpler.name },
  });
}

function noAnswer(model: string, kind: ModelDefinition["task"]["kind"], outputs: unknown) {
  return hostErrors.error("MW1165", {
    expected: `the default answer of "${model}" in the form of its task: ${forms[kind]}`,
    found: JSON.stringify(outputs)?.slice(0, 200) ?? "nothing",
    remedy: `Mend fallback of "${model}" under serving.models in the configuration.`,
    details: { model },
  });
}
