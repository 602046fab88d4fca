import type { FeatureState } from "../../features/index.js";
import { isMillwrightError } from "../../kernel/index.js";
import type { LiveEventSource } from "./live-sources.js";

/** Knows whether the online state can answer: the store of its features is there and nothing is behind. */
export interface LiveReadiness {
  /**
   * Runs a call that needs the store. That the store is gone (MW1013) or out of step (MW0306) is remembered until
   * `keepUp` finds it as it should be.
   */
  watch<T>(call: () => Promise<T>): Promise<T>;
  /**
   * Asks the store, brings it up to the logs, and does the rest. Throws MW1013 while the store is gone and MW0306 while
   * it lacks what it had.
   */
  keepUp(rest: () => void | Promise<void>): Promise<void>;
  /** Why the state cannot answer, one line each; none when it can. */
  reasons(): string[];
}

export interface ReadinessParts {
  readonly sources: Iterable<LiveEventSource>;
  readonly state: Pick<FeatureState, "check">;
}

export function liveReadiness({ sources, state }: ReadinessParts): LiveReadiness {
  const all = [...sources];
  let gone: string | undefined;

  function note(error: unknown): void {
    if (!isMillwrightError(error)) gone = `the feature store failed: ${String(error)}`;
    else gone = `${error.code} ${error.row.title}: expected ${error.expected}, found ${error.found}`;
  }

  return Object.freeze({
    async watch<T>(call: () => Promise<T>): Promise<T> {
      try {
        return await call();
      } catch (error) {
        if (isMillwrightError(error, "MW1013") || isMillwrightError(error, "MW0306")) note(error);
        throw error;
      }
    },
    async keepUp(rest: () => void | Promise<void>) {
      try {
        await state.check();
        for (const source of all) await source.caughtUp();
        await rest();
        gone = undefined;
      } catch (error) {
        note(error);
        throw error;
      }
    },
    reasons: () => [
      ...(gone === undefined ? [] : [gone]),
      ...all.flatMap((own) =>
        own.isBehind()
          ? [`source ${JSON.stringify(own.source.name)} is behind: events of its log do not count yet`]
          : [],
      ),
    ],
  });
}
