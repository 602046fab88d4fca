import { createHash } from "node:crypto";
import { kernelErrors } from "./kernel-errors.js";

/** A value that canonical JSON can write. `undefined` members of objects are left out. */
export type Canonical =
  null | boolean | number | string | readonly Canonical[] | { readonly [key: string]: Canonical | undefined };

/**
 * JSON with sorted keys and no white space: equal values give equal bytes (RFC 8785 for the values
 * we use; numbers are written by ECMAScript's own rule, which is the one that RFC prescribes).
 */
export function canonicalJson(value: Canonical): string {
  if (value === null || typeof value === "boolean" || typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") {
    if (Number.isFinite(value)) return JSON.stringify(value);
    throw unhashable(String(value));
  }
  if (Array.isArray(value)) return `[${(value as readonly Canonical[]).map(canonicalJson).join(",")}]`;
  if (typeof value !== "object") throw unhashable(typeof value);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw unhashable("an instance of a class");
  const members = Object.entries(value as Record<string, Canonical | undefined>)
    .filter((entry): entry is [string, Canonical] => entry[1] !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
  return `{${members.join(",")}}`;
}

function unhashable(found: string) {
  return kernelErrors.error("MW0102", {
    expected: "null, a boolean, a finite number, a string, an array or a plain object",
    found,
    remedy: "Replace the value by data before hashing it.",
  });
}

/** SHA-256 in lower-case hexadecimal. */
export function sha256(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Content hash of a value: SHA-256 of its canonical JSON. Throws MW0102. */
export function canonicalHash(value: Canonical): string {
  return sha256(canonicalJson(value));
}
