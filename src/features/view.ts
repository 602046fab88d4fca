import type { Source } from "../data/index.js";
import {
  canonicalHash,
  didYouMean,
  rejectUnknownKeys,
  schemaJson,
  expressionJson,
  type Canonical,
  type Columns,
  type ErrorFacts,
  type InputOf,
  type Schema,
} from "../kernel/index.js";
import { windowedFeatureJson, type WindowedFeature } from "./aggregation.js";
import { featureErrors } from "./errors.js";
import { planSlots, type SlotPlan } from "./slots.js";

/** Which of an event's two clocks places it in windows. */
export type WindowClock =
  /** When it happened: the source's event time. */
  | "event"
  /** When it became known: the source's availability time. */
  | "available";

/** Features computed from one source for one entity. `Key` is what a request gives as the entity's key. */
export interface View<Key = unknown> {
  readonly kind: "view";
  readonly name: string;
  readonly source: Source;
  readonly entity: string;
  /** The source's column that holds the key. */
  readonly keyColumn: string;
  readonly clock: WindowClock;
  readonly features: Readonly<Record<string, WindowedFeature>>;
  readonly plan: SlotPlan;
  /** Everything that the features' values depend on, as plain data. */
  readonly definition: Canonical;
  /** Hash of the definition: equal hashes mean equal features. */
  readonly hash: string;
  readonly key?: Key;
}

export interface ViewOptions<S extends Schema, K extends keyof S & string> {
  readonly source: Source<S>;
  /** The entity's name and the column with its key: `{ airport: "origin" }`. */
  readonly entity: Readonly<Record<string, K>>;
  readonly features: (columns: Columns<S>) => Readonly<Record<string, WindowedFeature>>;
  /** Default `"event"`. */
  readonly clock?: WindowClock;
}

/** Defines a view. Throws MW0301 or MW0103 for what is not possible. */
export function view<S extends Schema, K extends keyof S & string>(
  name: string,
  options: ViewOptions<S, K>,
): View<InputOf<S[K]>>;
export function view(name: string, options: ViewOptions<Schema, string>): View {
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
  const [entity, keyColumn] = entities[0];
  checkKey(name, source.schema, keyColumn);
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
  const definition = { source: sourceMeaning(source), keyColumn, clock, features: featuresJson(features) };
  const hash = canonicalHash(definition);
  return Object.freeze({
    kind: "view",
    name,
    source,
    entity,
    keyColumn,
    clock,
    features,
    plan,
    definition,
    hash,
  });
}

/** What of a source the features' values depend on: not where its rows lie. */
function sourceMeaning(source: Source): Canonical {
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

function checkKey(name: string, schema: Schema, column: string): void {
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
