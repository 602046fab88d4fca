import type { Clock } from "../../kernel/index.js";

/**
 * Lets a message of each name through once in a while: what goes wrong for every request would otherwise fill
 * the log. Tells how many were held back since the last one; undefined for one that is to be held back.
 */
export type LogGate = (name: string) => number | undefined;

const pauseMs = 1_000;

export function createLogGate(clock: Pick<Clock, "monotonicMs">): LogGate {
  const told = new Map<string, { atMs: number; heldBack: number }>();
  return (name) => {
    const nowMs = clock.monotonicMs();
    const last = told.get(name);
    if (last !== undefined && nowMs - last.atMs < pauseMs) {
      last.heldBack++;
      return undefined;
    }
    told.set(name, { atMs: nowMs, heldBack: 0 });
    return last?.heldBack ?? 0;
  };
}
