import { lookupsOf, type View } from "../../features/index.js";
import { didYouMean } from "../../kernel/index.js";
import { lifecycleErrors } from "../errors.js";
import type { Project } from "../project.js";

/** A view and the models that read it. */
export interface ConfiguredView {
  readonly view: View;
  readonly models: readonly string[];
}

/** The views that the project's models read, each once, in the order of the configuration. */
export function configuredViews({ models }: Pick<Project, "models">): ConfiguredView[] {
  const found = new Map<string, { view: View; models: string[] }>();
  for (const model of models) {
    for (const { view } of lookupsOf(model.features)) {
      const key = JSON.stringify([view.name, view.hash]);
      const known = found.get(key) ?? { view, models: [] };
      found.set(key, known);
      if (!known.models.includes(model.name)) known.models.push(model.name);
    }
  }
  return [...found.values()];
}

/** Throws MW1128 when two views have one name. */
export function requireNamesOnce(views: readonly ConfiguredView[]): void {
  for (const { view, models } of views) {
    const other = views.find((one) => one.view.name === view.name && one.view !== view);
    if (other === undefined) continue;
    throw lifecycleErrors.error("MW1128", {
      expected: "views with different names",
      found: `"${view.name}" of ${models.join(", ")} and another one of ${other.models.join(", ")}`,
      remedy: "Rename one of them in view().",
      details: { view: view.name },
    });
  }
}

/** MW1126. */
export function unknownView(name: string, names: readonly string[]) {
  return lifecycleErrors.error("MW1126", {
    expected: "a view that a model of the project reads",
    found: JSON.stringify(name),
    remedy: didYouMean(name, [...new Set(names)]),
    details: { view: name },
  });
}
