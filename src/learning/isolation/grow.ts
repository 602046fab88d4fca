import type { Rng } from "../../kernel/index.js";
import type { DecisionNodes } from "../decision-nodes.js";
import { averagePathLength } from "./path-length.js";

/** A tree of random decisions. */
export interface IsolationTree extends DecisionNodes {
  /** float32: decisions on the way to a leaf, plus those that its rows would still have needed. 0 for an inner node. */
  readonly pathLength: readonly number[];
}

/** `size` distinct row numbers below `rowCount`, each set equally likely (Floyd's algorithm). */
export function sampleRows(rowCount: number, size: number, rng: Rng): Uint32Array {
  const chosen = new Set<number>();
  for (let last = rowCount - size; last < rowCount; last++) {
    const row = rng.below(last + 1);
    chosen.add(chosen.has(row) ? last : row);
  }
  return Uint32Array.from(chosen);
}

interface Grower {
  readonly columns: readonly Float32Array[];
  readonly rng: Rng;
  readonly maxDepth: number;
  readonly nodes: { readonly [K in keyof IsolationTree]: number[] };
}

/**
 * Grows a tree on the rows: a feature at random among those that still vary, a threshold at random between its
 * least and largest present value, until a row is alone, nothing varies, or the depth is reached. Missing
 * values go with the larger part of the present ones (left if equal), so they make a row neither strange nor
 * ordinary. The rows are rearranged.
 */
export function growIsolationTree(
  columns: readonly Float32Array[],
  rows: Uint32Array,
  { rng, maxDepth }: { readonly rng: Rng; readonly maxDepth: number },
): IsolationTree {
  const nodes = { feature: [], threshold: [], missingLeft: [], left: [], right: [], pathLength: [] };
  growNode({ columns, rng, maxDepth, nodes }, rows, 0);
  return nodes;
}

/** Appends the node of these rows and all below it, left before right; returns its number. */
function growNode(grower: Grower, rows: Uint32Array, depth: number): number {
  const { nodes, columns, maxDepth } = grower;
  const node = nodes.feature.push(-1) - 1;
  for (const column of [nodes.threshold, nodes.missingLeft, nodes.left, nodes.right]) column.push(0);
  nodes.pathLength.push(Math.fround(depth + averagePathLength(rows.length)));
  const split = rows.length > 1 && depth < maxDepth ? drawSplit(grower, rows) : undefined;
  if (split === undefined) return node;
  const parts = partRows(rows, columns[split.feature], split.threshold);
  nodes.feature[node] = split.feature;
  nodes.threshold[node] = split.threshold;
  nodes.missingLeft[node] = parts.missingLeft ? 1 : 0;
  nodes.pathLength[node] = 0;
  nodes.left[node] = growNode(grower, parts.left, depth + 1);
  nodes.right[node] = growNode(grower, parts.right, depth + 1);
  return node;
}

function drawSplit({ columns, rng }: Grower, rows: Uint32Array) {
  const untried = [...columns.keys()];
  while (untried.length > 0) {
    const [feature] = untried.splice(rng.below(untried.length), 1);
    let low = Infinity;
    let high = -Infinity;
    for (const row of rows) {
      const value = columns[feature][row];
      if (value < low) low = value;
      if (value > high) high = value;
    }
    if (!(low < high)) continue;
    const drawn = Math.fround(low + rng.next() * (high - low));
    // Rounding must not leave the right side empty.
    return { feature, threshold: drawn < high ? drawn : low };
  }
  return undefined;
}

function partRows(rows: Uint32Array, column: Float32Array, threshold: number) {
  const below = rows.filter((row) => column[row] <= threshold);
  const above = rows.filter((row) => column[row] > threshold);
  const missing = rows.filter((row) => Number.isNaN(column[row]));
  const missingLeft = below.length >= above.length;
  return {
    missingLeft,
    left: missingLeft ? joined(below, missing) : below,
    right: missingLeft ? above : joined(above, missing),
  };
}

function joined(part: Uint32Array, more: Uint32Array): Uint32Array {
  const both = new Uint32Array(part.length + more.length);
  both.set(part);
  both.set(more, part.length);
  return both;
}
