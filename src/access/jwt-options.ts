import { checkNumber, durationMs, rejectUnknownKeys, type Duration } from "../kernel/index.js";
import { badAccess } from "./bad-access.js";

export type JwtAlgorithm = "HS256" | "RS256" | "ES256" | "EdDSA";

/** A key that signatures of tokens are checked with, or a set of them. Each key has one algorithm and takes no other. */
export type JwtKeyOptions =
  /** HS256: at least 32 bytes that the issuer shares. */
  | { readonly secret: string; readonly kid?: string }
  /** A public key (`BEGIN PUBLIC KEY`) or a certificate. */
  | { readonly pem: string; readonly alg: Exclude<JwtAlgorithm, "HS256">; readonly kid?: string }
  /** A JSON Web Key (RFC 7517), without its private part. */
  | { readonly jwk: Readonly<Record<string, unknown>> }
  | { readonly jwks: { readonly keys: readonly Readonly<Record<string, unknown>>[] } }
  /** A file with a set of keys, read when the server starts. Relative to the project's folder. */
  | { readonly jwksFile: string };

export interface JwtOptions {
  /** Who signs: the `iss` of every token. */
  readonly issuer: string | readonly string[];
  /** For whom: `aud` of every token has one of these. */
  readonly audience: string | readonly string[];
  readonly keys: readonly JwtKeyOptions[];
  /** By how much clocks may differ. Default `5s`, at most `5m`; `0s` is none. */
  readonly clockTolerance?: Duration | "0s";
}

export interface JwtPolicy {
  readonly issuers: readonly string[];
  readonly audiences: readonly string[];
  readonly keys: readonly JwtKeyOptions[];
  readonly clockToleranceMs: number;
}

const sorts = {
  secret: ["secret", "kid"],
  pem: ["pem", "alg", "kid"],
  jwk: ["jwk"],
  jwks: ["jwks"],
  jwksFile: ["jwksFile"],
} as const;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Throws MW0101, MW0103, MW0104 and MW1615. No message repeats a secret. */
export function compileJwt(options: JwtOptions): JwtPolicy {
  rejectUnknownKeys(options, ["issuer", "audience", "keys", "clockTolerance"], "access.jwt");
  const { issuer, audience, keys, clockTolerance = "5s" } = options;
  const given: unknown = keys;
  if (!Array.isArray(given) || given.length === 0)
    throw badAccess("at least one key in access.jwt.keys", "none");
  keys.forEach(checkKey);
  const toleranceMs = clockTolerance === "0s" ? 0 : durationMs(clockTolerance);
  return Object.freeze({
    issuers: texts(issuer, "access.jwt.issuer"),
    audiences: texts(audience, "access.jwt.audience"),
    keys: Object.freeze([...keys]),
    clockToleranceMs: checkNumber(toleranceMs, "access.jwt.clockTolerance in ms", { min: 0, max: 300_000 }),
  });
}

function texts(value: string | readonly string[], where: string): readonly string[] {
  const list: readonly unknown[] = typeof value === "string" ? [value] : value;
  if (Array.isArray(list) && list.length > 0 && list.every((text) => typeof text === "string" && text !== ""))
    return Object.freeze([...(list as string[])]);
  throw badAccess(`a text or a list of texts as ${where}`, JSON.stringify(value) ?? "nothing");
}

function checkKey(key: unknown, index: number): void {
  const where = `access.jwt.keys[${index}]`;
  if (!isObject(key)) throw badAccess(`an object as ${where}`, typeof key);
  const present = (Object.keys(sorts) as (keyof typeof sorts)[]).filter((sort) => Object.hasOwn(key, sort));
  if (present.length !== 1) {
    const found = present.length === 0 ? "none of them" : present.join(" and ");
    throw badAccess(`one of ${Object.keys(sorts).join(", ")} in ${where}`, found);
  }
  const [sort] = present;
  rejectUnknownKeys(key, sorts[sort], where);
  const { kid = "", alg } = key;
  if (typeof kid !== "string") throw badAccess(`a text as ${where}.kid`, typeof kid);
  if (sort === "jwk" || sort === "jwks") {
    const value = key[sort];
    const right = isObject(value) && (sort === "jwk" || Array.isArray(value["keys"]));
    if (!right)
      throw badAccess(`a JSON Web Key${sort === "jwks" ? " Set" : ""} as ${where}.${sort}`, "another value");
    return;
  }
  const text = key[sort];
  if (typeof text !== "string" || text === "") throw badAccess(`a text as ${where}.${sort}`, "another value");
  if (sort === "secret" && Buffer.byteLength(text) < 32) {
    throw badAccess(
      `at least 32 bytes as ${where}.secret (RFC 7518, 3.2)`,
      `${Buffer.byteLength(text)} bytes`,
      "Make one with: openssl rand -base64 32",
    );
  }
  if (sort === "pem" && !["RS256", "ES256", "EdDSA"].includes(String(alg)))
    throw badAccess(`RS256, ES256 or EdDSA as ${where}.alg`, JSON.stringify(alg) ?? "nothing");
}
