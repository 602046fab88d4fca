import { issueApiKey, revokeApiKey, type ApiKeyRecord, type IssuedApiKey } from "../../access/index.js";
import type { Project } from "../project.js";

type Keeper = Pick<Project, "apiKeys" | "clock" | "randomBytes">;

/** Makes an API key for callers of the project's servers; the answer is the only place where it stands. Throws MW1615. */
export const createKey = (
  { apiKeys: store, clock, randomBytes }: Keeper,
  request: { readonly name: string; readonly scopes: readonly string[]; readonly validMs: number | null },
): Promise<IssuedApiKey> => {
  const { name, scopes, validMs } = request;
  const nowMs = clock.nowMs();
  const expiresAtMs = validMs === null ? null : nowMs + validMs;
  // The key is made at the moment that its end is counted from.
  const atOnce = { ...clock, nowMs: () => nowMs };
  return issueApiKey({ name, scopes, expiresAtMs }, { store, clock: atOnce, randomBytes });
};

/** All API keys, the newest first; of their secrets nothing. */
export const listKeys = ({ apiKeys }: Keeper): Promise<readonly ApiKeyRecord[]> => apiKeys.list();

/** Ends an API key for good, in every server within a second. Throws MW1605. */
export const revokeKey = ({ apiKeys: store, clock }: Keeper, id: string): Promise<ApiKeyRecord> =>
  revokeApiKey(id, { store, clock });
