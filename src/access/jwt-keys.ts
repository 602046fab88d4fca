import { importJWK, importSPKI, importX509, type CryptoKey } from "jose";
import { badAccess } from "./bad-access.js";
import type { JwtAlgorithm, JwtKeyOptions } from "./jwt-options.js";

/** A key and the names of the one algorithm that it is for. */
export interface VerificationKey {
  /** As they stand in the header of a token: Ed25519 has two names (RFC 8037, RFC 9864). */
  readonly algorithms: readonly string[];
  readonly kid: string | undefined;
  readonly key: CryptoKey | Uint8Array;
}

/** Reads a text file of the project; a relative path begins at its folder. */
export type ReadText = (path: string) => Promise<string>;

const least = { HS256: 32 * 8, RS256: 2048 } as const;

/** Throws MW1615 for a key that cannot be read, is private, is too short or is of another algorithm. */
export async function readJwtKeys(
  options: readonly JwtKeyOptions[],
  readText: ReadText,
): Promise<readonly VerificationKey[]> {
  const keys: VerificationKey[] = [];
  for (const [index, option] of options.entries()) {
    const where = `access.jwt.keys[${index}]`;
    const found = await readKeys(option, where, readText);
    if (found.length === 0) {
      const expected = `a key for RS256, ES256, EdDSA or HS256 in ${where}`;
      throw badAccess(expected, "none among those that are there");
    }
    keys.push(...found);
  }
  return keys;
}

async function readKeys(
  option: JwtKeyOptions,
  where: string,
  readText: ReadText,
): Promise<VerificationKey[]> {
  if ("secret" in option) {
    const key = new TextEncoder().encode(option.secret);
    return [{ algorithms: ["HS256"], kid: option.kid, key }];
  }
  if ("pem" in option) return [await readPem(option, where)];
  if ("jwk" in option) return [await readJwk(option.jwk, where)];
  const set = "jwks" in option ? option.jwks : await readSet(option.jwksFile, where, readText);
  const own = set.keys.filter((jwk) => jwk["use"] !== "enc" && algorithmOf(jwk) !== undefined);
  return Promise.all(own.map((jwk) => readJwk(jwk, where)));
}

async function readSet(path: string, where: string, readText: ReadText) {
  try {
    const set: unknown = JSON.parse(await readText(path));
    if (typeof set === "object" && set !== null && "keys" in set && Array.isArray(set.keys)) {
      const keys = (set.keys as unknown[]).filter(
        (key): key is Record<string, unknown> => typeof key === "object" && key !== null,
      );
      return { keys };
    }
  } catch (cause) {
    const found = cause instanceof Error && "code" in cause ? String(cause.code) : "no JSON";
    throw badAccess(`a JSON Web Key Set in the file ${path} (${where}.jwksFile)`, found);
  }
  throw badAccess(`a JSON Web Key Set in the file ${path} (${where}.jwksFile)`, "other JSON");
}

/** The algorithm that a key says it is for, or the one of its type. */
function algorithmOf({ alg, kty, crv }: Readonly<Record<string, unknown>>): JwtAlgorithm | undefined {
  if (kty === "RSA" && (alg ?? "RS256") === "RS256") return "RS256";
  if (kty === "EC" && crv === "P-256" && (alg ?? "ES256") === "ES256") return "ES256";
  if (kty === "OKP" && crv === "Ed25519" && (alg === undefined || alg === "EdDSA" || alg === "Ed25519"))
    return "EdDSA";
  return kty === "oct" && (alg ?? "HS256") === "HS256" ? "HS256" : undefined;
}

async function readJwk(jwk: Readonly<Record<string, unknown>>, where: string): Promise<VerificationKey> {
  const alg = algorithmOf(jwk);
  if (alg === undefined) throw badAccess(`a key for RS256, ES256, EdDSA or HS256 as ${where}`, "another one");
  if ("d" in jwk) throw privateKey(where);
  const { kid } = jwk;
  const key = await readable(where, () => importJWK({ ...jwk, kty: String(jwk["kty"]) }, alg));
  return checked({ algorithms: namesOf(alg), kid: typeof kid === "string" ? kid : undefined, key }, where);
}

type Pem = Extract<JwtKeyOptions, { readonly pem: string }>;

async function readPem({ pem, alg, kid }: Pem, where: string): Promise<VerificationKey> {
  if (/PRIVATE KEY/.test(pem)) throw privateKey(where);
  const read = /BEGIN CERTIFICATE/.test(pem) ? importX509 : importSPKI;
  const key = await readable(where, () => read(pem, alg));
  return checked({ algorithms: namesOf(alg), kid, key }, where);
}

const namesOf = (alg: JwtAlgorithm) => (alg === "EdDSA" ? ["EdDSA", "Ed25519"] : [alg]);

async function readable<Key>(where: string, read: () => Promise<Key>): Promise<Key> {
  try {
    return await read();
  } catch {
    // The cause is left out: it may repeat a part of the key.
    throw badAccess(`a key that can be read as ${where}, of the algorithm that is given`, "another text");
  }
}

/** An RSA key below 2048 bits or a secret below 256 can be found out (RFC 7518, 3.2 and 3.3). */
function checked(entry: VerificationKey, where: string): VerificationKey {
  const { key } = entry;
  if (key instanceof Uint8Array) {
    if (key.length * 8 >= least.HS256) return entry;
    throw badAccess(`a secret of at least ${least.HS256} bits as ${where}`, `${key.length * 8} bits`);
  }
  const bits = "modulusLength" in key.algorithm ? Number(key.algorithm.modulusLength) : least.RS256;
  if (bits >= least.RS256) return entry;
  throw badAccess(`an RSA key of at least ${least.RS256} bits as ${where}`, `${bits} bits`);
}

const privateKey = (where: string) =>
  badAccess(
    `a public key as ${where}`,
    "a private one",
    "Give the public part alone; tokens are only checked here.",
  );
