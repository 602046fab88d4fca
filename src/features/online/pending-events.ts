import type { EventTimes } from "../definition/event-times.js";
import type { LoggedEvent } from "../ports.js";

/** An event that is in the log but not yet available. */
export interface PendingEvent extends EventTimes {
  readonly source: string;
  readonly event: LoggedEvent;
}

/** Events by the time at which they become available: a binary heap, O(log n) an operation. */
export interface PendingEvents {
  push(event: PendingEvent): void;
  /** Removes and returns the earliest event that is available before a time. */
  takeBefore(timeMs: number): PendingEvent | undefined;
  /** When the earliest becomes available; ∞ when none waits. */
  nextMs(): number;
  /** All that wait, in no order. */
  all(): readonly PendingEvent[];
}

export function createPendingEvents(): PendingEvents {
  const heap: PendingEvent[] = [];

  function push(event: PendingEvent): void {
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (heap[parent].availableMs <= event.availableMs) break;
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = event;
  }

  function sink(event: PendingEvent): void {
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1].availableMs < heap[child].availableMs) child++;
      if (heap[child].availableMs >= event.availableMs) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = event;
  }

  function takeBefore(timeMs: number): PendingEvent | undefined {
    const first = heap[0];
    if (first === undefined || first.availableMs >= timeMs) return undefined;
    const last = heap.pop() as PendingEvent;
    if (heap.length > 0) sink(last);
    return first;
  }

  return Object.freeze({
    push,
    takeBefore,
    nextMs: () => heap[0]?.availableMs ?? Infinity,
    all: () => [...heap],
  });
}
