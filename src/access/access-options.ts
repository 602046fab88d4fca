import { checkNumber, rejectUnknownKeys } from "../kernel/index.js";
import { badAccess } from "./bad-access.js";
import { compileJwt, type JwtOptions, type JwtPolicy } from "./jwt-options.js";
import {
  checkOnFailure,
  compileLimits,
  type LimitsOptions,
  type LimitsPolicy,
  type OnFailure,
} from "./limits-options.js";
import { compileScopes, type Scopes } from "./scopes.js";

export interface AuditOptions {
  /** When the log cannot be written. Default: `serve`, and count what was lost. `read` is served all the same. */
  readonly onFailure?: OnFailure;
  /** Entries that wait in memory at most; later ones are lost and counted. Default 10,000. */
  readonly waitingEntries?: number;
}

/** Who may ask a server for what, and how often: `defineProject({ serving: { access: { … } } })`. */
export interface AccessOptions {
  /** Whether API keys are taken. Default: yes. */
  readonly keys?: boolean;
  /** Tokens that are taken. Default: none. */
  readonly jwt?: JwtOptions;
  /** What callers without credentials may do: `["read"]`. Default: nothing. */
  readonly anonymous?: readonly string[];
  /** Default: no limits. */
  readonly limits?: LimitsOptions;
  /** Whether it is written down who asked for what. Default: no. */
  readonly audit?: boolean | AuditOptions;
}

export interface AuditPolicy {
  readonly onFailure: OnFailure;
  readonly waitingEntries: number;
}

/** Access as its configuration says, checked and complete. It holds secrets: it is not to be printed or hashed. */
export interface AccessPolicy {
  readonly keys: boolean;
  readonly jwt: JwtPolicy | undefined;
  readonly anonymous: Scopes | undefined;
  readonly limits: LimitsPolicy | undefined;
  readonly audit: AuditPolicy | undefined;
}

/** Throws MW0101, MW0103, MW0104 and MW1615. */
export function compileAccess(options: AccessOptions): AccessPolicy {
  rejectUnknownKeys(options, ["keys", "jwt", "anonymous", "limits", "audit"], "serving.access");
  const { keys = true, jwt, anonymous, limits, audit = false } = options;
  if (typeof keys !== "boolean") throw badAccess("true or false as access.keys", JSON.stringify(keys));
  return Object.freeze({
    keys,
    jwt: jwt === undefined ? undefined : compileJwt(jwt),
    anonymous: anonymous === undefined ? undefined : compileScopes(anonymous, "access.anonymous"),
    limits: limits === undefined ? undefined : compileLimits(limits),
    audit: audit === false ? undefined : compileAudit(audit === true ? {} : audit),
  });
}

function compileAudit(options: AuditOptions): AuditPolicy {
  if (typeof options !== "object" || options === null)
    throw badAccess("true, false or an object as access.audit", JSON.stringify(options));
  rejectUnknownKeys(options, ["onFailure", "waitingEntries"], "access.audit");
  const { onFailure, waitingEntries = 10_000 } = options;
  const range = { min: 1, max: 1_000_000, whole: true };
  return Object.freeze({
    onFailure: checkOnFailure(onFailure, "access.audit.onFailure"),
    waitingEntries: checkNumber(waitingEntries, "access.audit.waitingEntries", range),
  });
}
