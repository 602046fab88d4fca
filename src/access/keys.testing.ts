import { memoryApiKeyStore } from "../adapters/memory/index.js";
import { manualClock, seededRng } from "../kernel/index.js";
import { compileAccess, type AccessOptions } from "./access-options.js";
import { issueApiKey } from "./api-key.js";
import { createGatekeeper, type GatekeeperPorts } from "./gatekeeper.js";
import type { RateStore } from "./ports.js";

/** Bytes that are the same in every run. */
export function seededBytes(seed: number) {
  const rng = seededRng(seed);
  return (count: number) => Uint8Array.from({ length: count }, () => rng.below(256));
}

/** A store that gives what it is asked for. */
const generous: RateStore = {
  take: async () => ({ admitted: true }),
  close: async () => undefined,
};

/** A gatekeeper over memory, with a clock that stands still and keys that are made as a command makes them. */
export async function gate(options: AccessOptions, given: Partial<GatekeeperPorts> = {}) {
  const clock = manualClock(Date.UTC(2026, 0, 1));
  const apiKeys = memoryApiKeyStore();
  const readText = async () => {
    throw new Error("no files");
  };
  const ports = { clock, apiKeys, rates: generous, readText, ...given };
  const keeper = await createGatekeeper(compileAccess(options), ports);
  const randomBytes = seededBytes(1);
  const issue = (scopes: readonly string[], expiresAtMs: number | null = null) =>
    issueApiKey({ name: "shop", scopes, expiresAtMs }, { store: apiKeys, clock, randomBytes });
  return { keeper, clock, apiKeys, issue };
}
