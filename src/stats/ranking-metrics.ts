/** The figures of one ranked list, or NaN where nothing in it is relevant. */
export interface ListFigures {
  readonly ndcg: number;
  readonly averagePrecision: number;
  readonly reciprocalRank: number;
  readonly recall: number;
}

/** Items of equal score: how many stand above them, how many they are, and what is relevant in them and above. */
interface TieBlock {
  readonly above: number;
  readonly size: number;
  readonly relevant: number;
  readonly relevantAbove: number;
  /** Mean gain of its items. */
  readonly gain: number;
}

/**
 * NDCG and recall among the first k, average precision and reciprocal rank of one list. Items of equal score stand in
 * random order: each figure is its mean over all their orders (McSherry & Najork 2008, "Computing information
 * retrieval performance measures efficiently in the presence of tied scores").
 *
 * An item is relevant when its relevance is above 0; its gain is the relevance itself, discounted by log₂(rank + 1)
 * (Järvelin & Kekäläinen 2002).
 * @param relevance at least 0
 */
export function listFigures(scores: ArrayLike<number>, relevance: ArrayLike<number>, k: number): ListFigures {
  const order = Array.from({ length: scores.length }, (_, i) => i).sort((a, b) => scores[b] - scores[a]);
  const blocks = tieBlocks(order, scores, relevance);
  const total = order.reduce((sum, i) => sum + Number(relevance[i] > 0), 0);
  if (total === 0) return { ndcg: NaN, averagePrecision: NaN, reciprocalRank: NaN, recall: NaN };
  const ideal = order.map((i) => relevance[i]).sort((a, b) => b - a);
  const best = ideal.slice(0, k).reduce((sum, gain, i) => sum + gain / Math.log2(i + 2), 0);
  const sum = (figure: (block: TieBlock) => number) => blocks.reduce((all, block) => all + figure(block), 0);
  const first = blocks.find(({ relevant }) => relevant > 0) as TieBlock;
  return {
    ndcg: sum((block) => discountedGain(block, k)) / best,
    averagePrecision: sum(expectedPrecision) / total,
    reciprocalRank: expectedReciprocal(first),
    recall: sum((block) => (block.relevant * placesWithin(block, k)) / block.size) / total,
  };
}

function tieBlocks(
  order: readonly number[],
  scores: ArrayLike<number>,
  relevance: ArrayLike<number>,
): TieBlock[] {
  const blocks: TieBlock[] = [];
  let relevantAbove = 0;
  for (let start = 0, end = 0; start < order.length; start = end) {
    let [relevant, gain] = [0, 0];
    for (end = start; end < order.length && scores[order[end]] === scores[order[start]]; end++) {
      relevant += Number(relevance[order[end]] > 0);
      gain += relevance[order[end]];
    }
    const size = end - start;
    blocks.push({ above: start, size, relevant, relevantAbove, gain: gain / size });
    relevantAbove += relevant;
  }
  return blocks;
}

/** How many of the first k places the block takes. */
function placesWithin({ above, size }: TieBlock, k: number): number {
  return Math.max(0, Math.min(size, k - above));
}

function discountedGain(block: TieBlock, k: number): number {
  let sum = 0;
  for (let place = 0; place < placesWithin(block, k); place++) {
    sum += block.gain / Math.log2(block.above + place + 2);
  }
  return sum;
}

/** The expected sum of precisions at the relevant items of a block. */
function expectedPrecision({ above, size, relevant, relevantAbove }: TieBlock): number {
  if (relevant === 0) return 0;
  const others = size === 1 ? 0 : (relevant - 1) / (size - 1);
  let sum = 0;
  for (let place = 0; place < size; place++)
    sum += (relevantAbove + 1 + others * place) / (above + place + 1);
  return (relevant / size) * sum;
}

/** E[1 / rank of the first relevant item], which is in this block. */
function expectedReciprocal({ above, size, relevant }: TieBlock): number {
  let sum = 0;
  let noneYet = 1;
  for (let place = 0; place <= size - relevant; place++) {
    const here = relevant / (size - place);
    sum += (noneYet * here) / (above + place + 1);
    noneYet *= 1 - here;
  }
  return sum;
}
