import { parseTimestamp, type FieldSpec, type Schema } from "./schema.js";
import { didYouMean } from "./suggest.js";
import type { Value } from "./table.js";

/** One thing wrong with one field of a record. */
export interface Problem {
  readonly field: string;
  readonly kind: "missing" | "unknown" | "type" | "range";
  readonly expected: string;
  readonly found: string;
}

export type RecordResult =
  | { readonly ok: true; readonly values: Value[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Text for people: "a whole number from 1 to 6000". */
export function describeField(spec: FieldSpec): string {
  const what = {
    int: "a whole number",
    float: "a finite number",
    bool: "true or false",
    timestamp: "an ISO 8601 time or epoch milliseconds",
    string: "a text",
  }[spec.kind];
  const show = (value: number) => (spec.kind === "timestamp" ? new Date(value).toISOString() : String(value));
  const range =
    spec.min === undefined || spec.max === undefined ? "" : ` from ${show(spec.min)} to ${show(spec.max)}`;
  const values = spec.values === undefined ? "" : ` out of ${spec.values.join(", ")}`;
  return `${what}${range}${values}${spec.nullable ? " or null" : ""}`;
}

/** One problem in one line: `origin: expected a text, found 3`. */
export function describeProblem({ field, kind, expected, found }: Problem): string {
  if (kind === "unknown") return `${field}: no such field. ${expected}`;
  return `${field === "" ? "" : `${field}: `}expected ${expected}, found ${found}`;
}

/** A value in a few words; objects are only named, for they may be of any size and refer to themselves. */
function show(value: unknown): string {
  if (typeof value === "string") {
    const text = JSON.stringify(value);
    return text.length > 60 ? `${text.slice(0, 57)}...` : text;
  }
  if (typeof value === "function" || typeof value === "symbol") return `a ${typeof value}`;
  if (typeof value !== "object" || value === null) return String(value);
  return Array.isArray(value) ? "an array" : value instanceof Date ? "a date" : "an object";
}

/** The range of time of ECMAScript: what a `Date` can hold. */
const lastTimeMs = 8.64e15;

/** A valid value as it is kept in tables; undefined when its type is wrong. */
function decode(kind: FieldSpec["kind"], value: unknown): number | string | undefined {
  switch (kind) {
    case "int":
      return Number.isSafeInteger(value) ? (value as number) : undefined;
    case "float":
      return Number.isFinite(value) ? (value as number) : undefined;
    case "bool":
      return typeof value === "boolean" ? Number(value) : undefined;
    case "string":
      return typeof value === "string" ? value : undefined;
    case "timestamp": {
      const ms =
        value instanceof Date ? value.getTime() : typeof value === "string" ? parseTimestamp(value) : value;
      return Number.isInteger(ms) && Math.abs(ms as number) <= lastTimeMs ? (ms as number) : undefined;
    }
  }
}

function outOfRange(spec: FieldSpec, value: number | string): boolean {
  if (typeof value === "string") return spec.values !== undefined && !spec.values.includes(value);
  return (spec.min !== undefined && value < spec.min) || (spec.max !== undefined && value > spec.max);
}

/**
 * Compiles a schema into a parser of untrusted records. The result holds the values in the schema's
 * order, or every problem found, in the schema's order, unknown fields last.
 */
export function compileRecord(schema: Schema): (input: unknown) => RecordResult {
  const fields = Object.entries(schema);
  const names = fields.map(([name]) => name);
  const known = new Set(names);

  return (input) => {
    if (typeof input !== "object" || input === null || Array.isArray(input)) {
      const expected = `an object with the fields ${names.join(", ")}`;
      return { ok: false, problems: [{ field: "", kind: "type", expected, found: show(input) }] };
    }
    const record = input as Readonly<Record<string, unknown>>;
    const values: Value[] = new Array<Value>(fields.length);
    const problems: Problem[] = [];
    for (let i = 0; i < fields.length; i++) {
      const [name, spec] = fields[i];
      const given = Object.hasOwn(record, name) ? record[name] : undefined;
      if (given === undefined || given === null) {
        values[i] = null;
        if (!spec.nullable) {
          const found = given === null ? "null" : "nothing";
          problems.push({ field: name, kind: "missing", expected: describeField(spec), found });
        }
        continue;
      }
      const value = decode(spec.kind, given);
      if (value === undefined || outOfRange(spec, value)) {
        const kind = value === undefined ? "type" : "range";
        problems.push({ field: name, kind, expected: describeField(spec), found: show(given) });
      } else {
        values[i] = value;
      }
    }
    for (const name of Object.keys(record)) {
      if (known.has(name)) continue;
      problems.push({ field: name, kind: "unknown", expected: didYouMean(name, names), found: `"${name}"` });
    }
    return problems.length === 0 ? { ok: true, values } : { ok: false, problems };
  };
}
