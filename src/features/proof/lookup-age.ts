import { bindTable, type Table } from "../../kernel/index.js";
import { compileKey } from "../definition/entity-key.js";
import type { EventTable } from "../definition/event-log.js";
import type { Lookup } from "../definition/feature-set.js";
import type { VisibleEvents } from "../offline/fold.js";

/** How old what a lookup saw was, and how late its events came; milliseconds, null without events. */
export interface LookupAge {
  readonly lookup: Lookup;
  /** Events of the entities asked for that at least one question saw, in its windows or older. */
  readonly events: number;
  /** From the latest event of the entity that was seen to the question. */
  readonly stateAgeMs: AgeSpread | null;
  /** From happening to being available, of the events that were seen. */
  readonly latenessMs: AgeSpread | null;
}

export interface AgeSpread {
  readonly median: number;
  readonly p95: number;
  readonly max: number;
}

/** Questions that were put on the axis of the visible events. */
interface Asked {
  readonly requests: Table;
  readonly timeMs: Float64Array;
  readonly askedAt: Float64Array;
}

/** Measures what questions saw, round by round. */
export interface AgeMeter {
  take(visible: VisibleEvents, asked: Asked): void;
  age(): LookupAge;
}

/** When the latest of the events up to a position became available. */
interface Latest {
  readonly from: number;
  readonly availableMs: number;
}

export function createAgeMeter(lookup: Lookup, { table, availableMs, eventMs }: EventTable): AgeMeter {
  const keyOfEvent = compileKey(lookup.view.keyColumns, bindTable(table));
  const seen = new Uint8Array(table.rowCount);
  const stateAges: number[] = [];

  function latestByKey({ order, visibleFrom }: VisibleEvents): Map<string, Latest[]> {
    const latest = new Map<string, Latest[]>();
    for (const row of order) {
      const key = keyOfEvent(row);
      if (key === null) continue;
      seen[row] = 1;
      const steps = latest.get(key) ?? [];
      latest.set(key, steps);
      const before = steps.at(-1)?.availableMs ?? -Infinity;
      steps.push({ from: visibleFrom[row], availableMs: Math.max(before, availableMs[row]) });
    }
    return latest;
  }

  return Object.freeze({
    take(visible: VisibleEvents, { requests, timeMs, askedAt }: Asked) {
      const latest = latestByKey(visible);
      const keyOfRequest = compileKey(lookup.keys, bindTable(requests));
      for (let row = 0; row < requests.rowCount; row++) {
        const key = Number.isNaN(askedAt[row]) ? null : keyOfRequest(row);
        const step = key === null ? undefined : latestBefore(latest.get(key) ?? [], askedAt[row]);
        if (step !== undefined) stateAges.push(timeMs[row] - step.availableMs);
      }
    },
    age() {
      const rows = Array.from(seen.keys()).filter((row) => seen[row] === 1);
      const latenessMs = spreadOf(rows.map((row) => availableMs[row] - eventMs[row]));
      return { lookup, events: rows.length, stateAgeMs: spreadOf(stateAges), latenessMs };
    },
  });
}

function latestBefore(steps: readonly Latest[], askedAt: number): Latest | undefined {
  let low = 0;
  let high = steps.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (steps[middle].from >= askedAt) high = middle;
    else low = middle + 1;
  }
  return steps[low - 1];
}

function spreadOf(values: readonly number[]): AgeSpread | null {
  if (values.length === 0) return null;
  const sorted = Float64Array.from(values).sort();
  const at = (level: number) => sorted[Math.min(sorted.length - 1, Math.floor(level * sorted.length))];
  return { median: at(0.5), p95: at(0.95), max: sorted[sorted.length - 1] };
}
