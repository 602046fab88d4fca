import type { Clock } from "../kernel/index.js";
import { probeBatch } from "../registry/index.js";
import type { LoadedModel } from "./loaded-model.js";

export interface WarmUpReport {
  readonly predictions: number;
  /** Median time of a prediction of a single row, the wait for the event loop included. */
  readonly medianMs: number;
}

/**
 * Predicts the model's probes one by one, until `predictions` are made (200 by default), so that first
 * requests do not pay for cold code, and measures what one prediction costs.
 */
export async function warmUp(
  model: Pick<LoadedModel, "predict" | "probes">,
  { clock, predictions = 200 }: { readonly clock: Clock; readonly predictions?: number },
): Promise<WarmUpReport> {
  const singles = model.probes.probes.map((probe) => probeBatch({ ...model.probes, probes: [probe] }));
  const timesMs = new Float64Array(predictions);
  for (let i = 0; i < predictions; i++) {
    const { numeric, text } = singles[i % singles.length];
    const startMs = clock.monotonicMs();
    await model.predict(numeric, 1, text);
    timesMs[i] = clock.monotonicMs() - startMs;
  }
  timesMs.sort();
  const middle = predictions >> 1;
  const medianMs = predictions % 2 === 1 ? timesMs[middle] : (timesMs[middle - 1] + timesMs[middle]) / 2;
  return { predictions, medianMs };
}
