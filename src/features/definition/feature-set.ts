import {
  canonicalHash,
  columnsRead,
  didYouMean,
  expressionJson,
  schemaJson,
  type Canonical,
  type Expression,
  type FieldKind,
  type FieldSpec,
  type RecordOf,
  type Schema,
} from "../../kernel/index.js";
import { featureErrors } from "../errors.js";
import { featureKind } from "./aggregation.js";
import type { KeyFields, View } from "./view.js";

/** Where a feature comes from. */
export type FeatureOrigin = "window" | "request" | "derived";

/** One input of a model, in the order of the model's feature vector. */
export interface FeatureColumn {
  readonly name: string;
  readonly kind: "number" | "text";
  readonly origin: FeatureOrigin;
}

/** A group of views of one entity, whose key comes from the request. */
export interface FeatureGroup {
  /** It prefixes the features' names. */
  readonly name: string;
  /** The request's fields (and the spine's columns) with the parts of the key. */
  readonly keys: readonly string[];
  readonly views: readonly View[];
}

/** What one model reads. */
export interface FeatureSet {
  readonly groups: readonly FeatureGroup[];
  /** All fields of a request: keys of the groups, then the declared ones. */
  readonly request: Schema;
  /** The declared request fields that are features themselves: all but timestamps. */
  readonly requestFeatures: readonly string[];
  readonly derived: readonly { readonly name: string; readonly expression: Expression }[];
  /** Number features first, then texts, each in order of definition. */
  readonly columns: readonly FeatureColumn[];
  readonly hash: string;
  /** The canonical definition that the hash is made of. */
  readonly definition: Canonical;
}

/** Views by the request field that holds their entity's key, or by any name if the key has fields of its own. */
export type Groups = Readonly<Record<string, View | readonly View[]>>;

type KeyOf<V> = V extends View<infer Key> ? Key : V extends readonly View<infer Key>[] ? Key : never;

type GroupNames<G> = Exclude<keyof G, "request" | "derived">;

/** The names of the groups whose keys have fields of their own. */
type OwnNames<G> = {
  [K in GroupNames<G>]: KeyOf<G[K]> extends KeyFields<unknown> ? K : never;
}[GroupNames<G>];

/** The fields of each such group. */
type OwnFields<G> = {
  [K in OwnNames<G>]: KeyOf<G[K]> extends KeyFields<infer F> ? F : never;
}[OwnNames<G>];

/** All types of a union at once; of none, no demand. */
type Together<U> = (U extends unknown ? (each: U) => void : never) extends (all: infer All) => void
  ? All
  : never;

/** The record a caller gives to get a prediction. */
export type RequestOf<G, R extends Schema> = {
  [K in Exclude<GroupNames<G>, OwnNames<G>>]: KeyOf<G[K]>;
} & Together<OwnFields<G>> &
  RecordOf<R>;

export interface FeatureSetInput {
  readonly views: Groups;
  readonly request: Schema;
  readonly derived?: Readonly<Record<string, Expression>>;
}

/** Puts the features of a model together. Throws MW0302 when they do not fit. */
export function featureSet({ views, request, derived = {} }: FeatureSetInput): FeatureSet {
  const groups = Object.entries(views).map(([name, given]) => groupOf(name, [given].flat()));
  const keys = keySpecs(groups);
  checkKeys(keys, request);
  checkDerived(derived, request);
  const requestFeatures = Object.keys(request).filter((name) => request[name].kind !== "timestamp");
  const columns = columnsOfSet(groups, request, derived);
  const definition = definitionOf(groups, request, derived);
  return Object.freeze({
    groups,
    request: Object.freeze({ ...keys, ...request }),
    requestFeatures,
    derived: Object.entries(derived).map(([name, expression]) => ({ name, expression })),
    columns,
    definition,
    hash: canonicalHash(definition),
  });
}

/** One view of one group: what is looked up for a request. */
export interface Lookup {
  readonly group: string;
  readonly view: View;
  /** The request's fields with the parts of the key. */
  readonly keys: readonly string[];
}

/** The lookups of a feature set, in the order of its windowed features. */
export function lookupsOf(set: FeatureSet): Lookup[] {
  return set.groups.flatMap(({ name, keys, views }) => views.map((view) => ({ group: name, view, keys })));
}

/** How many features of each kind a view has. */
export function featureCounts(view: View): { readonly number: number; readonly text: number } {
  const kinds = Object.values(view.features).map(featureKind);
  const text = kinds.filter((kind) => kind === "text").length;
  return { number: kinds.length - text, text };
}

/** The same feature set without its windowed features; keys that nothing else needs are gone from the request. */
export function withoutWindows(set: FeatureSet): FeatureSet {
  const keys = new Set(set.groups.flatMap((group) => group.keys));
  const declared = Object.entries(set.request).filter(
    ([name]) => !keys.has(name) || set.requestFeatures.includes(name),
  );
  const derived = Object.fromEntries(set.derived.map(({ name, expression }) => [name, expression]));
  return featureSet({ views: {}, request: Object.fromEntries(declared), derived });
}

function groupOf(name: string, views: readonly View[]): FeatureGroup {
  if (views.length === 0 || views.some((view) => view?.kind !== "view")) {
    throw badSet(`a view or a list of views as "${name}"`, "something else", 'Make it with view("name", …).');
  }
  const keys = views.map((view) => view.keyFields ?? [name]);
  if (new Set(keys.map((fields) => JSON.stringify(fields))).size !== 1) {
    const found = keys.map((fields) => fields.join(" and ")).join("; ");
    throw badSet(`one key for all views of "${name}"`, found, "Group views of one entity.");
  }
  return { name, keys: keys[0], views };
}

/** The fields of all groups' keys. Throws MW0302 when two views differ in the type of a field. */
function keySpecs(groups: readonly FeatureGroup[]): Record<string, FieldSpec> {
  const specs: Record<string, FieldSpec> = {};
  for (const { keys, views } of groups) {
    for (const { source, keyColumns } of views) {
      keys.forEach((field, part) => {
        const spec = { ...source.schema[keyColumns[part]], nullable: false };
        specs[field] ??= spec;
        if (specs[field].kind === spec.kind) return;
        throw badSet(
          `one type of key in "${field}"`,
          `${specs[field].kind}, ${spec.kind}`,
          "Group views of one entity.",
        );
      });
    }
  }
  return specs;
}

/** A request may declare the field of a key, to make it a feature; it is still that key. */
function checkKeys(keys: Schema, request: Schema): void {
  for (const [name, { kind }] of Object.entries(keys)) {
    if (!Object.hasOwn(request, name) || request[name].kind === kind) continue;
    const expected = `request field "${name}" to have the type of the key that it is, ${kind}`;
    throw badSet(expected, request[name].kind, "Give both the same type, or one of them another name.");
  }
}

function columnsOfSet(
  groups: readonly FeatureGroup[],
  request: Schema,
  derived: Readonly<Record<string, Expression>>,
): FeatureColumn[] {
  const windows = (kind: "number" | "text") =>
    groups.flatMap(({ name, views }) =>
      views.flatMap((view) =>
        Object.entries(view.features)
          .filter(([, feature]) => featureKind(feature) === kind)
          .map(([feature]) => `${name}_${feature}`),
      ),
    );
  const given = Object.entries(request).filter(([, { kind }]) => kind !== "timestamp");
  const numbers = given.filter(([, { kind }]) => kind !== "string").map(([name]) => name);
  const texts = given.filter(([, { kind }]) => kind === "string").map(([name]) => name);
  const column = (kind: "number" | "text", origin: FeatureOrigin) => (name: string) => ({
    name,
    kind,
    origin,
  });
  const columns = [
    ...windows("number").map(column("number", "window")),
    ...numbers.map(column("number", "request")),
    ...Object.keys(derived).map(column("number", "derived")),
    ...windows("text").map(column("text", "window")),
    ...texts.map(column("text", "request")),
  ];
  const names = columns.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw badSet("features with different names", `"${twice}" twice`, "Rename one of them.");
  if (columns.length === 0)
    throw badSet("at least one feature", "none", "Add a view, a request field or a derived one.");
  return columns;
}

function checkDerived(derived: Readonly<Record<string, Expression>>, request: Schema): void {
  for (const [name, expression] of Object.entries(derived)) {
    const stranger = columnsRead(expression.node).find((column) => !Object.hasOwn(request, column));
    if (stranger !== undefined) {
      const remedy = didYouMean(stranger, Object.keys(request));
      throw badSet(`derived feature "${name}" to read fields of the request alone`, `"${stranger}"`, remedy);
    }
    if (expression.type === "number" || expression.type === "bool") continue;
    const remedy = "Turn it into a number, for instance with minuteOfDay() or eq().";
    throw badSet(`derived feature "${name}" to be a number or a condition`, `a ${expression.type}`, remedy);
  }
}

function definitionOf(
  groups: readonly FeatureGroup[],
  request: Schema,
  derived: Readonly<Record<string, Expression>>,
): Canonical {
  return {
    groups: groups.map(({ name, keys, views }) => ({
      name,
      ...(keys.length === 1 && keys[0] === name ? {} : { keys }),
      views: views.map(({ definition }) => definition),
    })),
    request: Object.entries(schemaJson(request)).map(([name, spec]) => ({ name, ...spec })),
    derived: Object.entries(derived).map(([name, { node }]) => ({ name, expression: expressionJson(node) })),
  };
}

/** Checks that a spine has the columns that requests are made of, each of the same type. Throws MW0302. */
export function checkSpine(set: FeatureSet, spine: Schema): void {
  for (const [name, { kind }] of Object.entries(set.request)) {
    if (!Object.hasOwn(spine, name)) {
      const remedy = didYouMean(name, Object.keys(spine));
      throw badSet("every request field to be a column of the spine", `"${name}"`, remedy);
    }
    if (stored(kind) === stored(spine[name].kind)) continue;
    const expected = `request field "${name}" to have the type of the spine's column, ${spine[name].kind}`;
    throw badSet(expected, kind, "Give both the same type.");
  }
}

/** Whole numbers and others may stand for one another. */
const stored = (kind: FieldKind) => (kind === "int" ? "float" : kind);

function badSet(expected: string, found: string, remedy: string) {
  return featureErrors.error("MW0302", { expected, found, remedy });
}
