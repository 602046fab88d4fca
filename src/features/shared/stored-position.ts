import { outOfStep } from "./out-of-step.js";
import type { SeenLog, TileChange, TileRequest } from "../ports.js";
import { damaged } from "../algebra/tile-codec.js";

/** The record of an entity in a space. Records of the room itself begin with "@:", which no entity's does. */
export const entityRow = (key: string): string => (key.startsWith("@") ? `@${key}` : key);

/** The record with where the writer of a partition stands. */
const positionRow = (partition: string): string => `@:position:${partition}`;

/** The record with the history that a space stands on. */
export const historyRow = "@:history";

/** A position as it is stored. */
interface Position extends SeenLog {
  /** Counts the lives of the writer: what an earlier one sent late finds a later number, and is refused. */
  readonly life: number;
}

/**
 * Where this process's writer stands in one space: every event with a number up to `sequence` is in its
 * tiles. It is written after what it claims, so it may lag, and a restart replays a little too much. It is in
 * the space itself: who drops the one drops the other.
 */
export interface StoredPosition {
  readonly request: TileRequest;
  /** Where the life before this one stood; undefined without one. */
  before(text: string | undefined): SeenLog | undefined;
  /** The change that begins a new life upon what is stored. */
  begin(text: string | undefined): TileChange;
  /** Throws MW0306 when the store went back, or when somebody else writes under this name. */
  check(text: string | undefined): void;
  /** Throws MW0306 when the store is behind a number that it had. */
  checkBehind(text: string | undefined, sequence: number): void;
  /** The last number that is known to be stored; undefined before any. */
  storedSequence(): number | undefined;
  /** The change that writes a position; undefined while it is too near to the stored one. */
  change(position: SeenLog): TileChange | undefined;
  /** Tells that the change to this text was made. */
  changed(text: string): void;
}

export function createStoredPosition(space: string, partition: string, strideEvents: number): StoredPosition {
  const key = positionRow(partition);
  let known: { readonly text: string | undefined; readonly position: Position | undefined } | undefined;
  /** Texts whose fate is not known: a change may have been made although its answer was lost. */
  const attempted = new Set<string>();

  function settle(text: string | undefined): void {
    known = { text, position: text === undefined ? undefined : readPosition(text) };
    attempted.clear();
  }

  function changeTo(position: Position, expected: string | undefined): TileChange {
    const meta = writePosition(position);
    attempted.add(meta);
    return { space, key, expected, meta, set: [], drop: [] };
  }

  return Object.freeze({
    request: { space, key, fields: [] },
    before: (text: string | undefined) => (text === undefined ? undefined : readPosition(text)),
    begin(text: string | undefined) {
      const before = text === undefined ? unbegun : readPosition(text);
      return changeTo({ ...before, life: before.life + 1 }, text);
    },
    check(text: string | undefined) {
      if (known === undefined || (text !== undefined && attempted.has(text))) settle(text);
      if (text !== known?.text) throw lost(partition, known?.text, text);
    },
    checkBehind(text: string | undefined, sequence: number) {
      if (text !== undefined && (text === known?.text || readPosition(text).sequence >= sequence)) return;
      throw lost(partition, `number ${sequence} or later`, text);
    },
    storedSequence: () => known?.position?.sequence,
    change(next: SeenLog) {
      const { sequence, life } = known?.position ?? unbegun;
      if (known?.text !== undefined && next.sequence < sequence + strideEvents) return undefined;
      return changeTo({ ...next, life }, known?.text);
    },
    changed: settle,
  });
}

const unbegun: Position = { sequence: 0, beforeMs: -Infinity, life: 0 };

const writePosition = ({ sequence, beforeMs, life }: Position) =>
  JSON.stringify([sequence, Number.isFinite(beforeMs) ? beforeMs : null, life]);

/** Reads a stored position. Throws MW0305. */
function readPosition(text: string): Position {
  const [, sequence, beforeMs, life] = /^\[(\d{1,16}),(null|-?\d+(?:\.\d+)?),(\d{1,16})\]$/.exec(text) ?? [];
  if (sequence === undefined) throw damaged("a position as [number, time, life]", text.slice(0, 60));
  return {
    sequence: Number(sequence),
    beforeMs: beforeMs === "null" ? -Infinity : Number(beforeMs),
    life: Number(life),
  };
}

function lost(partition: string, expected: string | undefined, found: string | undefined) {
  return outOfStep({
    expected: `the position of "${partition}" in the store to be as it was written, ${expected ?? "none"}`,
    found: found ?? "none",
    remedy:
      "The store lost what it had acknowledged, or a second process writes under this name: see that neither is so, then start again.",
  });
}
