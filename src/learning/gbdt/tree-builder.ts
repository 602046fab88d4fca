import type { Split } from "./split.js";
import type { Tree } from "./tree.js";

/** Collects the nodes of a growing tree. */
export function treeBuilder() {
  const feature: number[] = [];
  const threshold: number[] = [];
  const missingLeft: number[] = [];
  const left: number[] = [];
  const right: number[] = [];
  const value: number[] = [];
  const gain: number[] = [];
  const rows: number[] = [];
  const sets: Record<number, readonly number[]> = {};
  const addLeaf = (): number => {
    for (const column of [threshold, missingLeft, left, right, value, gain, rows]) column.push(0);
    return feature.push(-1) - 1;
  };
  return {
    addLeaf,
    split(node: number, split: Split, bound: number): readonly [number, number] {
      feature[node] = split.feature;
      threshold[node] = bound;
      if (split.set !== undefined) sets[node] = split.set;
      missingLeft[node] = split.missingLeft ? 1 : 0;
      gain[node] = split.gain;
      left[node] = addLeaf();
      right[node] = addLeaf();
      return [left[node], right[node]];
    },
    setLeaf(node: number, leafValue: number, leafRows: number): void {
      value[node] = leafValue;
      rows[node] = leafRows;
    },
    finish(): Tree {
      // Children come after their parent.
      for (let node = rows.length - 1; node >= 0; node--) {
        if (feature[node] >= 0) rows[node] = rows[left[node]] + rows[right[node]];
      }
      const nodes = { feature, threshold, missingLeft, left, right, value, gain, rows };
      return Object.keys(sets).length === 0 ? nodes : { ...nodes, sets };
    },
  };
}
