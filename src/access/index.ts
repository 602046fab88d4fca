export { compileAccess, type AccessOptions, type AccessPolicy, type AuditOptions } from "./access-options.js";
export {
  apiKeyRecord,
  issueApiKey,
  revokeApiKey,
  type ApiKeyRequest,
  type IssuedApiKey,
  type RandomBytes,
} from "./api-key.js";
export type { AccessEntry } from "./audit-trail.js";
export type { Caller } from "./caller.js";
export { createGatekeeper, type Credentials, type Gatekeeper, type GatekeeperPorts } from "./gatekeeper.js";
export type { JwtKeyOptions, JwtOptions } from "./jwt-options.js";
export type { CallerLimit, LimitsOptions, OnFailure, RateStoreChoice } from "./limits-options.js";
export type {
  ApiKeyRecord,
  ApiKeyStore,
  KeyUse,
  RateAnswer,
  RateLimit,
  RateRequest,
  RateStore,
  StoredApiKey,
} from "./ports.js";
export type { Verb } from "./scopes.js";
export { debtAt, rowUnits, takeRows, unitsPerUs, waitMs, type Bucket } from "./token-bucket.js";
