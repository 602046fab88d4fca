import type { AppendLog, Clock } from "../kernel/index.js";
import type { AccessPolicy } from "./access-options.js";
import { parseApiKey } from "./api-key.js";
import { createAuditTrail, type AccessEntry, type AuditCounters } from "./audit-trail.js";
import type { Caller } from "./caller.js";
import { badAccess } from "./bad-access.js";
import { accessErrors } from "./errors.js";
import { readJwtKeys, type ReadText } from "./jwt-keys.js";
import { createKeyAuthenticator } from "./key-authenticator.js";
import { createLimiter } from "./limiter.js";
import type { ApiKeyStore, RateStore } from "./ports.js";
import type { Verb } from "./scopes.js";
import { createTokenAuthenticator } from "./token-authenticator.js";

/** What a request carries; over gRPC the metadata of the same names. */
export interface Credentials {
  /** The `authorization` header: `Bearer` with an API key or a token. */
  readonly authorization?: string | undefined;
  /** The `x-api-key` header. */
  readonly apiKey?: string | undefined;
}

export interface GatekeeperPorts {
  readonly clock: Clock;
  readonly apiKeys: ApiKeyStore;
  readonly rates: RateStore;
  /** Needed when the policy has an audit trail. Whoever opened it closes it. */
  readonly auditLog?: AppendLog;
  readonly readText: ReadText;
}

export interface AccessCounters {
  /** Requests that were served or refused without their limit being known. */
  readonly unchecked: number;
  readonly audit: AuditCounters;
}

/** Stands at every door: a request is authenticated, authorized and admitted, in this order, then noted. */
export interface Gatekeeper {
  /** Throws MW1601 to MW1604, MW1606 to MW1609, and what the store of keys throws. */
  authenticate(credentials: Credentials): Promise<Caller>;
  /**
   * Throws MW1610 and MW1611; MW1601 for a caller without credentials; MW1614 while no audit trail can be written.
   * Without a model the verb is about all of them. Says nothing about whether a model exists.
   */
  authorize(caller: Caller, verb: Verb, model?: string): void;
  /** Counts rows against the limits of the caller. Throws MW1612 with `details.retryAfterMs`, MW1613 and MW1614. */
  admit(caller: Caller, verb: Verb, rows: number): Promise<void>;
  /** Writes into the audit trail, in the background. Never throws. */
  note(entry: AccessEntry): void;
  /** Totals since the start. */
  counters(): AccessCounters;
  /** Writes what waits to be written. Whoever opened the ports closes them. */
  close(): Promise<void>;
}

const noAudit: AuditCounters = Object.freeze({ written: 0, lost: 0, failures: 0 });

/** Reads the keys of tokens, once. Throws MW1615 for those that cannot be used. */
export async function createGatekeeper(policy: AccessPolicy, ports: GatekeeperPorts): Promise<Gatekeeper> {
  const { clock } = ports;
  const authenticators = await createAuthenticators(policy, ports);
  const limiter = policy.limits === undefined ? undefined : createLimiter(policy.limits, ports.rates, clock);
  const trail = openTrail(policy, ports);
  const anonymous: Caller | undefined =
    policy.anonymous === undefined
      ? undefined
      : Object.freeze({ kind: "anonymous", id: "anonymous", scopes: policy.anonymous });

  return Object.freeze({
    async authenticate(credentials: Credentials) {
      const text = credentialText(credentials);
      if (text !== undefined) return authenticators.authenticate(text);
      if (anonymous !== undefined) return anonymous;
      throw missing();
    },
    authorize(caller: Caller, verb: Verb, model?: string) {
      const permission = caller.scopes.allows(verb, model);
      if (permission !== "yes") throw forbidden(caller, `${verb}:${model ?? "*"}`, permission);
      // Metrics tell what is wrong, so they are served all the same.
      if (verb !== "read") trail?.requireWritable();
    },
    async admit(caller: Caller, verb: Verb, rows: number) {
      if (limiter !== undefined) await limiter.admit(caller, verb, rows);
    },
    note(entry: AccessEntry) {
      trail?.note(entry);
    },
    counters: () => ({ unchecked: limiter?.unchecked ?? 0, audit: trail?.counters() ?? noAudit }),
    async close() {
      await Promise.all([trail?.close(), authenticators.close()]);
    },
  });
}

async function createAuthenticators({ keys, jwt }: AccessPolicy, ports: GatekeeperPorts) {
  const { clock, apiKeys, readText } = ports;
  const ofKeys = keys ? createKeyAuthenticator(apiKeys, clock) : undefined;
  const ofTokens =
    jwt === undefined
      ? undefined
      : createTokenAuthenticator(jwt, await readJwtKeys(jwt.keys, readText), clock);
  return {
    /** What begins as an API key is none else; a token has two dots. */
    authenticate(text: string): Promise<Caller> {
      if (ofKeys !== undefined && text.startsWith("mw_")) {
        const parts = parseApiKey(text);
        if (parts !== undefined) return ofKeys.authenticate(parts.id, parts.secret);
      } else if (ofTokens !== undefined && text.includes(".")) {
        return ofTokens.authenticate(text);
      }
      throw notUnderstood();
    },
    close: async () => ofKeys?.close(),
  };
}

function openTrail({ audit }: AccessPolicy, { auditLog, clock }: GatekeeperPorts) {
  if (audit === undefined) return undefined;
  if (auditLog !== undefined) return createAuditTrail(audit, auditLog, clock);
  throw badAccess("a log for the audit trail", "none", "Open one, or leave access.audit out.");
}

/** The key or token that a request carries; undefined when it carries neither. */
function credentialText({ authorization, apiKey }: Credentials): string | undefined {
  if (authorization === undefined) return apiKey;
  const match = /^bearer +([A-Za-z0-9._~+/=-]+)$/i.exec(authorization);
  if (match === null) throw notUnderstood();
  // Two credentials would leave it open who asks.
  if (apiKey !== undefined && apiKey !== match[1]) throw notUnderstood();
  return match[1];
}

const missing = () =>
  accessErrors.error("MW1601", {
    expected: "an API key or a token",
    found: "neither",
    remedy: "Send it as Authorization: Bearer …",
  });

const notUnderstood = () =>
  accessErrors.error("MW1602", {
    expected:
      "one API key or token of a kind that this server takes, as Authorization: Bearer … or X-API-Key",
    found: "something else",
    remedy: "Send what you were given, unchanged.",
  });

function forbidden(caller: Caller, asked: string, permission: "other" | "no") {
  if (caller.kind === "anonymous") return missing();
  const scope = asked.replace(/[^\x21-\x7e]/g, "?").slice(0, 160);
  return accessErrors.error(permission === "other" ? "MW1611" : "MW1610", {
    expected: `the scope ${scope}`,
    found: permission === "other" ? "scopes for other models" : "no scope for this verb",
    remedy: "Ask for a key or a token that has it.",
    details: { scope },
  });
}
