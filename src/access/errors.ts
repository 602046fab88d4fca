import { errorTable } from "../kernel/index.js";

/**
 * What a caller is told about its credentials is the same for every way in which a stranger can be wrong. Only who
 * holds a valid secret or a valid signature learns what else is amiss.
 */
export const accessErrors = errorTable({
  MW1601: {
    title: "credentials missing",
    exit: 2,
    http: 401,
    about:
      "The request carries no API key and no token, and callers without them may not do this. Send " +
      "`Authorization: Bearer …` with an API key or a token, or the key as `X-API-Key`.",
  },
  MW1602: {
    title: "credentials not understood",
    exit: 2,
    http: 401,
    about:
      "The request carries credentials that this server does not take: another scheme than `Bearer`, a kind that " +
      "is not configured, two different ones, or a text that is neither an API key nor a token.",
  },
  MW1603: {
    title: "API key not valid",
    exit: 2,
    http: 401,
    about:
      "No API key has this id and this secret. Compare what is sent with what was shown when the key was created.",
  },
  MW1604: {
    title: "API key no longer valid",
    exit: 2,
    http: 401,
    about: "The API key was revoked, or its time is over. Create another one with `millwright keys create`.",
  },
  MW1605: {
    title: "unknown API key",
    exit: 2,
    http: 404,
    about: "No API key of this id was created. `millwright keys list` shows them all.",
  },
  MW1606: {
    title: "token not valid",
    exit: 2,
    http: 401,
    about:
      "The token is malformed, its signature is not that of a configured key, its algorithm is not that of the " +
      "key, or it lacks `exp` or `sub`.",
  },
  MW1607: {
    title: "token expired",
    exit: 2,
    http: 401,
    about: "The time of the token (`exp`) is over. Get another one from its issuer.",
  },
  MW1608: {
    title: "token not valid yet",
    exit: 2,
    http: 401,
    about:
      "The time of the token (`nbf`) has not begun. Wait, or compare the clocks of its issuer and of this server.",
  },
  MW1609: {
    title: "token for another audience",
    exit: 2,
    http: 401,
    about:
      "The token was made for another service (`aud`), or by an issuer (`iss`) that this server does not listen to.",
  },
  MW1610: {
    title: "scope missing",
    exit: 2,
    http: 403,
    about: "The caller has no scope for this verb on any model. Create a key or a token that has it.",
  },
  MW1611: {
    title: "scope for other models",
    exit: 2,
    http: 403,
    about: "The caller has this verb for other models, or for some where the request is about all of them.",
  },
  MW1612: {
    title: "rate limit reached",
    exit: 3,
    http: 429,
    about:
      "The caller asked for more rows than its limit allows. Nothing was computed. Try again after " +
      "`details.retryAfterMs`.",
  },
  MW1613: {
    title: "more rows than the limit ever allows",
    exit: 2,
    http: 413,
    about:
      "One request has more rows than the burst of its limit, so waiting does not help. Send fewer at once.",
  },
  MW1614: {
    title: "access control not available",
    exit: 3,
    http: 503,
    about:
      "Rate limits cannot be checked or the audit trail cannot be written, and the configuration says to refuse " +
      'requests then (`onFailure: "refuse"`). Mend the store or make room on the disk; it goes on by itself.',
  },
  MW1615: {
    title: "bad access configuration",
    exit: 2,
    http: 400,
    about:
      "A scope, a name, a limit, a key for tokens or another setting of access is not of the form that it takes.",
  },
});
