/** How a request ended. A refusal is an answer of 429 or 503 that says when to come again (`Retry-After`). */
export interface LoadOutcome {
  /** For people: `200`, `503 MW0811`, `no answer in 10000 ms`, `ECONNREFUSED`. */
  readonly label: string;
  readonly kind: "good" | "refused" | "failed";
}

/** How busy the generator itself was during a stage. */
export interface GeneratorLoad {
  /** Share of the time that its event loop worked, 0 to 1; 1 is a generator that could do no more. */
  readonly utilization: number;
  /** 99 % of the delays of its event loop were at most this. */
  readonly loopDelayP99Ms: number;
}

/**
 * What a generator measured, each array by the number of the request in the plan, times from the start of the test.
 * `doneMs` is the moment of the last byte of the answer, or of the failure.
 */
export interface LoadMeasurements {
  /** NaN for a request that was never sent. */
  readonly sentMs: Float64Array;
  /** NaN for a request whose end was not awaited. */
  readonly doneMs: Float64Array;
  /** 1 where the request was due and all connections were busy. */
  readonly waited: Uint8Array;
  /** 1 + index in `outcomes`; 0 for a request whose end was not awaited. */
  readonly outcome: Uint16Array;
  readonly outcomes: readonly LoadOutcome[];
  /** By stage; those that never began are missing. */
  readonly generator: readonly GeneratorLoad[];
  /** When the test was broken off; absent when it was not. */
  readonly stoppedMs?: number;
}
