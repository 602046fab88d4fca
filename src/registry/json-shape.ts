import { canonicalJson, didYouMean, type Canonical } from "../kernel/index.js";
import { registryErrors } from "./errors.js";

/** Says whether a parsed JSON value has the type, and adds what is wrong and where to `problems`. */
export type Shape<T> = (value: unknown, at: string, problems: string[]) => value is T;

function shape<T>(expected: string, test: (value: unknown) => boolean): Shape<T> {
  return (value, at, problems): value is T => {
    if (test(value)) return true;
    problems.push(`${at} is not ${expected}`);
    return false;
  };
}

/** Any value: what comes out of canonical JSON is JSON. */
export const anyJson: Shape<Canonical> = shape("JSON", () => true);
export const text: Shape<string> = shape(
  "a text that is not empty",
  (v) => typeof v === "string" && v !== "",
);
export const anyText: Shape<string> = shape("a text", (v) => typeof v === "string");
export const number: Shape<number> = shape("a number", (v) => typeof v === "number");
export const integer: Shape<number> = shape("a whole number", Number.isSafeInteger);
export const count: Shape<number> = shape(
  "a whole number from 0 on",
  (v) => Number.isSafeInteger(v) && Number(v) >= 0,
);
export const distance: Shape<number> = shape("a number from 0 on", (v) => typeof v === "number" && v >= 0);

export function matching(pattern: RegExp, expected: string): Shape<string> {
  return shape(expected, (value) => typeof value === "string" && pattern.test(value));
}

export function oneOf<const T extends string | number>(...values: readonly T[]): Shape<T> {
  return shape(values.map((value) => JSON.stringify(value)).join(" or "), (value) =>
    values.some((allowed) => allowed === value),
  );
}

export function orNull<T>(inner: Shape<T>): Shape<T | null> {
  return (value, at, problems): value is T | null => value === null || inner(value, at, problems);
}

/** A member that may be absent. */
export function optional<T>(inner: Shape<T>): Shape<T | undefined> {
  return (value, at, problems): value is T | undefined => value === undefined || inner(value, at, problems);
}

export function listOf<T>(inner: Shape<T>, minimum = 0): Shape<readonly T[]> {
  return (value, at, problems): value is readonly T[] => {
    if (Array.isArray(value) && value.length >= minimum) {
      return value.filter((item, i) => !inner(item, `${at}[${i}]`, problems)).length === 0;
    }
    problems.push(`${at} is not a list${minimum === 0 ? "" : ` of at least ${minimum}`}`);
    return false;
  };
}

export function mapOf<T>(inner: Shape<T>): Shape<Readonly<Record<string, T>>> {
  return (value, at, problems): value is Readonly<Record<string, T>> =>
    isObject(value, at, problems) &&
    Object.entries(value).filter(([key, member]) => !inner(member, `${at}.${key}`, problems)).length === 0;
}

/** An object with these members and no others. */
export function objectOf<T extends object>(members: { readonly [K in keyof T]-?: Shape<T[K]> }): Shape<T> {
  const shapes = Object.entries<Shape<unknown>>(members);
  const known = shapes.map(([key]) => key);
  return (value, at, problems): value is T => {
    if (!isObject(value, at, problems)) return false;
    const before = problems.length;
    for (const key of Object.keys(value)) {
      if (!known.includes(key)) problems.push(`${at} has an unknown "${key}". ${didYouMean(key, known)}`);
    }
    for (const [key, inner] of shapes) {
      inner(Object.hasOwn(value, key) ? value[key] : undefined, `${at}.${key}`, problems);
    }
    return problems.length === before;
  };
}

function isObject(
  value: unknown,
  at: string,
  problems: string[],
): value is Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return true;
  problems.push(`${at} is not an object`);
  return false;
}

/** Parses canonical JSON from foreign bytes. Throws MW0606. */
export function parseCanonical(file: string, bytes: Uint8Array): unknown {
  let value: unknown;
  let canonical: boolean;
  try {
    const json = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(json);
    canonical = canonicalJson(value as Canonical) === json;
  } catch (cause) {
    throw malformed(file, [cause instanceof Error ? cause.message : String(cause)], cause);
  }
  if (!canonical)
    throw malformed(file, ["JSON with other white space, another order of keys or a doubled key"]);
  return value;
}

/** Returns the value as the type, or throws MW0606 with every problem that it has. */
export function checkShape<T>(file: string, value: unknown, is: Shape<T>): T {
  const problems: string[] = [];
  if (is(value, file, problems)) return value;
  throw malformed(file, problems);
}

function malformed(file: string, problems: readonly string[], cause?: unknown) {
  return registryErrors.error("MW0606", {
    expected: `${file} as the package format prescribes it`,
    found: problems.join("; "),
    remedy: "The package was not written by Millwright or was edited; make it again from its run.",
    details: { file, problems },
    cause,
  });
}
