import type { MillwrightError } from "../../kernel/index.js";
import { servingErrors } from "../errors.js";
import { shuttingDown } from "../refusals.js";

/** Bounds the work in flight, and lets a closing server wait for its end. */
export interface Admission {
  readonly inFlight: number;
  /** Counts one request in and returns undefined, or returns MW0807 when full, MW0811 once drained. */
  enter(): MillwrightError | undefined;
  /** Counts it out; call exactly once for each that was counted in. */
  leave(): void;
  /** Refuses new work from now on and resolves when the last has left. */
  drain(): Promise<void>;
}

/** An admission gate for at most `maxInFlight` requests at once. */
export function createAdmission(maxInFlight: number): Admission {
  let inFlight = 0;
  let open = true;
  const waiting: (() => void)[] = [];
  return Object.freeze({
    get inFlight() {
      return inFlight;
    },
    enter() {
      if (!open)
        return shuttingDown("Send the request to another instance, or try again once the server is back.");
      if (inFlight >= maxInFlight) return busy(maxInFlight);
      inFlight++;
      return undefined;
    },
    leave() {
      inFlight--;
      if (inFlight === 0) for (const resolve of waiting.splice(0)) resolve();
    },
    drain() {
      open = false;
      return inFlight === 0 ? Promise.resolve() : new Promise<void>((resolve) => waiting.push(resolve));
    },
  });
}

function busy(maxInFlight: number): MillwrightError {
  return servingErrors.error("MW0807", {
    expected: `fewer than ${maxInFlight} requests in flight`,
    found: `${maxInFlight}`,
    remedy: "Wait for the seconds in Retry-After and try again, or spread the load over more instances.",
    details: { maxInFlight },
  });
}
