import { lookupsOf, viewLayout, type View, type ViewLayout } from "../../features/index.js";
import { formatDuration } from "../../kernel/index.js";
import { describeExpression, type ModelDefinition } from "../../training/index.js";
import { configuredViews, unknownView } from "./configured-views.js";
import type { Project } from "../project.js";

/** One feature in words. Plain JSON. */
export interface DescribedFeature {
  readonly name: string;
  readonly kind: "number" | "text";
  readonly origin: "window" | "request" | "derived";
  /** What it is, e.g. `mean of delay over 6h, city by city`. */
  readonly meaning: string;
  /** Where a windowed feature comes from. */
  readonly window?: {
    readonly aggregation: string;
    readonly length: string;
    readonly view: string;
    readonly source: string;
    readonly entity: string;
    /** The request's fields with the entity's key. */
    readonly keys: readonly string[];
  };
}

/** The features of a model, in the order of its vector. */
export function describeFeatures(model: ModelDefinition): DescribedFeature[] {
  const windows = new Map<string, ReturnType<typeof windowsOf>[number][1]>(
    lookupsOf(model.features).flatMap(windowsOf),
  );
  return model.features.columns.map(({ name, kind, origin }) => {
    const window = windows.get(name);
    const meaning = window?.meaning ?? plainMeaning(model, name);
    return { name, kind, origin, meaning, ...(window === undefined ? {} : { window: window.window }) };
  });
}

function windowsOf({ group, view, keys }: ReturnType<typeof lookupsOf>[number]) {
  const { entity, keyColumns } = view;
  return Object.entries(view.features).map(([feature, windowed]) => {
    const length = formatDuration(windowed.windowMs);
    const aggregation = aggregationOf(windowed);
    const window = { aggregation, length, view: view.name, source: view.source.name, entity, keys };
    const meaning = `${aggregation} over ${length}, ${entity} by ${keyColumns.join(" and ")}`;
    return [`${group}_${feature}`, { window, meaning }] as const;
  });
}

/** What is aggregated, and how: `quantile 0.9 of delay where distance > 100`. */
function aggregationOf({ kind, parameter, value, where }: View["features"][string]): string {
  const level = parameter === undefined ? "" : ` ${parameter}`;
  const of = value === undefined ? "" : ` of ${describeExpression(value)}`;
  return `${kind}${level}${of}${where === undefined ? "" : ` where ${describeExpression(where)}`}`;
}

function plainMeaning({ features }: ModelDefinition, name: string): string {
  const derived = features.derived.find((feature) => feature.name === name);
  return derived === undefined ? "as given in the request" : describeExpression(derived.expression.node);
}

/** A view in words. Plain JSON. */
export interface DescribedView {
  readonly name: string;
  readonly hash: string;
  readonly source: string;
  readonly entity: string;
  readonly keyColumns: readonly string[];
  /** Which of an event's two clocks places it in windows. */
  readonly clock: View["clock"];
  readonly features: readonly {
    readonly name: string;
    readonly kind: "number" | "text";
    readonly aggregation: string;
    readonly windowMs: number;
  }[];
  readonly layout: ViewLayout;
  /** The models that read it. */
  readonly models: readonly string[];
}

/** The view of a name; several, if models read different ones. Throws MW1126. */
export function describeView(project: Pick<Project, "models">, name: string): DescribedView[] {
  const views = configuredViews(project);
  const found = views.filter(({ view }) => view.name === name);
  if (found.length === 0)
    throw unknownView(
      name,
      views.map(({ view }) => view.name),
    );
  return found.map(({ view, models }) => ({
    name,
    hash: view.hash,
    source: view.source.name,
    entity: view.entity,
    keyColumns: view.keyColumns,
    clock: view.clock,
    features: Object.entries(view.features).map(([feature, windowed]) => ({
      name: feature,
      kind: windowed.output ?? "number",
      aggregation: aggregationOf(windowed),
      windowMs: windowed.windowMs,
    })),
    layout: viewLayout(view),
    models,
  }));
}
