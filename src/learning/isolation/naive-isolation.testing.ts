import type { Rng } from "../../kernel/index.js";

/** A node that says which rows came to it. */
export type NaiveNode =
  | { readonly rows: readonly number[]; readonly depth: number }
  | {
      readonly feature: number;
      readonly threshold: number;
      readonly missingLeft: boolean;
      readonly left: NaiveNode;
      readonly right: NaiveNode;
    };

/** The tree by its definition: recursion over plain lists. It draws from the rng in the documented order. */
export function naiveTree(
  columns: readonly Float32Array[],
  rows: readonly number[],
  grow: { readonly rng: Rng; readonly maxDepth: number; readonly depth?: number },
): NaiveNode {
  const depth = grow.depth ?? 0;
  const features = columns.map((_, feature) => feature);
  while (rows.length > 1 && depth < grow.maxDepth && features.length > 0) {
    const feature = features.splice(grow.rng.below(features.length), 1)[0];
    const valueOf = (row: number) => columns[feature][row];
    const present = rows.map(valueOf).filter((value) => !Number.isNaN(value));
    const least = Math.min(...present);
    const largest = Math.max(...present);
    if (present.length === 0 || least === largest) continue;
    let threshold = Math.fround(least + grow.rng.next() * (largest - least));
    if (threshold >= largest) threshold = least;
    const lefts = present.filter((value) => value <= threshold).length;
    const missingLeft = lefts >= present.length - lefts;
    const goesLeft = (row: number) => (Number.isNaN(valueOf(row)) ? missingLeft : valueOf(row) <= threshold);
    const next = { ...grow, depth: depth + 1 };
    const left = naiveTree(columns, rows.filter(goesLeft), next);
    const right = naiveTree(
      columns,
      rows.filter((row) => !goesLeft(row)),
      next,
    );
    return { feature, threshold, missingLeft, left, right };
  }
  return { rows, depth };
}

/** Depth of a row plus the expected rest, by the paper's formula written out. */
export function naivePathLength(node: NaiveNode, columns: readonly Float32Array[], row: number): number {
  if ("rows" in node) {
    const n = node.rows.length;
    if (n < 2) return node.depth;
    const harmonic = n === 2 ? 1 : Math.log(n - 1) + 0.5772156649015329;
    return node.depth + (n === 2 ? 1 : 2 * harmonic - (2 * (n - 1)) / n);
  }
  const value = columns[node.feature][row];
  const left = Number.isNaN(value) ? node.missingLeft : value <= node.threshold;
  return naivePathLength(left ? node.left : node.right, columns, row);
}
