const arrived = 0;
const generation = 1;

/** Rounds of polling before a thread sleeps: partners are mostly within microseconds of each other. */
const spins = 2_000;

/** Lets `threads` workers wait for one another. Everything written before is seen by all after. */
export interface Barrier {
  wait(): void;
}

/** Memory for one barrier. */
export function barrierMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(8);
}

export function openBarrier(memory: SharedArrayBuffer, threads: number): Barrier {
  const state = new Int32Array(memory);
  return Object.freeze({
    wait() {
      const round = Atomics.load(state, generation);
      if (Atomics.add(state, arrived, 1) + 1 === threads) {
        Atomics.store(state, arrived, 0);
        Atomics.add(state, generation, 1);
        Atomics.notify(state, generation);
        return;
      }
      for (let i = 0; i < spins; i++) {
        if (Atomics.load(state, generation) !== round) return;
      }
      while (Atomics.load(state, generation) === round) Atomics.wait(state, generation, round);
    },
  });
}
