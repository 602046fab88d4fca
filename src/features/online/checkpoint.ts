import { packMessage } from "./checkpoint-message.js";
import { createTileWriter, tileLayout, type TileWriter } from "./checkpoint-tiles.js";
import type { PendingEvent } from "./pending-events.js";
import type { LoggedEvent } from "../ports.js";
import type { ViewState } from "../algebra/view-state.js";
import type { View } from "../definition/view.js";

/** A state as it was at one moment, while it goes on. */
export interface StateSnapshot {
  /** What a checkpoint keeps of it, message by message; other work may be done between them. */
  messages(): Iterable<Uint8Array>;
  /** To be called in the end, whether all messages were taken or not. */
  close(): void;
}

/** What a state was at one moment, but for its tiles. */
export interface StateFacts {
  readonly clockMs: number;
  /** Last number that was added of each source's log. */
  readonly sequences: Readonly<Record<string, number>>;
  readonly pending: readonly PendingEvent[];
}

/** The facts of a checkpoint's first message about a state. */
export interface StoredFacts {
  /** Null: before all times. */
  readonly clockMs: number | null;
  readonly sequences: Readonly<Record<string, number>>;
  /** Layout of the tiles of each view that was held, by the view's hash. */
  readonly views: Readonly<Record<string, unknown>>;
}

/** An event as a checkpoint keeps it while it waits. */
export interface StoredPending extends LoggedEvent {
  readonly source: string;
}

interface Part {
  readonly writer: TileWriter;
  /** Entities that were known at the moment of the snapshot. */
  readonly count: number;
  /** Entities below it are written. */
  next: number;
  /** Entities from it on that were written before their turn. */
  readonly early: Set<number>;
}

const pendingAtOnce = 1000;

/** A snapshot that its state tells of every change of an entity before it happens. */
export interface OpenSnapshot extends StateSnapshot {
  readonly before: (view: number, entity: number) => void;
}

/**
 * Takes a snapshot without stopping the state: entities are written one after the other, and one that is
 * about to change before its turn is written first. So memory is needed only for what changes meanwhile.
 */
export function takeSnapshot(
  views: readonly { readonly view: View; readonly state: ViewState }[],
  { clockMs, sequences, pending }: StateFacts,
  onClose: () => void,
): OpenSnapshot {
  const parts = views.map(({ view, state }): Part => ({
    writer: createTileWriter(view.hash, state),
    count: state.size(),
    next: 0,
    early: new Set(),
  }));
  const facts: StoredFacts = {
    clockMs: Number.isFinite(clockMs) ? clockMs : null,
    sequences: { ...sequences },
    views: Object.fromEntries(views.map(({ view }) => [view.hash, tileLayout(view.plan)])),
  };

  function* messages(): Generator<Uint8Array> {
    yield packMessage("state", { ...facts });
    for (const part of parts) yield* tilesOf(part);
    for (let at = 0; at < pending.length; at += pendingAtOnce) {
      const events = pending
        .slice(at, at + pendingAtOnce)
        .map(({ source, event: { sequence, receivedMs, values } }): StoredPending => ({
          source,
          sequence,
          receivedMs,
          values,
        }));
      yield packMessage("pending", { events });
    }
  }

  return Object.freeze({
    messages,
    before(view: number, entity: number) {
      const part = parts[view];
      if (entity >= part.count || entity < part.next || part.early.has(entity)) return;
      part.early.add(entity);
      part.writer.add(entity);
    },
    close: onClose,
  });
}

function* tilesOf(part: Part): Generator<Uint8Array> {
  while (part.next < part.count) {
    const entity = part.next++;
    if (!part.early.delete(entity)) part.writer.add(entity);
    yield* part.writer.take(false);
  }
  yield* part.writer.take(true);
}
