import {
  boundsPerFeature,
  categoryBounds,
  cutBounds,
  layoutOf,
  writeBounds,
  type BinLayout,
} from "./bins.js";
import { barrierMemory } from "./barrier.js";
import { exchangeBytes, openCrew, type Crew } from "./crew.js";
import { hessianBits } from "./fixed-point.js";
import type { Shard } from "./shard.js";

/** The bins of some columns, as training cuts them. @param categories per column, 0 where it has numbers */
export function layoutFor(
  columns: readonly Float32Array[],
  maxBins = 255,
  categories: readonly number[] = columns.map(() => 0),
): BinLayout {
  const block = new Float32Array(boundsPerFeature * columns.length);
  columns.forEach((column, f) => {
    const bounds = categories[f] > 0 ? categoryBounds(categories[f]) : cutBounds(column, maxBins, 0);
    writeBounds(block, f, bounds);
  });
  return layoutOf(block, Int32Array.from(categories));
}

/** A thread that has nobody to meet. */
export function loneCrew(): Crew {
  const memory = { barrier: barrierMemory(), exchange: new SharedArrayBuffer(exchangeBytes(1, 1)) };
  return openCrew(memory, { thread: 0, threads: 1 });
}

/** The integers that a shard's gradients are. */
export function wholeGradients(shard: Shard): readonly { readonly g: number; readonly h: number }[] {
  const packed = new BigInt64Array(shard.kernels.buffer, shard.at.gradients, shard.rowCount);
  return Array.from(packed, (value) => ({
    g: Number(value >> BigInt(hessianBits)),
    h: Number(value & (2n ** BigInt(hessianBits) - 1n)),
  }));
}
