import {
  columnsOf,
  didYouMean,
  expressionJson,
  type Canonical,
  type Columns,
  type FieldKind,
  type Schema,
  type TimeExpression,
} from "../kernel/index.js";
import { columnList } from "./dataset.js";
import { dataErrors } from "./errors.js";
import { bindExpectations, type GivenExpectations } from "./bind-expectations.js";
import { expectationJson, type Expectation, type UniqueExpectation } from "./expectation.js";
import { rejectUnknownKeys } from "./options.js";
import { readingJson, type SourceLocation } from "./source-location.js";

export interface SourceOptions<S extends Schema> {
  readonly from: SourceLocation;
  readonly schema: S;
  /** The column that says when it happened: a timestamp that is never null. */
  readonly eventTime: keyof S & string;
  /**
   * The column whose value identifies an event: a text or a whole number that is never null. Of the rows of a
   * file with one value the first counts; the others are quarantined by the expectation "id".
   */
  readonly id?: keyof S & string;
  /** When a row could be known; the event time itself by default. */
  readonly availableAt?: (f: Columns<S>) => TimeExpression;
  /** Lists within the list are taken apart: `expectColumn` makes one expectation of each rule. */
  readonly expectations?: (f: Columns<S>) => GivenExpectations;
}

/** Events of one kind: where they come from, what they look like and what must hold for them. */
export interface Source<S extends Schema = Schema> {
  readonly kind: "events";
  readonly name: string;
  readonly from: SourceLocation;
  readonly schema: S;
  readonly eventTime: string;
  /** The column whose value identifies an event. */
  readonly id?: string;
  readonly availableAt?: TimeExpression;
  readonly expectations: readonly Expectation[];
  readonly columns: Columns<S>;
  /** The rows of this source as a spine, at the time of a timestamp column that is never null. Throws MW0206, MW0208. */
  at(time: keyof S & string): Spine<S>;
}

/** The rows that a training set is built for: those of a source, each at one of its times. */
export interface Spine<S extends Schema = Schema> {
  readonly source: Source<S>;
  readonly time: string;
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
export function events<S extends Schema>(name: string, options: SourceOptions<S>): Source<S> {
  if (typeof name !== "string" || !/^[a-z][a-z0-9_-]{0,62}$/.test(name)) {
    throw bad(
      "a name of lower-case letters, digits, _ and -, at most 63, a letter first",
      JSON.stringify(name),
    );
  }
  rejectUnknownKeys(options, optionNames, `options of source "${name}"`);
  const { from, schema, eventTime, id } = options;
  checkShape(name, options);
  checkColumn(schema, eventTime, { name: "eventTime", kinds: ["timestamp"] });
  if (id !== undefined) checkColumn(schema, id, { name: "id", kinds: ["string", "int"] });

  const columns = columnsOf(schema);
  const availableAt = options.availableAt?.(columns);
  if (availableAt !== undefined && availableAt?.type !== "time") {
    throw bad(`a time from availableAt of source "${name}"`, `an expression of another type`);
  }
  const self: Source<S> = Object.freeze({
    kind: "events",
    name,
    from,
    schema: Object.freeze({ ...schema }),
    eventTime,
    ...(id === undefined ? {} : { id }),
    ...(availableAt === undefined ? {} : { availableAt }),
    expectations: bindExpectations(name, schema, [
      ...(id === undefined ? [] : [oncePerId(id)]),
      ...(options.expectations?.(columns) ?? []),
    ]),
    columns,
    at(time: keyof S & string): Spine<S> {
      checkColumn(schema, time, { name: "at", kinds: ["timestamp"] });
      return Object.freeze({ source: self, time });
    },
  });
  return self;
}

/** The plain, hashable form of a source: its whole meaning. The path is left out, for content decides. */
export function sourceJson(source: Source): Canonical {
  return {
    kind: source.kind,
    name: source.name,
    reading: readingJson(source.from),
    columns: columnList(source.schema),
    eventTime: source.eventTime,
    id: source.id,
    availableAt: source.availableAt && expressionJson(source.availableAt.node),
    expectations: source.expectations.map(expectationJson),
  };
}

const optionNames = ["from", "schema", "eventTime", "id", "availableAt", "expectations"];
const kinds: readonly FieldKind[] = ["int", "float", "bool", "timestamp", "string"];

function checkShape<S extends Schema>(
  name: string,
  { from, schema, availableAt, expectations }: SourceOptions<S>,
) {
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
  for (const [option, value] of Object.entries({ availableAt, expectations })) {
    if (value !== undefined && typeof value !== "function") {
      throw bad(`a function as "${option}" of source "${name}"`, typeof value);
    }
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
