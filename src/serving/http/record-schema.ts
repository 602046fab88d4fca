import type { FieldSpec, Schema } from "../../kernel/index.js";

/** The part of JSON Schema (2020-12) that a record needs. */
export interface FieldSchema {
  readonly type: string | readonly string[];
  readonly description?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly enum?: readonly (string | null)[];
}

export interface RecordSchema {
  readonly type: "object";
  readonly properties: Readonly<Record<string, FieldSchema>>;
  readonly required: readonly string[];
  readonly additionalProperties: false;
  readonly examples: readonly Readonly<Record<string, unknown>>[];
}

/** A schema as JSON Schema. It admits what `compileRecord` admits, but for whole numbers beyond 2^53. */
export function recordSchema(schema: Schema): RecordSchema {
  const fields = Object.entries(schema);
  return {
    type: "object",
    properties: Object.fromEntries(fields.map(([name, spec]) => [name, fieldSchema(spec)])),
    required: fields.filter(([, spec]) => !spec.nullable).map(([name]) => name),
    additionalProperties: false,
    examples: [Object.fromEntries(fields.map(([name, spec]) => [name, exampleOf(spec)]))],
  };
}

const types: Readonly<Record<FieldSpec["kind"], readonly string[]>> = {
  int: ["integer"],
  float: ["number"],
  bool: ["boolean"],
  timestamp: ["string", "integer"],
  string: ["string"],
};

function fieldSchema({ kind, nullable, min, max, values }: FieldSpec): FieldSchema {
  const admitted = nullable ? [...types[kind], "null"] : types[kind];
  return {
    type: admitted.length === 1 ? admitted[0] : admitted,
    ...(kind === "timestamp"
      ? { format: "date-time", description: "ISO 8601, UTC when it names no offset, or epoch milliseconds" }
      : {}),
    ...(min === undefined ? {} : { minimum: min }),
    ...(max === undefined ? {} : { maximum: max }),
    ...(values === undefined ? {} : { enum: nullable ? [...values, null] : values }),
  };
}

/** A valid value: the middle of a range, else a plain one of its kind. */
function exampleOf({ kind, min, max, values }: FieldSpec): unknown {
  const middle = min === undefined || max === undefined ? undefined : min + (max - min) / 2;
  switch (kind) {
    case "int":
      return middle === undefined ? 1 : Math.max(Math.ceil(min ?? middle), Math.floor(middle));
    case "float":
      return middle ?? 0.5;
    case "bool":
      return true;
    case "timestamp":
      return middle === undefined ? "2001-01-01T12:00:00Z" : new Date(Math.floor(middle)).toISOString();
    case "string":
      return values?.[0] ?? "text";
  }
}
