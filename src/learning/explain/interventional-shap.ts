import { childOf } from "../decision-nodes.js";
import type { Tree } from "../gbdt/tree.js";
import type { ValueOf } from "./path-shap.js";

/** Which of two rows each column is taken from on the way to a node, where the rows part. */
type Origin = 0 | 1 | 2;
const either: Origin = 0;
const explained: Origin = 1;
const reference: Origin = 2;

interface Visit {
  readonly tree: Tree;
  readonly explainedValue: ValueOf;
  readonly referenceValue: ValueOf;
  readonly origin: Origin[];
  readonly into: Float64Array;
}

/** What the leaves below a node give to a column that was taken from the explained or from the reference row. */
interface Gain {
  readonly fromExplained: number;
  readonly fromReference: number;
}

/**
 * Adds to `into[column]` what each column contributes to the difference of the tree's answers for a row and a
 * reference row: exact Shapley values of the game in which an unknown column has the reference's value
 * (Lundberg et al. 2020, interventional). They add up to the difference. Time: leaves.
 */
export function addInterventionalShap(
  tree: Tree,
  rows: { readonly explained: ValueOf; readonly reference: ValueOf },
  into: Float64Array,
): void {
  const context = {
    tree,
    explainedValue: rows.explained,
    referenceValue: rows.reference,
    origin: new Array<Origin>(into.length).fill(either),
    into,
  };
  visit(context, 0, { explained: 0, reference: 0 });
}

function visit(
  context: Visit,
  node: number,
  taken: { readonly explained: number; readonly reference: number },
): Gain {
  const { tree, origin, into } = context;
  const column = tree.feature[node];
  if (column < 0) return leafGain(tree.value[node], taken);
  const mine = childOf(tree, node, context.explainedValue(column));
  const theirs = childOf(tree, node, context.referenceValue(column));
  if (mine === theirs || origin[column] === explained) return visit(context, mine, taken);
  if (origin[column] === reference) return visit(context, theirs, taken);
  origin[column] = explained;
  const a = visit(context, mine, { ...taken, explained: taken.explained + 1 });
  origin[column] = reference;
  const b = visit(context, theirs, { ...taken, reference: taken.reference + 1 });
  origin[column] = either;
  into[column] += a.fromExplained - b.fromReference;
  return {
    fromExplained: a.fromExplained + b.fromExplained,
    fromReference: a.fromReference + b.fromReference,
  };
}

/** Shapley weights of a leaf that needs u columns of the explained and v of the reference row. */
function leafGain(
  value: number,
  { explained: u, reference: v }: { explained: number; reference: number },
): Gain {
  const ways = binomial(u + v, u);
  return {
    fromExplained: u === 0 ? 0 : value / (u * ways),
    fromReference: v === 0 ? 0 : value / (v * ways),
  };
}

function binomial(n: number, k: number): number {
  let ways = 1;
  for (let i = 1; i <= k; i++) ways = (ways * (n - k + i)) / i;
  return ways;
}
