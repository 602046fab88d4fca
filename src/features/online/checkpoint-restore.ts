import { canonicalJson, type Canonical } from "../../kernel/index.js";
import type { StoredFacts, StoredPending } from "./checkpoint.js";
import { contradiction, type CheckpointMessage } from "./checkpoint-message.js";
import { restoreTiles, tileLayout } from "./checkpoint-tiles.js";
import type { EventTimes } from "../definition/event-times.js";
import type { PendingEvent } from "./pending-events.js";
import type { LoggedEvent } from "../ports.js";
import type { ViewState } from "../algebra/view-state.js";
import type { View } from "../definition/view.js";

/** Takes the messages of a checkpoint one after the other. After an error the state is of no use. */
export interface StateRestorer {
  /** Takes a message if it is about a state. Throws MW0308. */
  take(message: CheckpointMessage): void;
  /**
   * The sources whose every view is as the checkpoint left it. Of the others nothing was taken: their history
   * is to be loaded and their log to be added from its beginning. Throws MW0308 when there was nothing.
   */
  restored(): ReadonlySet<string>;
}

interface RestoredView {
  readonly view: View;
  readonly state: ViewState;
}

interface RestoredSource {
  readonly views: readonly RestoredView[];
  readonly times: (event: LoggedEvent) => EventTimes | undefined;
}

/** What a state lets a restorer do to it. */
export interface Restored {
  setClock(timeMs: number): void;
  setSequence(source: string, sequence: number): void;
  wait(event: PendingEvent): void;
}

export function stateRestorer(
  views: readonly RestoredView[],
  sources: ReadonlyMap<string, RestoredSource>,
  into: Restored,
): StateRestorer {
  const byHash = new Map(views.map((live) => [live.view.hash, live]));
  let fitting: ReadonlySet<string> | undefined;

  function takeFacts({ clockMs, sequences, views: layouts }: StoredFacts): void {
    const fits = ({ view }: RestoredView) =>
      Object.hasOwn(layouts, view.hash) &&
      canonicalJson(layouts[view.hash] as Canonical) === canonicalJson(tileLayout(view.plan));
    const names = Object.keys(sequences).filter((name) => sources.get(name)?.views.every(fits) ?? true);
    for (const name of names) into.setSequence(name, sequences[name]);
    into.setClock(clockMs ?? -Infinity);
    fitting = new Set(names);
  }

  function takeTiles(message: CheckpointMessage): void {
    const live = byHash.get(String(message.facts.view));
    if (live === undefined || !known().has(live.view.source.name)) return;
    restoreTiles(message, { plan: live.view.plan, state: live.state });
  }

  function takePending(events: readonly StoredPending[]): void {
    for (const { source, ...event } of events) {
      const times = sources.get(source)?.times(event);
      if (times !== undefined && known().has(source)) into.wait({ source, event, ...times });
    }
  }

  function known(): ReadonlySet<string> {
    if (fitting !== undefined) return fitting;
    throw contradiction("the facts of the state before its parts", "none");
  }

  return Object.freeze({
    take(message: CheckpointMessage) {
      const { kind, facts } = message;
      if (kind === "state") takeFacts(facts as { [Fact in keyof StoredFacts]: StoredFacts[Fact] });
      else if (kind === "tiles") takeTiles(message);
      else if (kind === "pending") takePending(facts.events as readonly StoredPending[]);
    },
    restored: known,
  });
}
