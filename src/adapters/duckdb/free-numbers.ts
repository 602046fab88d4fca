import { MessageChannel } from "node:worker_threads";

type Numbers = Float32Array | Float64Array;

/** What is posted into a closed channel leaves this thread and arrives nowhere (HTML, 9.4.4, message port post steps). */
const { port1: nowhere, port2: closed } = new MessageChannel();
closed.close();

/**
 * Gives the memory of numbers that nobody reads any longer back at once. Each vector of the engine is copied into memory
 * of its own, which the garbage collector counts but does not hold: for every few megabytes of it, it would look through
 * the whole heap.
 */
export function freeNumbers(arrays: readonly Numbers[]): void {
  const whole = arrays.filter(({ byteLength, buffer }) => byteLength > 0 && byteLength === buffer.byteLength);
  nowhere.postMessage(
    undefined,
    whole.map(({ buffer }) => buffer as ArrayBuffer),
  );
}
