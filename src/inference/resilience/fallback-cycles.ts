import { parseReference } from "../../registry/index.js";
import type { CompiledResilience } from "./resilience-options.js";
import { resilienceErrors } from "./resilience-errors.js";

/**
 * Refuses fallbacks that lead back to a model they began with (MW0719): when all of them fail, such a call would go
 * round without end. Versions of a model are that model, for they have its fallbacks. `models` has those of a project
 * by name; a model that is not among them has no fallbacks.
 */
export function rejectFallbackCycles(models: ReadonlyMap<string, CompiledResilience>): void {
  const sound = new Set<string>();

  function follow(model: string, path: readonly string[]): void {
    if (path.includes(model)) throw cycle([...path.slice(path.indexOf(model)), model]);
    if (sound.has(model)) return;
    for (const plan of models.get(model)?.fallback ?? [])
      if (plan.kind === "model") follow(parseReference(plan.model).model, [...path, model]);
    sound.add(model);
  }

  for (const model of models.keys()) follow(model, []);
}

function cycle(path: readonly string[]) {
  return resilienceErrors.error("MW0719", {
    expected: "fallbacks that end",
    found: path.join(" → "),
    remedy: "Take one of these models out of the fallbacks of the one before it.",
    details: { path },
  });
}
