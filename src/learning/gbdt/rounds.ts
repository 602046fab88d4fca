import { seededRng } from "../../kernel/index.js";
import type { BinLayout } from "./bins.js";
import type { Crew } from "./crew.js";
import { ditherOfTree, mix } from "./fixed-point.js";
import { openGradients } from "./gradients.js";
import { growTree } from "./grow-tree.js";
import { leafQuantiles, weightSteps } from "./leaf-quantiles.js";
import { leafQuantile, lossTitles, type Loss } from "./losses.js";
import { meanLoss } from "./mean-losses.js";
import type { GbdtOptions } from "./options.js";
import { dealt, rowsOfThread, tableRow } from "./seat.js";
import { setLimits } from "./set-split.js";
import { openShard, type GrownLeaf, type Shard, type TrainingColumns } from "./shard.js";
import { leafValue, type Curve, type Tree } from "./tree.js";

/** What all threads of a training are given. */
export interface Training {
  readonly training: TrainingColumns;
  /** Rows to watch: their columns are encoded as for scoring. */
  readonly validation?: TrainingColumns | undefined;
  readonly options: GbdtOptions;
  readonly loss: Loss;
  readonly base: readonly number[];
  /** Per column 1, −1 or 0; absent without constraints. */
  readonly monotone?: Int8Array | undefined;
  readonly largestWeight: number;
  /** Shared: of every round the loss on training and validation rows, as they come. */
  readonly losses?: Float64Array | undefined;
}

/** What a training comes to. */
export interface Boosted {
  readonly trees: readonly Tree[];
  readonly curves: readonly Curve[];
}

/** The rounds of a training, by one of its threads. All threads return the same. */
export function boost(
  given: Training,
  { layout, crew }: { readonly layout: BinLayout; readonly crew: Crew },
  onRound: (done: number) => void,
): Boosted {
  const { options, loss, base } = given;
  const shard = openShard(given.training, { layout, seat: crew.seat, base, leaves: options.leaves });
  const plant = planter(given, { shard, layout, crew });
  const watch = given.validation && watcher(given, { shard, crew, validation: given.validation });
  const trees: Tree[] = [];
  for (let round = 0; round < options.trees && !(watch?.isOver() ?? false); round++) {
    shard.drawBag(options.rowShare, mix(mix(options.seed + 1) + round));
    plant.startRound();
    const planted = base.map((_, output) => plant.tree(round * loss.width + output, output));
    trees.push(...planted);
    watch?.look(planted);
    onRound(round + 1);
  }
  return {
    trees: trees.slice(0, (watch?.keep() ?? options.trees) * loss.width),
    curves: watch?.curves() ?? [],
  };
}

interface Bed {
  readonly shard: Shard;
  readonly layout: BinLayout;
  readonly crew: Crew;
}

/** Grows one tree after the other and adds it to the scores. */
function planter(given: Training, { shard, layout, crew }: Bed) {
  const { options, loss, monotone, largestWeight } = given;
  const { seat } = crew;
  const largestOfThreads = (own: number) => crew.largest(own);
  const gradients = openGradients({ shard, loss, seat, largestWeight, largestOfThreads });
  const quantile = leafQuantile(loss);
  const weights = shard.weights && wholeWeights(shard.weights, largestWeight);
  const renew =
    quantile === undefined
      ? undefined
      : (leaves: readonly GrownLeaf[]) => leafQuantiles({ shard, leaves, quantile, weights }, crew);
  return {
    startRound: () => gradients.startRound(),
    tree(number: number, output: number): Tree {
      const scales = gradients.load(output, ditherOfTree(options.seed, number + 1));
      const wanted = drawColumns(layout.featureCount, options, number);
      const { kernels, at } = shard;
      const rules = { kernels, at, layout, limits: options, sets: setLimits, scales, wanted, monotone };
      const { tree, leaves } = growTree({ shard, rules, options, crew, renew });
      shard.apply(output, tree, leaves);
      return tree;
    },
  };
}

function wholeWeights(weights: Float32Array, largest: number): Float64Array {
  return Float64Array.from(weights, (weight) => Math.max(1, Math.round((weight / largest) * weightSteps)));
}

/** The features that a tree may use; every thread draws the same. */
function drawColumns(count: number, { columnShare, seed }: GbdtOptions, tree: number): Uint8Array {
  const wanted = new Uint8Array(count).fill(columnShare === 1 ? 1 : 0);
  if (columnShare === 1) return wanted;
  const rng = seededRng(mix(mix(seed + 2) + tree));
  const order = [...wanted.keys()];
  for (let i = 0; i < Math.ceil(columnShare * count); i++) {
    const j = i + rng.below(count - i);
    [order[i], order[j]] = [order[j], order[i]];
    wanted[order[i]] = 1;
  }
  return wanted;
}

/** Follows the losses on training and validation rows. */
function watcher(
  { options, loss, base, training, losses }: Training,
  scene: { readonly shard: Shard; readonly crew: Crew; readonly validation: TrainingColumns },
) {
  const { shard, crew, validation } = scene;
  const { seat } = crew;
  const rowCount = rowsOfThread(validation.targets.length, seat);
  const deal = (column: Float32Array) => dealt(column, seat, new Float32Array(rowCount));
  const watched = {
    rowCount,
    targets: deal(validation.targets),
    weights: validation.weights && deal(validation.weights),
    scores: base.map((score) => new Float32Array(rowCount).fill(score)),
  };
  const onTraining: number[] = [];
  const onValidation: number[] = [];
  let best = -1;
  return {
    look(planted: readonly Tree[]): void {
      planted.forEach((tree, output) => {
        const scores = watched.scores[output];
        for (let row = 0; row < rowCount; row++)
          scores[row] += leafValue(tree, validation.columns, tableRow(row, seat));
      });
      onTraining.push(meanLoss(shard, training.targets.length, { loss, crew }));
      onValidation.push(meanLoss(watched, validation.targets.length, { loss, crew }));
      const last = onValidation.length - 1;
      losses?.set([onTraining[last], onValidation[last]], 2 * last);
      if (best < 0 || onValidation[last] < onValidation[best]) best = last;
    },
    isOver: () => options.patience > 0 && onValidation.length - 1 - best >= options.patience,
    /** Rounds to keep. */
    keep: () => (options.patience > 0 ? best + 1 : onValidation.length),
    curves: (): readonly Curve[] => [
      { name: `train ${lossTitles[loss.name]}`, values: onTraining },
      { name: `validation ${lossTitles[loss.name]}`, values: onValidation },
    ],
  };
}
