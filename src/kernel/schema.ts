import { kernelErrors } from "./kernel-errors.js";

/** The types a column or a request field can have. Timestamps are UTC, epoch milliseconds inside. */
export type FieldKind = "int" | "float" | "bool" | "timestamp" | "string";

/** What a field admits. Frozen; build one with {@link t}. */
export interface FieldSpec<Kind extends FieldKind = FieldKind, Null extends boolean = boolean> {
  readonly kind: Kind;
  readonly nullable: Null;
  /** Inclusive bounds for int and float; for timestamp in epoch milliseconds. */
  readonly min?: number;
  readonly max?: number;
  /** The admitted texts of a string field. */
  readonly values?: readonly string[];
}

export type Schema = Readonly<Record<string, FieldSpec>>;

interface InputByKind {
  int: number;
  float: number;
  bool: boolean;
  /** A `Date`, epoch milliseconds, or ISO 8601 text (UTC when it names no offset). */
  timestamp: Date | number | string;
  string: string;
}

/** What a caller may give for a field. */
export type InputOf<F extends FieldSpec> =
  InputByKind[F["kind"]] | (F extends FieldSpec<FieldKind, false> ? never : null);

/** The record a caller gives for a schema; nullable fields may be left out. */
export type RecordOf<S extends Schema> = {
  -readonly [K in keyof S as S[K] extends FieldSpec<FieldKind, false> ? K : never]: InputOf<S[K]>;
} & {
  -readonly [K in keyof S as S[K] extends FieldSpec<FieldKind, false> ? never : K]?: InputOf<S[K]>;
};

/** The columns of a schema whose fields are of some kinds; all of them where the schema is not known. */
export type ColumnOfKind<S extends Schema, Kind extends FieldKind> = {
  [Column in keyof S & string]: S[Column]["kind"] & Kind extends never ? never : Column;
}[keyof S & string];

/** Those of them that are never null. */
export type PresentColumn<S extends Schema, Kind extends FieldKind> = {
  [Column in ColumnOfKind<S, Kind>]: S[Column]["nullable"] & false extends never ? never : Column;
}[ColumnOfKind<S, Kind>];

/** A field specification with the methods that narrow it. */
export interface FieldBuilder<Kind extends FieldKind, Null extends boolean> extends FieldSpec<Kind, Null> {
  /** The same field, where null and absence are allowed. */
  optional(): FieldBuilder<Kind, true>;
  /** Inclusive bounds; timestamps take ISO texts. Not for string and bool. */
  between(min: number | string, max: number | string): FieldBuilder<Kind, Null>;
  /** The only admitted values of a string field. */
  oneOf(...values: string[]): FieldBuilder<Kind, Null>;
}

function bound(kind: FieldKind, value: number | string): number {
  const number = typeof value === "number" ? value : kind === "timestamp" ? parseTimestamp(value) : NaN;
  if (kind !== "string" && kind !== "bool" && Number.isFinite(number)) return number;
  throw kernelErrors.error("MW0104", {
    expected: `a bound for a field of type ${kind}`,
    found: JSON.stringify(value),
    remedy: "Bounds are numbers, or ISO texts for timestamps; strings and booleans have none.",
  });
}

function admitted(kind: FieldKind, values: readonly string[]): readonly string[] {
  if (kind === "string" && values.length > 0) return Object.freeze([...values]);
  throw kernelErrors.error("MW0104", {
    expected: "oneOf() with at least one text, on a string field",
    found: `${values.length} values on a field of type ${kind}`,
    remedy: "Numbers and timestamps have bounds: between().",
  });
}

function field<Kind extends FieldKind, Null extends boolean>(
  spec: FieldSpec<Kind, Null>,
): FieldBuilder<Kind, Null> {
  return Object.freeze({
    ...spec,
    optional: () => field({ ...spec, nullable: true as const }),
    between: (min: number | string, max: number | string) =>
      field({ ...spec, min: bound(spec.kind, min), max: bound(spec.kind, max) }),
    oneOf: (...values: string[]) => field({ ...spec, values: admitted(spec.kind, values) }),
  });
}

/**
 * Field types for schemas and requests.
 *
 * ```ts
 * const schema = { date: t.timestamp(), delay: t.int().between(-120, 3000), origin: t.string() };
 * ```
 */
export const t = Object.freeze({
  int: () => field({ kind: "int", nullable: false }),
  float: () => field({ kind: "float", nullable: false }),
  bool: () => field({ kind: "bool", nullable: false }),
  timestamp: () => field({ kind: "timestamp", nullable: false }),
  string: () => field({ kind: "string", nullable: false }),
});

/**
 * Epoch milliseconds of an ISO 8601 text, NaN if it is none. A text without an offset is UTC, with or
 * without a time of day, so that the machine's time zone never matters.
 */
export function parseTimestamp(text: string): number {
  const plain = plainUtc(text);
  if (plain !== undefined) return plain;
  const match =
    /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:?\d{2})?)?$/.exec(text);
  if (match === null) return NaN;
  const parsed = Date.parse(`${match[1]}T${match[2] ?? "00:00"}${match[3] ?? "Z"}`);
  // Date.parse rolls 2001-02-30 over to March; a date that does not exist is an error, not another date.
  const dayMs = Date.parse(`${match[1]}T00:00Z`);
  return Number.isNaN(dayMs) || new Date(dayMs).toISOString().slice(0, 10) !== match[1] ? NaN : parsed;
}

/** The number that some digits make; NaN if there is another character among them. */
function digits(text: string, from: number, to: number): number {
  let value = 0;
  for (let i = from; i < to; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return NaN;
    value = 10 * value + digit;
  }
  return value;
}

const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * What `toISOString` writes, with or without its milliseconds: nearly all that machines send, at a tenth of the
 * cost of the general case. Undefined for every other text, be it a time or none.
 */
function plainUtc(text: string): number | undefined {
  const { length } = text;
  if ((length !== 24 && length !== 20) || text[length - 1] !== "Z" || text[10] !== "T") return undefined;
  if (text[4] !== "-" || text[7] !== "-" || text[13] !== ":" || text[16] !== ":") return undefined;
  if (length === 24 && text[19] !== ".") return undefined;
  const year = digits(text, 0, 4);
  const month = digits(text, 5, 7);
  const day = digits(text, 8, 10);
  const hour = digits(text, 11, 13);
  const minute = digits(text, 14, 16);
  const second = digits(text, 17, 19);
  const ms = length === 24 ? digits(text, 20, 23) : 0;
  // Of 29 February and of the years that `Date.UTC` takes for others the general case knows more.
  if (!(year >= 100 && month >= 1 && day >= 1 && day <= monthDays[month - 1])) return undefined;
  if (!(hour < 24 && minute < 60 && second < 60 && ms >= 0)) return undefined;
  return Date.UTC(year, month - 1, day, hour, minute, second, ms);
}

/** The plain, hashable form of a schema. */
export function schemaJson(
  schema: Schema,
): Record<string, Record<string, boolean | number | string | string[]>> {
  return Object.fromEntries(
    Object.entries(schema).map(([name, { kind, nullable, min, max, values }]) => [
      name,
      {
        kind,
        nullable,
        ...(min === undefined ? {} : { min }),
        ...(max === undefined ? {} : { max }),
        ...(values === undefined ? {} : { values: [...values] }),
      },
    ]),
  );
}
