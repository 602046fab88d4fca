import { ditherOfRow, gradientLimit, hessianLimit, scaleFor, type Scales } from "./fixed-point.js";
import { derivativeBounds, derive, type Loss } from "./losses.js";
import { blockRows, memoryMap } from "./memory-map.js";
import { forEachBlock, type ThreadSeat } from "./seat.js";
import type { Shard } from "./shard.js";

/** Computes the packed gradients of a shard's rows. */
export interface Gradients {
  /** Before the trees of a round: what all outputs have in common. */
  startRound(): void;
  /** Gradients by one output, for the next tree. Returns what they were multiplied by. */
  load(output: number, dither: number): Scales;
}

interface GradientContext {
  readonly shard: Shard;
  readonly loss: Loss;
  readonly seat: ThreadSeat;
  /** Largest weight of all rows. */
  readonly largestWeight: number;
  /** The largest of what the threads give. */
  readonly largestOfThreads: (own: number) => number;
}

export function openGradients(context: GradientContext): Gradients {
  const { shard, loss, seat, largestWeight, largestOfThreads } = context;
  const { buffer, run } = shard.kernels;
  const rest = loss.name === "softmax" ? new Float32Array(shard.rowCount) : undefined;
  const block: Block = {
    g: new Float32Array(buffer, memoryMap.blockG, blockRows),
    h: new Float32Array(buffer, memoryMap.blockH, blockRows),
  };
  const deriveRows = (output: number, start: number, count: number) => {
    deriveBlock({ shard, loss, rest, block }, { output, start, count });
    if (shard.weights !== undefined) weigh(block, shard.weights.subarray(start, start + count));
  };
  const largest = (output: number): { g: number; h: number } => {
    const known = derivativeBounds(loss);
    if (known !== undefined) return { g: known.g * largestWeight, h: known.h * largestWeight };
    const own = { g: 0, h: 0 };
    forEachBlock(shard.rowCount, seat, (start, count) => {
      deriveRows(output, start, count);
      own.g = largestSize(block.g, count, own.g);
      own.h = largestSize(block.h, count, own.h);
    });
    return { g: largestOfThreads(own.g), h: largestOfThreads(own.h) };
  };
  return Object.freeze({
    startRound() {
      if (rest !== undefined) logSumExpOf(shard.scores, rest);
    },
    load(output: number, dither: number) {
      const most = largest(output);
      const scales = { g: scaleFor(most.g, gradientLimit), h: scaleFor(most.h, hessianLimit) };
      forEachBlock(shard.rowCount, seat, (start, count, first) => {
        deriveRows(output, start, count);
        const into = shard.at.gradients + 8 * start;
        run.packGradients(into, count, scales.g, scales.h, ditherOfRow(first, dither));
      });
      return scales;
    },
  });
}

/** The largest of a number and the sizes of the first so many values. */
function largestSize(values: Float32Array, count: number, above: number): number {
  let largest = above;
  for (let i = 0; i < count; i++) largest = Math.max(largest, Math.abs(values[i]));
  return largest;
}

/** Per row log Σ exp of its scores; column by column, which spares an array for every row. */
function logSumExpOf(scores: readonly Float32Array[], into: Float32Array): void {
  const most = new Float32Array(into.length).fill(-Infinity);
  for (const column of scores)
    for (let row = 0; row < most.length; row++) if (column[row] > most[row]) most[row] = column[row];
  into.fill(0);
  for (const column of scores)
    for (let row = 0; row < into.length; row++) into[row] += Math.exp(column[row] - most[row]);
  for (let row = 0; row < into.length; row++) into[row] = most[row] + Math.log(into[row]);
}

interface Block {
  readonly g: Float32Array;
  readonly h: Float32Array;
}

interface Stretch {
  readonly output: number;
  readonly start: number;
  readonly count: number;
}

function deriveBlock(
  from: {
    readonly shard: Shard;
    readonly loss: Loss;
    readonly rest: Float32Array | undefined;
    readonly block: Block;
  },
  { output, start, count }: Stretch,
): void {
  const { shard, loss, rest, block } = from;
  const { kernels, at, scores, targets } = shard;
  const end = start + count;
  if (loss.name === "logistic")
    kernels.run.logisticDerivatives(at.scores + 4 * start, at.targets + 4 * start, count);
  else if (loss.name === "squared")
    kernels.run.squaredDerivatives(at.scores + 4 * start, at.targets + 4 * start, count);
  else {
    const rows = { scores: scores[output].subarray(start, end), targets: targets.subarray(start, end) };
    derive(loss, { ...rows, rest: rest?.subarray(start, end), output }, block);
  }
}

function weigh({ g, h }: Block, weights: Float32Array): void {
  for (let i = 0; i < weights.length; i++) {
    g[i] *= weights[i];
    h[i] *= weights[i];
  }
}
