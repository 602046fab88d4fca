import { childOf } from "../decision-nodes.js";
import type { Tree } from "../gbdt/tree.js";

/** The row that is explained: the value of a tree's column. */
export type ValueOf = (column: number) => number;

/** Share of a node's training rows that went to the child; half where no row came. */
function shareOf({ rows }: Tree, node: number, child: number): number {
  return rows[node] > 0 ? rows[child] / rows[node] : 0.5;
}

/** What a tree answers when no column is known: every leaf by its share of the training rows. */
export function expectedValue(tree: Tree, node = 0): number {
  if (tree.feature[node] < 0) return tree.value[node];
  return [tree.left[node], tree.right[node]].reduce(
    (sum, child) => sum + shareOf(tree, node, child) * expectedValue(tree, child),
    0,
  );
}

/**
 * The distinct columns on the way to a node. `zero` is the share of rows that pass when the column is unknown,
 * `one` whether the explained row passes, `weight` the sum of Shapley weights over subsets by their size. Entry 0
 * stands for the empty path.
 */
interface Path {
  readonly column: readonly number[];
  readonly zero: readonly number[];
  readonly one: readonly number[];
  readonly weight: readonly number[];
}

const emptyPath: Path = { column: [], zero: [], one: [], weight: [] };

interface Step {
  readonly column: number;
  readonly zero: number;
  readonly one: number;
}

/**
 * Adds to `into[column]` what each column contributes to the tree's answer for a row: exact Shapley values of the
 * game in which an unknown column splits the row by the training rows (Lundberg, Erion, Lee 2018, algorithm 2).
 * With `expectedValue` they add up to the row's leaf. Time: leaves × depth².
 */
export function addPathShap(tree: Tree, valueOf: ValueOf, into: Float64Array): void {
  visit({ tree, valueOf, into }, 0, extended(emptyPath, { column: -1, zero: 1, one: 1 }));
}

interface Visit {
  readonly tree: Tree;
  readonly valueOf: ValueOf;
  readonly into: Float64Array;
}

function visit(context: Visit, node: number, path: Path): void {
  const { tree, valueOf, into } = context;
  const column = tree.feature[node];
  if (column < 0) {
    for (let i = 1; i < path.column.length; i++) {
      into[path.column[i]] += weightWithout(path, i) * (path.one[i] - path.zero[i]) * tree.value[node];
    }
    return;
  }
  const known = path.column.indexOf(column);
  const before = known < 0 ? { zero: 1, one: 1 } : { zero: path.zero[known], one: path.one[known] };
  const rest = known < 0 ? path : unwound(path, known);
  const followed = childOf(tree, node, valueOf(column));
  for (const child of [tree.left[node], tree.right[node]]) {
    const zero = before.zero * shareOf(tree, node, child);
    const one = child === followed ? before.one : 0;
    // A leaf that is reached neither way adds nothing, and could not be unwound.
    if (zero > 0 || one > 0) visit(context, child, extended(rest, { column, zero, one }));
  }
}

function extended(path: Path, { column, zero, one }: Step): Path {
  const length = path.column.length;
  const weight = [...path.weight, length === 0 ? 1 : 0];
  for (let i = length - 1; i >= 0; i--) {
    weight[i + 1] += (one * weight[i] * (i + 1)) / (length + 1);
    weight[i] = (zero * weight[i] * (length - i)) / (length + 1);
  }
  return {
    column: [...path.column, column],
    zero: [...path.zero, zero],
    one: [...path.one, one],
    weight,
  };
}

/** Weights of the path without its entry, which undoes `extended`. */
function weightsWithout({ zero, one, weight }: Path, entry: number): number[] {
  const last = weight.length - 1;
  const without = weight.slice(0, last);
  let next = weight[last];
  for (let i = last - 1; i >= 0; i--) {
    if (one[entry] !== 0) {
      without[i] = (next * (last + 1)) / ((i + 1) * one[entry]);
      next = weight[i] - (without[i] * zero[entry] * (last - i)) / (last + 1);
    } else without[i] = (weight[i] * (last + 1)) / (zero[entry] * (last - i));
  }
  return without;
}

function weightWithout(path: Path, entry: number): number {
  return weightsWithout(path, entry).reduce((sum, weight) => sum + weight, 0);
}

function unwound(path: Path, entry: number): Path {
  const others = (values: readonly number[]) => values.filter((_, i) => i !== entry);
  return {
    column: others(path.column),
    zero: others(path.zero),
    one: others(path.one),
    weight: weightsWithout(path, entry),
  };
}
