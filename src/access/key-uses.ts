import type { Clock } from "../kernel/index.js";
import type { ApiKeyStore } from "./ports.js";

/** How often uses are written down. */
const everyMs = 60_000;
const most = 10_000;

/** Remembers when keys were used, and tells the store once a minute; no request waits for it or fails by it. */
export interface KeyUses {
  note(id: string): void;
  close(): Promise<void>;
}

export function createKeyUses(store: ApiKeyStore, clock: Clock): KeyUses {
  let uses = new Map<string, number>();
  let writing: Promise<void> | undefined;
  let nextMs = clock.monotonicMs();

  async function write(): Promise<void> {
    const written = uses;
    uses = new Map();
    nextMs = clock.monotonicMs() + everyMs;
    try {
      await store.touch([...written].map(([id, atMs]) => ({ id, atMs })));
    } catch {
      // For the next minute's attempt; a later use stands.
      for (const [id, atMs] of written) {
        if (!uses.has(id) && uses.size < most) uses.set(id, atMs);
      }
    } finally {
      writing = undefined;
    }
  }

  return Object.freeze({
    note(id: string) {
      if (uses.has(id) || uses.size < most) uses.set(id, clock.nowMs());
      if (writing === undefined && clock.monotonicMs() >= nextMs) writing = write();
    },
    async close() {
      await writing;
      if (uses.size > 0) await write();
    },
  });
}
