import { checkNumber, rejectUnknownKeys } from "../kernel/index.js";
import type { SloOptions } from "./model-options.js";

/** What must hold under load, and the load. */
export interface Demand {
  /** The share of requests that are answered well. */
  readonly availability: number;
  /** The most requests a second; absent where none is declared. */
  readonly peakPerSecond?: number;
}

/** The objective of every single answer, apart from what only a load can show. Throws MW0103 and MW0104. */
export function compileSlo(options: SloOptions): {
  readonly slo: Required<Pick<SloOptions, "p95Ms">>;
  readonly demand: Demand;
} {
  rejectUnknownKeys(options, ["p95Ms", "availability", "peakPerSecond"], "slo");
  const { p95Ms = 100, availability = 0.999, peakPerSecond } = options;
  return {
    slo: { p95Ms: checkNumber(p95Ms, "slo.p95Ms", { min: 0.001, max: 600_000 }) },
    demand: {
      availability: checkNumber(availability, "slo.availability", { min: 0.001, max: 1 }),
      ...(peakPerSecond !== undefined && {
        peakPerSecond: checkNumber(peakPerSecond, "slo.peakPerSecond", { min: 0.001, max: 1_000_000 }),
      }),
    },
  };
}
