import { inferenceErrors } from "./errors.js";
import type { Session } from "./ports.js";

/** Calls of a session, and a disposal that waits for those under way. */
export interface Guarded {
  /** Makes a call unless the session was disposed. Throws MW0706. */
  call<T>(compute: () => Promise<T>): Promise<T>;
  /** Takes no more calls, waits for those under way and frees the memory; again is harmless. */
  dispose(): Promise<void>;
}

export function guarded(session: Pick<Session, "dispose">): Guarded {
  let underWay = 0;
  let drained: (() => void) | undefined;
  let disposal: Promise<void> | undefined;

  const disposeOnce = async () => {
    if (underWay > 0) await new Promise<void>((resolve) => (drained = resolve));
    await session.dispose();
  };
  return {
    async call(compute) {
      if (disposal !== undefined) throw disposed();
      underWay++;
      try {
        return await compute();
      } finally {
        underWay--;
        if (underWay === 0) drained?.();
      }
    },
    dispose: () => (disposal ??= disposeOnce()),
  };
}

export function disposed() {
  return inferenceErrors.error("MW0706", {
    expected: "a model in memory",
    found: "one that was disposed",
    remedy: "Resolve the alias again and use the model that it names now.",
  });
}
