import { serveWorker } from "../../kernel/index.js";
import { openBarrier, type Barrier } from "./barrier.js";
import { boundsPerFeature, cutBounds, layoutOf, writeBounds, type BinLayout } from "./bins.js";
import { ditherOfTree } from "./fixed-point.js";
import { growTree, type GrowContext } from "./grow-tree.js";
import { histogramRoom, type Histogram } from "./histogram.js";
import type { GbdtOptions } from "./options.js";
import { openShard, type ThreadSeat, type TrainingColumns } from "./shard.js";
import type { Tree } from "./tree.js";

/** What each of a crew of training threads is given. All buffers are shared by the crew. */
export interface GbdtWorkerInput {
  readonly seat: ThreadSeat;
  readonly training: TrainingColumns;
  readonly options: GbdtOptions;
  readonly base: number;
  readonly barrier: SharedArrayBuffer;
  /** Room for `boundsPerFeature` float32 per feature. */
  readonly bounds: Float32Array;
  /** Room for two histograms per thread. */
  readonly exchange: SharedArrayBuffer;
}

function trainTrees(input: GbdtWorkerInput, onTree: (done: number) => unknown): Tree[] {
  const { seat, training, options, base } = input;
  const barrier = openBarrier(input.barrier, seat.threads);
  const layout = cutTogether(input, barrier);
  const shard = openShard(training, layout, seat);
  const context: GrowContext = {
    shard,
    layout,
    options,
    sumOverThreads: summation(input, layout, barrier),
    histograms: Array.from({ length: options.leaves }, () => new Float64Array(2 * layout.binCount)),
  };
  shard.startTree();
  shard.applyLeaves([{ start: 0, end: shard.rowCount, value: base }], ditherOfTree(options.seed, 0));
  return Array.from({ length: options.trees }, (_, done) => {
    const { tree, leaves } = growTree(context);
    shard.applyLeaves(leaves, ditherOfTree(options.seed, done + 1));
    onTree(done + 1);
    return tree;
  });
}

/** Every thread cuts its share of the features. */
function cutTogether({ seat, training, options, bounds }: GbdtWorkerInput, barrier: Barrier): BinLayout {
  for (let f = seat.thread; f < bounds.length / boundsPerFeature; f += seat.threads) {
    writeBounds(bounds, f, cutBounds(training.columns[f], options.maxBins, options.seed));
  }
  barrier.wait();
  return layoutOf(bounds);
}

/**
 * Each thread builds into a place of its own, all wait, each adds up all places. There are two sets of
 * places, used in turn: a thread that is one exchange ahead writes where nobody reads any more, and no
 * thread can be two ahead.
 */
function summation(
  input: GbdtWorkerInput,
  layout: BinLayout,
  barrier: Barrier,
): GrowContext["sumOverThreads"] {
  const { thread, threads } = input.seat;
  const room = histogramRoom(layout.featureCount) * Float64Array.BYTES_PER_ELEMENT;
  const placesOf = (set: number): readonly Histogram[] =>
    Array.from(
      { length: threads },
      (_, i) => new Float64Array(input.exchange, (set * threads + i) * room, 2 * layout.binCount),
    );
  const sets = [placesOf(0), placesOf(1)];
  let turn = 0;
  return (build, total) => {
    const places = sets[turn];
    turn = 1 - turn;
    build(places[thread].fill(0));
    barrier.wait();
    total.fill(0);
    for (const place of places) {
      for (let i = 0; i < total.length; i++) total[i] += place[i];
    }
  };
}

serveWorker<GbdtWorkerInput, Tree[]>((input, onTree) => {
  const speaks = input.seat.thread === 0;
  const trees = trainTrees(input, (done) => speaks && onTree(done));
  return speaks ? trees : undefined;
});
