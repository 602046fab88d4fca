import { openBarrier } from "./barrier.js";
import type { ThreadSeat } from "./seat.js";

/** What the threads of a training share to exchange numbers. */
export interface CrewMemory {
  readonly barrier: SharedArrayBuffer;
  /** Room for two places per thread. */
  readonly exchange: SharedArrayBuffer;
}

/** How a thread meets the others. Every thread must make the same calls in the same order. */
export interface Crew {
  readonly seat: ThreadSeat;
  /** All wait for all. */
  meet(): void;
  /** Writes the sum of all threads' parts to `total`. Exact, so independent of their number, for integers. */
  sum(part: Float64Array, total: Float64Array): void;
  /** The largest of all threads' numbers. */
  largest(own: number): number;
}

/** Bytes of exchange for parts of so many numbers. */
export function exchangeBytes(threads: number, length: number): number {
  return 2 * threads * length * Float64Array.BYTES_PER_ELEMENT;
}

/**
 * Each thread writes to a place of its own, all wait, each reads all places. There are two sets of places,
 * used in turn: a thread that is one exchange ahead writes where nobody reads any more, and no thread can be
 * two ahead.
 */
export function openCrew(memory: CrewMemory, seat: ThreadSeat): Crew {
  const { thread, threads } = seat;
  const barrier = openBarrier(memory.barrier, threads);
  const room = memory.exchange.byteLength / (2 * threads);
  const placesOf = (set: number): readonly Float64Array[] =>
    Array.from(
      { length: threads },
      (_, i) => new Float64Array(memory.exchange, (set * threads + i) * room, room / 8),
    );
  const sets = [placesOf(0), placesOf(1)];
  let turn = 0;
  const exchange = (part: ArrayLike<number>): readonly Float64Array[] => {
    const places = sets[turn];
    turn = 1 - turn;
    places[thread].set(part);
    barrier.wait();
    return places;
  };
  return Object.freeze({
    seat,
    meet: () => barrier.wait(),
    sum(part: Float64Array, total: Float64Array) {
      if (part !== total) total.set(part);
      if (threads === 1) return;
      exchange(part).forEach((place, i) => {
        if (i !== thread) addTo(total, place);
      });
    },
    largest: (own: number) => Math.max(...exchange([own]).map((place) => place[0])),
  });
}

function addTo(total: Float64Array, place: Float64Array): void {
  for (let i = 0; i < total.length; i++) total[i] += place[i];
}
