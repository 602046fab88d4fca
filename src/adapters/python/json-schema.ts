/**
 * The part of JSON Schema 2020-12 that `protocol.schema.json` uses; any other keyword throws a TypeError.
 * `millwright_trainer/schema.py` is its twin: both are held to the same cases.
 */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

type Rule = (value: unknown, at: Place) => string | undefined;

interface Place {
  readonly rule: unknown;
  readonly where: string;
  readonly schema: JsonSchema;
  readonly root: JsonSchema;
}

const annotations = new Set(["description", "$schema", "title", "$defs"]);

/** The first thing that is wrong with a value, or undefined. `definition` is a name below `$defs`. */
export function schemaProblem(root: JsonSchema, definition: string, value: unknown): string | undefined {
  return problemOf(value, { schema: definitionOf(root, definition), root, where: "" });
}

function definitionOf(root: JsonSchema, name: string): JsonSchema {
  const found = (root["$defs"] as Readonly<Record<string, JsonSchema>>)[name];
  if (found === undefined) throw new TypeError(`the schema has no definition "${name}"`);
  return found;
}

function problemOf(value: unknown, at: Omit<Place, "rule">): string | undefined {
  for (const [keyword, rule] of Object.entries(at.schema)) {
    if (annotations.has(keyword)) continue;
    const check = rules[keyword];
    if (check === undefined) throw new TypeError(`the schema's keyword "${keyword}" is not known`);
    const problem = check(value, { ...at, rule });
    if (problem !== undefined) return problem;
  }
  return undefined;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const name = ({ where }: Place) => (where === "" ? "value" : where);
const below = ({ root }: Place, schema: unknown, where: string) => ({
  schema: schema as JsonSchema,
  root,
  where,
});

const kinds: Readonly<Record<string, (value: unknown) => boolean>> = {
  null: (value) => value === null,
  string: (value) => typeof value === "string",
  object: isObject,
  array: Array.isArray,
  number: Number.isFinite,
  integer: Number.isInteger,
};

/** Code points, as JSON Schema counts. */
const lengthOf = (text: string) => [...text].length;

function bound(sizeOf: (value: unknown) => number | undefined, words: "below" | "above"): Rule {
  return (value, at) => {
    const size = sizeOf(value);
    if (size === undefined) return undefined;
    const limit = at.rule as number;
    return (words === "below" ? size >= limit : size <= limit)
      ? undefined
      : `${name(at)} is ${words} ${limit}`;
  };
}

const numberSize = (value: unknown) => (typeof value === "number" ? value : undefined);
const textSize = (value: unknown) => (typeof value === "string" ? lengthOf(value) : undefined);
const listSize = (value: unknown) => (Array.isArray(value) ? value.length : undefined);

const rules: Readonly<Record<string, Rule>> = {
  $ref: (value, at) =>
    problemOf(value, below(at, definitionOf(at.root, String(at.rule).replace("#/$defs/", "")), at.where)),
  oneOf: (value, at) => {
    const problems = (at.rule as unknown[]).map((option) => problemOf(value, below(at, option, at.where)));
    if (problems.filter((problem) => problem === undefined).length === 1) return undefined;
    return `${name(at)} fits none of its forms: ${problems.filter(Boolean).join("; ")}`;
  },
  type: (value, at) => {
    const allowed = [at.rule].flat() as string[];
    return allowed.some((kind) => kinds[kind](value))
      ? undefined
      : `${name(at)} is not of type ${allowed.join(" or ")}`;
  },
  enum: (value, at) =>
    (at.rule as unknown[]).includes(value)
      ? undefined
      : `${name(at)} is none of ${(at.rule as unknown[]).join(", ")}`,
  const: (value, at) => (value === at.rule ? undefined : `${name(at)} is not ${String(at.rule)}`),
  required: (value, at) => {
    if (!isObject(value)) return undefined;
    const missing = (at.rule as string[]).find((field) => !Object.hasOwn(value, field));
    return missing === undefined ? undefined : `${at.where}/${missing} is missing`;
  },
  properties: (value, at) => {
    if (!isObject(value)) return undefined;
    for (const [field, schema] of Object.entries(at.rule as Record<string, unknown>)) {
      if (!Object.hasOwn(value, field)) continue;
      const problem = problemOf(value[field], below(at, schema, `${at.where}/${field}`));
      if (problem !== undefined) return problem;
    }
    return undefined;
  },
  additionalProperties: (value, at) => {
    if (!isObject(value) || at.rule !== false) return undefined;
    const known = at.schema["properties"] ?? {};
    const stray = Object.keys(value).find((field) => !Object.hasOwn(known, field));
    return stray === undefined ? undefined : `${at.where}/${stray} is not known`;
  },
  items: (value, at) => {
    if (!Array.isArray(value)) return undefined;
    return value
      .map((item: unknown, i) => problemOf(item, below(at, at.rule, `${at.where}/${i}`)))
      .find((problem) => problem !== undefined);
  },
  minimum: bound(numberSize, "below"),
  maximum: bound(numberSize, "above"),
  minLength: bound(textSize, "below"),
  maxLength: bound(textSize, "above"),
  minItems: bound(listSize, "below"),
};
