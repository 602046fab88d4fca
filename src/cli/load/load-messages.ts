import type { LoadMeasurements } from "../../lifecycle/index.js";

/** What the thread that sends is given. Any message to it stops it. */
export interface LoadOrder {
  readonly url: string;
  readonly path: string;
  readonly bodies: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly connections: number;
  readonly timeoutMs: number;
  readonly intendedMs: Float64Array;
  readonly stageEndsMs: readonly number[];
}

/** What it says. */
export type LoadReport =
  | { readonly kind: "progress"; readonly ended: number }
  | { readonly kind: "result"; readonly measured: LoadMeasurements };
