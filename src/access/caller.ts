import type { Scopes } from "./scopes.js";

/** Who asks. */
export interface Caller {
  readonly kind: "key" | "token" | "anonymous";
  /** `key:<id>`, `token:<subject>` or `anonymous`: stands in the audit trail, and has a rate limit of its own. */
  readonly id: string;
  readonly scopes: Scopes;
}
