import fc from "fast-check";
import { expect, test } from "vitest";
import { createPendingEvents, type PendingEvent } from "./pending-events.js";

function pendingAt(availableMs: number, sequence = 1): PendingEvent {
  const event = { sequence, receivedMs: null, values: [sequence] };
  return { source: `s${sequence}`, event, availableMs, eventMs: availableMs - 1 };
}

test("pending events come out like those of a sorted array", () => {
  const step = fc.record({ push: fc.boolean(), timeMs: fc.integer({ min: -20, max: 20 }) });
  const property = fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
    const heap = createPendingEvents();
    let oracle: PendingEvent[] = [];
    steps.forEach(({ push, timeMs }, i) => {
      if (push) {
        const event = pendingAt(timeMs, i);
        heap.push(event);
        oracle = [...oracle, event].sort((a, b) => a.availableMs - b.availableMs);
        return;
      }
      const taken: PendingEvent[] = [];
      for (let event = heap.takeBefore(timeMs); event !== undefined; event = heap.takeBefore(timeMs)) {
        taken.push(event);
      }
      const due = oracle.filter(({ availableMs }) => availableMs < timeMs);
      oracle = oracle.filter(({ availableMs }) => availableMs >= timeMs);
      // In order of time; those of one time come in any order.
      expect(taken.map(({ availableMs }) => availableMs)).toEqual(due.map(({ availableMs }) => availableMs));
      expect(new Set(taken)).toEqual(new Set(due));
    });
  });
  fc.assert(property, { numRuns: 300 });
});

test("an event that becomes available at a time is not available before it", () => {
  const heap = createPendingEvents();
  heap.push(pendingAt(5));
  expect(heap.takeBefore(5)).toBeUndefined();
  expect(heap.takeBefore(5.1)?.availableMs).toBe(5);
  expect(heap.takeBefore(Infinity)).toBeUndefined();
});
