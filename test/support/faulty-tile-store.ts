import type { TileChange, TileRequest, TileStore } from "../../src/features/index.js";
import { storageErrors } from "../../src/kernel/index.js";

/** What goes wrong with a store, counted in steps: a fetch is one, and so is every change of a swap. */
export interface Fault {
  /** Steps that are done before. */
  readonly after: number;
  /** The step that fails is done all the same; its answer is lost. */
  readonly done: boolean;
  /** Every call fails from then on, as for a process that died. */
  readonly forever: boolean;
}

/** A store on which calls fail at a chosen step; everything else is the store's own. */
export interface FaultyTileStore extends TileStore {
  /** Arms the next fault. */
  break(fault: Fault): void;
}

const failed = () =>
  storageErrors.error("MW1013", {
    expected: "the store to answer",
    found: "a fault that a test asked for",
    remedy: "Ask again.",
  });

export function faultyTileStore(store: TileStore): FaultyTileStore {
  let fault: Fault | undefined;
  let left = 0;
  let dead = false;

  /** Whether this step is the one that fails. */
  function fails(): boolean {
    if (dead) throw failed();
    if (fault === undefined || left-- > 0) return false;
    dead = fault.forever;
    return true;
  }

  async function guarded<T>(step: () => Promise<T>): Promise<T> {
    const broken = fails();
    const done = fault?.done === true;
    if (!broken) return step();
    fault = undefined;
    if (done) await step();
    throw failed();
  }

  return Object.freeze({
    break(next: Fault) {
      fault = next;
      left = next.after;
    },
    fetch: (requests: readonly TileRequest[]) => guarded(() => store.fetch(requests)),
    async swap(changes: readonly TileChange[]) {
      if (fault === undefined && !dead) return store.swap(changes);
      const made: boolean[] = [];
      for (const change of changes) made.push(...(await guarded(() => store.swap([change]))));
      return made;
    },
    drop: (space: string) => guarded(() => store.drop(space)),
    close: () => Promise.resolve(),
  });
}
