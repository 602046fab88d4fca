import { hash } from "node:crypto";
import { decodeProtectedHeader, errors, jwtVerify, type JWTPayload } from "jose";
import { isMillwrightError, type Clock } from "../kernel/index.js";
import type { Caller } from "./caller.js";
import { accessErrors } from "./errors.js";
import type { VerificationKey } from "./jwt-keys.js";
import type { JwtPolicy } from "./jwt-options.js";
import { recentEntries } from "./recent-entries.js";
import { tokenScopes } from "./scopes.js";

const longestToken = 8_192;
const rememberedTokens = 10_000;

export interface TokenAuthenticator {
  /** Throws MW1606 to MW1609. */
  authenticate(token: string): Promise<Caller>;
}

/** A token whose signature was found good. Its times are compared with the clock at each use. */
interface Verified {
  readonly caller: Caller;
  /** Seconds. */
  readonly exp: number;
  readonly nbf: number;
}

/**
 * Checks JSON Web Tokens (RFC 7519, with the advice of RFC 8725). A key is tried with its own algorithm alone, never
 * with the one that a token asks for, so that `none` and a public key taken for a secret come to nothing. The signature
 * of a token is checked once and remembered under the token's SHA-256; the keys do not change while the process lives.
 */
export function createTokenAuthenticator(
  policy: JwtPolicy,
  keys: readonly VerificationKey[],
  clock: Clock,
): TokenAuthenticator {
  const known = recentEntries<Verified>(rememberedTokens);
  const tolerance = policy.clockToleranceMs / 1000;
  const rules = {
    issuer: [...policy.issuers],
    audience: [...policy.audiences],
    requiredClaims: ["exp", "sub"],
    clockTolerance: tolerance,
  };

  async function verify(token: string): Promise<Verified> {
    const nowMs = clock.nowMs();
    for (const { key, algorithms } of candidates(token, keys)) {
      try {
        const options = { ...rules, algorithms: [...algorithms], currentDate: new Date(nowMs) };
        const { payload } = await jwtVerify(token, key, options);
        return verified(payload, policy);
      } catch (error) {
        if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw refusal(error);
      }
    }
    throw notValid();
  }

  return Object.freeze({
    async authenticate(token: string) {
      if (token.length > longestToken) throw notValid();
      const name = hash("sha256", token, "base64");
      let entry = known.get(name);
      if (entry === undefined) known.set(name, (entry = await verify(token)));
      const now = Math.floor(clock.nowMs() / 1000);
      if (entry.exp <= now - tolerance) throw expired();
      if (entry.nbf > now + tolerance) throw early();
      return entry.caller;
    },
  });
}

/** The keys that may have signed a token, by what its header says. */
function candidates(token: string, keys: readonly VerificationKey[]): readonly VerificationKey[] {
  try {
    const { alg, kid } = decodeProtectedHeader(token);
    return keys.filter(
      (key) =>
        alg !== undefined &&
        key.algorithms.includes(alg) &&
        (kid === undefined || key.kid === undefined || key.kid === kid),
    );
  } catch {
    return [];
  }
}

function verified({ sub, iss, exp, nbf, scope }: JWTPayload, policy: JwtPolicy): Verified {
  // The subject stands in logs: one line, and no more of it than a name needs.
  if (sub === undefined || !/^[^\p{C}\p{Zl}\p{Zp}]{1,200}$/u.test(sub) || exp === undefined) throw notValid();
  // Two issuers may give one name to two callers.
  const subject = policy.issuers.length > 1 ? `${iss} ${sub}` : sub;
  const caller: Caller = Object.freeze({ kind: "token", id: `token:${subject}`, scopes: tokenScopes(scope) });
  return { caller, exp, nbf: nbf ?? -Infinity };
}

/** Claims are judged after the signature: whoever is told what is wrong with them holds a genuine token. */
function refusal(error: unknown) {
  if (isMillwrightError(error)) return error;
  if (error instanceof errors.JWTExpired) return expired();
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === "nbf" && error.reason === "check_failed") return early();
    if (error.claim === "aud" || error.claim === "iss") return elsewhere();
  }
  return notValid();
}

const remedy = "Get another token from its issuer.";
const notValid = () =>
  accessErrors.error("MW1606", {
    expected: "a token that this server can trust",
    found: "another one",
    remedy,
  });
const expired = () =>
  accessErrors.error("MW1607", {
    expected: "a token whose time is not over",
    found: "an expired one",
    remedy,
  });
const early = () =>
  accessErrors.error("MW1608", {
    expected: "a token whose time has begun",
    found: "one for later",
    remedy: "Wait, or compare the clocks of issuer and server.",
  });
const elsewhere = () =>
  accessErrors.error("MW1609", {
    expected: "a token for this server, of an issuer that it listens to",
    found: "one for another server, or of another issuer",
    remedy,
  });
