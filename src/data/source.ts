import {
  columnsOf,
  didYouMean,
  expressionJson,
  type Canonical,
  type Columns,
  type FieldKind,
  type PresentColumn,
  type Schema,
  type TimeExpression,
} from "../kernel/index.js";
import { columnList } from "./dataset.js";
import { dataErrors } from "./errors.js";
import { bindExpectations, type GivenExpectations } from "./bind-expectations.js";
import { expectationJson, type Expectation, type UniqueExpectation } from "./expectation.js";
import { rejectUnknownKeys } from "./options.js";
import { readingJson, type SourceLocation } from "./source-location.js";

/** What every source declares. */
interface DeclaredOptions<S extends Schema> {
  readonly from: SourceLocation;
  readonly schema: S;
  /**
   * The column whose value identifies a row: a text or a whole number that is never null. Of the rows of a
   * file with one value the first counts; the others are quarantined by the expectation "id".
   */
  readonly id?: PresentColumn<S, "string" | "int">;
  /** Lists within the list are taken apart: `expectColumn` makes one expectation of each rule. */
  readonly expectations?: (f: Columns<S>) => GivenExpectations;
}

export interface EventSourceOptions<S extends Schema> extends DeclaredOptions<S> {
  /** The column that says when it happened: a timestamp that is never null. */
  readonly eventTime: PresentColumn<S, "timestamp">;
  /** When a row could be known; the event time itself by default. */
  readonly availableAt?: (f: Columns<S>) => TimeExpression;
}

export type TableSourceOptions<S extends Schema> = DeclaredOptions<S>;

/** Where rows come from, what they look like and what must hold for them. */
interface DeclaredSource<S extends Schema> {
  readonly name: string;
  readonly from: SourceLocation;
  readonly schema: S;
  /** The column whose value identifies a row. */
  readonly id?: string;
  readonly expectations: readonly Expectation[];
  readonly columns: Columns<S>;
}

/** Events of one kind: each happened at a time, and could be known at a time. */
export interface EventSource<S extends Schema = Schema> extends DeclaredSource<S> {
  readonly kind: "events";
  readonly eventTime: string;
  readonly availableAt?: TimeExpression;
  /** The rows of this source as a spine, at the time of a timestamp column that is never null. Throws MW0206, MW0208. */
  at(time: keyof S & string): Spine<S>;
}

/** Rows without a time: nothing is before anything, so no window can be made of them. */
export interface TableSource<S extends Schema = Schema> extends DeclaredSource<S> {
  readonly kind: "table";
  /** The rows of this source as a spine. */
  rows(): Spine<S>;
}

export type Source<S extends Schema = Schema> = EventSource<S> | TableSource<S>;

/** The rows that a training set is built for: those of a source, each at one of its times if it has times. */
export interface Spine<S extends Schema = Schema> {
  readonly source: Source<S>;
  readonly time?: string;
}

/**
 * Declares a source of events.
 *
 * ```ts
 * const flights = events("flights", {
 *   from: parquet("data/flights.parquet"),
 *   schema: { date: t.timestamp(), delay: t.int(), origin: t.string() },
 *   eventTime: "date",
 *   availableAt: (f) => f.date.plus("30m"),
 *   expectations: (f) => [expectRow("delay is plausible", f.delay.gt(-180), "quarantine")],
 * });
 * ```
 *
 * Throws MW0206 (a value that does not fit), MW0207 (unknown option) and MW0208 (unknown column).
 */
export function events<S extends Schema>(name: string, options: EventSourceOptions<S>): EventSource<S> {
  const declared = declare(name, options, ["eventTime", "availableAt"]);
  const { eventTime } = options;
  checkColumn(declared.schema, eventTime, { name: "eventTime", kinds: ["timestamp"] });
  if (options.availableAt !== undefined && typeof options.availableAt !== "function") {
    throw bad(`a function as "availableAt" of source "${name}"`, typeof options.availableAt);
  }
  const availableAt = options.availableAt?.(declared.columns);
  if (availableAt !== undefined && availableAt?.type !== "time") {
    throw bad(`a time from availableAt of source "${name}"`, `an expression of another type`);
  }
  const self: EventSource<S> = Object.freeze({
    kind: "events",
    ...declared,
    eventTime,
    ...(availableAt === undefined ? {} : { availableAt }),
    at(time: keyof S & string): Spine<S> {
      checkColumn(declared.schema, time, { name: "at", kinds: ["timestamp"] });
      return Object.freeze({ source: self, time });
    },
  });
  return self;
}

/**
 * Declares a source of rows without a time, such as a table of measurements.
 *
 * ```ts
 * const penguins = table("penguins", {
 *   from: csv("penguins.csv"),
 *   schema: { species: t.string(), mass: t.float().optional() },
 * });
 * ```
 *
 * Throws MW0206 (a value that does not fit), MW0207 (unknown option) and MW0208 (unknown column).
 */
export function table<S extends Schema>(name: string, options: TableSourceOptions<S>): TableSource<S> {
  const declared = declare(name, options, []);
  const timed = declared.expectations.find(({ kind }) => kind === "fresh");
  if (timed !== undefined) throw bad(`expectations without a time of source "${name}"`, `"${timed.name}"`);
  const self: TableSource<S> = Object.freeze({
    kind: "table",
    ...declared,
    rows: (): Spine<S> => Object.freeze({ source: self }),
  });
  return self;
}

/** Checks what every source declares. */
function declare<S extends Schema>(
  name: string,
  options: DeclaredOptions<S>,
  more: readonly string[],
): DeclaredSource<S> {
  if (typeof name !== "string" || !/^[a-z][a-z0-9_-]{0,62}$/.test(name)) {
    throw bad(
      "a name of lower-case letters, digits, _ and -, at most 63, a letter first",
      JSON.stringify(name),
    );
  }
  rejectUnknownKeys(
    options,
    ["from", "schema", "id", "expectations", ...more],
    `options of source "${name}"`,
  );
  const { from, schema, id, expectations } = options;
  checkShape(name, options);
  if (id !== undefined) checkColumn(schema, id, { name: "id", kinds: ["string", "int"] });
  const columns = columnsOf(schema);
  return {
    name,
    from,
    schema: Object.freeze({ ...schema }),
    ...(id === undefined ? {} : { id }),
    expectations: bindExpectations(name, schema, [
      ...(id === undefined ? [] : [oncePerId(id)]),
      ...(expectations?.(columns) ?? []),
    ]),
    columns,
  };
}

/** The plain, hashable form of a source: its whole meaning. The path is left out, for content decides. */
export function sourceJson(source: Source): Canonical {
  return {
    kind: source.kind,
    name: source.name,
    reading: readingJson(source.from),
    columns: columnList(source.schema),
    id: source.id,
    ...(source.kind === "events"
      ? {
          eventTime: source.eventTime,
          availableAt: source.availableAt && expressionJson(source.availableAt.node),
        }
      : {}),
    expectations: source.expectations.map(expectationJson),
  };
}

const kinds: readonly FieldKind[] = ["int", "float", "bool", "timestamp", "string"];

function checkShape<S extends Schema>(
  name: string,
  { from, schema, expectations }: DeclaredOptions<S>,
): void {
  if (!["parquet", "csv", "json"].includes(from?.format)) {
    throw bad(
      `parquet(…), csv(…) or json(…) as "from" of source "${name}"`,
      JSON.stringify(from) ?? "nothing",
    );
  }
  const fields = Object.entries(schema ?? {});
  if (fields.length === 0) throw bad(`a schema with columns for source "${name}"`, "none");
  for (const [column, spec] of fields) {
    if (!kinds.includes(spec?.kind))
      throw bad(`a type of t for column "${column}"`, JSON.stringify(spec) ?? "nothing");
  }
  const lower = fields.map(([column]) => column.toLowerCase());
  const twice = fields.find(([column], i) => lower.indexOf(column.toLowerCase()) !== i);
  if (twice !== undefined)
    throw bad(`columns whose names differ by more than case`, `"${twice[0]}" a second time`);
  if (expectations !== undefined && typeof expectations !== "function") {
    throw bad(`a function as "expectations" of source "${name}"`, typeof expectations);
  }
}

function checkColumn(
  schema: Schema,
  column: string,
  role: { name: string; kinds: readonly FieldKind[] },
): void {
  const fitting = Object.keys(schema).filter((name) => role.kinds.includes(schema[name].kind));
  if (!Object.hasOwn(schema, column)) {
    throw dataErrors.error("MW0208", {
      expected: `a column of the schema as "${role.name}"`,
      found: JSON.stringify(column) ?? "nothing",
      remedy: didYouMean(String(column), fitting),
      details: { column },
    });
  }
  const { kind, nullable } = schema[column];
  if (fitting.includes(column) && !nullable) return;
  throw bad(
    `a column of type ${role.kinds.join(" or ")} that is never null as "${role.name}"`,
    `"${column}", ${kind}${nullable ? ", optional" : ""}`,
  );
}

const oncePerId = (column: string): UniqueExpectation =>
  Object.freeze({ kind: "unique", name: "id", severity: "quarantine", columns: Object.freeze([column]) });

function bad(expected: string, found: string) {
  return dataErrors.error("MW0206", { expected, found, remedy: "Mend the source in the configuration." });
}
