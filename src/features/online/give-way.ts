import { setImmediate } from "node:timers/promises";
import { throwIfCancelled } from "../../kernel/index.js";

/**
 * Does work that comes in short steps, and gives way to the event loop after each: else no signal of the
 * system would be heard meanwhile. `onStep` is told what a step gives. Throws MW0105 when the signal fires.
 */
export async function giveWay<Step>(
  steps: Iterable<Step>,
  signal?: AbortSignal,
  onStep?: (step: Step) => void,
): Promise<void> {
  for (const step of steps) {
    onStep?.(step);
    await setImmediate();
    throwIfCancelled(signal);
  }
}
