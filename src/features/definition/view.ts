import type { EventSource } from "../../data/index.js";
import {
  canonicalHash,
  didYouMean,
  rejectUnknownKeys,
  schemaJson,
  expressionJson,
  type Canonical,
  type ColumnOfKind,
  type Columns,
  type ErrorFacts,
  type InputOf,
  type Schema,
} from "../../kernel/index.js";
import { windowedFeatureJson, type WindowedFeature } from "./aggregation.js";
import { featureErrors } from "../errors.js";
import { planSlots, type SlotPlan } from "../algebra/slots.js";

/** Which of an event's two clocks places it in windows. */
export type WindowClock =
  /** When it happened: the source's event time. */
  | "event"
  /** When it became known: the source's availability time. */
  | "available";

/** A key whose parts are fields of their own in a request: those fields, and what the parts are, in order. */
export interface KeyFields<Fields, Parts = readonly unknown[]> {
  readonly fields: Fields;
  readonly parts: Parts;
}

/** What the parts of a key are, in order. */
export type PartsOf<Key> = unknown extends Key
  ? readonly unknown[]
  : [Key] extends [KeyFields<unknown, infer Parts extends readonly unknown[]>]
    ? Parts
    : readonly [Key];

/** One name for each part. */
type NamesFor<Parts extends readonly unknown[]> = { readonly [At in keyof Parts]: string };

type NamedParts<Names, Parts> = {
  [At in keyof Names & keyof Parts & `${number}` as Names[At] & string]: Parts[At];
};

/**
 * Features computed from one source for one entity. `Key` is what a request gives as the entity's key: the
 * value of the field that the view is grouped under, or the fields of their own of a key of several parts.
 */
export interface View<Key = unknown> {
  readonly kind: "view";
  readonly name: string;
  readonly source: EventSource;
  readonly entity: string;
  /** The source's columns that hold the parts of the key. */
  readonly keyColumns: readonly string[];
  /** The request's fields that hold the parts; absent: the field that the view is grouped under. */
  readonly keyFields?: readonly string[];
  readonly clock: WindowClock;
  readonly features: Readonly<Record<string, WindowedFeature>>;
  readonly plan: SlotPlan;
  /** Everything that the features' values depend on, as plain data. */
  readonly definition: Canonical;
  /** Hash of the definition: equal hashes mean equal features. */
  readonly hash: string;
  readonly key?: Key;
  /**
   * The same view with its key in other fields of the request, in the order of the key's parts. Throws
   * MW0301 for another number of fields.
   *
   * ```ts
   * features: { there: routes, back: routes.by("destination", "origin"), … }
   * ```
   */
  by<const Names extends readonly string[] & NamesFor<PartsOf<Key>>>(
    ...fields: Names
  ): View<KeyFields<NamedParts<Names, PartsOf<Key>>, PartsOf<Key>>>;
}

export interface ViewOptions<S extends Schema, K> {
  readonly source: EventSource<S>;
  /**
   * The entity's name and the column with its key, or the columns of a key of several parts:
   * `{ airport: "origin" }`, `{ route: ["origin", "destination"] }`.
   */
  readonly entity: Readonly<Record<string, K>>;
  readonly features: (columns: Columns<S>) => Readonly<Record<string, WindowedFeature>>;
  /** Default `"event"`. */
  readonly clock?: WindowClock;
}

/** A column that may be a part of a key. */
type KeyColumn<S extends Schema> = ColumnOfKind<S, "string" | "int">;

/** A request names the entity: its key is not null, even where the column of the source may be. */
type PartOf<S extends Schema, Column> = Column extends keyof S ? NonNullable<InputOf<S[Column]>> : never;

type KeyOfColumns<S extends Schema, K> = K extends readonly string[]
  ? KeyFields<{ [Column in K[number]]: PartOf<S, Column> }, { readonly [At in keyof K]: PartOf<S, K[At]> }>
  : PartOf<S, K>;

/** Defines a view. Throws MW0301 or MW0103 for what is not possible. */
export function view<S extends Schema, const K extends KeyColumn<S> | readonly KeyColumn<S>[]>(
  name: string,
  options: ViewOptions<S, K>,
): View<KeyOfColumns<S, K>>;
export function view(name: string, options: ViewOptions<Schema, string | readonly string[]>): View {
  rejectUnknownKeys(options, ["source", "entity", "features", "clock"], `view "${name}"`);
  const { source, clock = "event" } = options;
  const entities = Object.entries(options.entity);
  if (entities.length !== 1) {
    throw badView(name, {
      expected: "one entity with its key column",
      found: `${entities.length}`,
      remedy: 'Write entity: { airport: "origin" }.',
    });
  }
  const [entity, columns] = entities[0];
  const keyColumns = [columns].flat();
  checkKey(name, source.schema, keyColumns);
  if (clock !== "event" && clock !== "available") {
    throw badView(name, {
      expected: 'clock to be "event" or "available"',
      found: JSON.stringify(clock),
      remedy: "Leave it out for event time.",
    });
  }
  const features = Object.freeze({ ...options.features(source.columns) });
  if (Object.keys(features).length === 0) {
    throw badView(name, {
      expected: "at least one feature",
      found: "none",
      remedy: 'Add one, such as count().over("1h").',
    });
  }
  const plan = planSlots(Object.values(features), source.schema);
  const definition = {
    source: sourceMeaning(source),
    ...(keyColumns.length === 1 ? { keyColumn: keyColumns[0] } : { keyColumns }),
    clock,
    features: featuresJson(features),
  };
  const hash = canonicalHash(definition);
  const own = {
    kind: "view" as const,
    name,
    source,
    entity,
    keyColumns,
    clock,
    features,
    plan,
    definition,
    hash,
  };
  return keyed(own, keyColumns.length === 1 ? undefined : keyColumns);
}

type UnkeyedView = Omit<View, "by" | "key" | "keyFields">;

function keyed(own: UnkeyedView, keyFields?: readonly string[]): View<never> {
  return Object.freeze({
    ...own,
    ...(keyFields === undefined ? {} : { keyFields: Object.freeze([...keyFields]) }),
    by(...fields: readonly string[]) {
      if (fields.length === own.keyColumns.length) return keyed(own, fields);
      throw badView(own.name, {
        expected: `${own.keyColumns.length} fields in by(), one for each of ${own.keyColumns.join(", ")}`,
        found: `${fields.length}`,
        remedy: "Name the request's fields in the order of the entity's columns.",
      });
    },
  });
}

/** What of a source the features' values depend on: not where its rows lie. */
function sourceMeaning(source: EventSource): Canonical {
  return {
    name: source.name,
    schema: schemaJson(source.schema),
    eventTime: source.eventTime,
    availableAt: source.availableAt === undefined ? null : expressionJson(source.availableAt.node),
  };
}

function featuresJson(features: Readonly<Record<string, WindowedFeature>>): Canonical {
  return Object.entries(features).map(([name, feature]) => ({
    name,
    ...(windowedFeatureJson(feature) as object),
  }));
}

function checkKey(name: string, schema: Schema, columns: readonly string[]): void {
  if (columns.length === 0 || new Set(columns).size !== columns.length) {
    throw badView(name, {
      expected: "one or several different key columns",
      found: JSON.stringify(columns),
      remedy: "Name the columns that together name the entity.",
    });
  }
  for (const column of columns) checkKeyColumn(name, schema, column);
}

function checkKeyColumn(name: string, schema: Schema, column: string): void {
  if (!Object.hasOwn(schema, column)) {
    const remedy = didYouMean(column, Object.keys(schema));
    throw badView(name, {
      expected: "the key column to be in the source's schema",
      found: `"${column}"`,
      remedy,
    });
  }
  const { kind } = schema[column];
  if (kind !== "string" && kind !== "int") {
    throw badView(name, {
      expected: "a key column of type string or int",
      found: kind,
      remedy: "Use a column that names the entity.",
    });
  }
}

function badView(name: string, { expected, found, remedy }: ErrorFacts) {
  return featureErrors.error("MW0301", { expected: `${expected} in view "${name}"`, found, remedy });
}
