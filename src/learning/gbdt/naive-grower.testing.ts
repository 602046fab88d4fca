import { binOf, boundsPerFeature, type BinLayout } from "./bins.js";
import { gradientScale, hessianScale } from "./fixed-point.js";
import type { GbdtOptions } from "./options.js";

/** One row as the slow grower sees it: a bin per feature and integer derivatives. */
export interface NaiveRow {
  readonly bins: readonly number[];
  readonly g: number;
  readonly h: number;
}

export interface NaiveNode {
  readonly rows: readonly NaiveRow[];
  readonly value: number;
  readonly split?: { readonly feature: number; readonly bin: number; readonly missingLeft: boolean };
  readonly children?: readonly [NaiveNode, NaiveNode];
}

interface Candidate {
  readonly feature: number;
  readonly bin: number;
  readonly missingLeft: boolean;
  readonly value: number;
}

const sum = (rows: readonly NaiveRow[], of: "g" | "h") => rows.reduce((total, row) => total + row[of], 0);
const share = (rows: readonly NaiveRow[], l2: number) =>
  (sum(rows, "g") * sum(rows, "g")) / (sum(rows, "h") + l2 * hessianScale);

function goesLeft(row: NaiveRow, { feature, bin, missingLeft }: Omit<Candidate, "value">): boolean {
  return row.bins[feature] === 0 ? missingLeft : row.bins[feature] <= bin;
}

/** Tries every split by dealing out the rows anew. Order of trial: feature, missing right then left, bin. */
function search(rows: readonly NaiveRow[], layout: BinLayout, options: GbdtOptions): Candidate | undefined {
  const gainUnit = hessianScale / gradientScale ** 2;
  let best: Candidate | undefined;
  let bestValue = share(rows, options.l2) + 1e-6 / gainUnit;
  for (let feature = 0; feature < layout.featureCount; feature++) {
    const bins = layout.offsets[feature + 1] - layout.offsets[feature] - 1;
    const anyMissing = rows.some((row) => row.bins[feature] === 0 && (row.g !== 0 || row.h !== 0));
    for (const missingLeft of anyMissing ? [false, true] : [false]) {
      for (let bin = 1; bin <= bins; bin++) {
        const left = rows.filter((row) => goesLeft(row, { feature, bin, missingLeft }));
        const right = rows.filter((row) => !goesLeft(row, { feature, bin, missingLeft }));
        const least = options.minLeafHessian * hessianScale;
        if (sum(left, "h") < least || sum(right, "h") < least) continue;
        const value = share(left, options.l2) + share(right, options.l2);
        if (value <= bestValue) continue;
        bestValue = value;
        const unseenLeft = sum(left, "h") > sum(right, "h");
        best = { feature, bin, missingLeft: anyMissing ? missingLeft : unseenLeft, value };
      }
    }
  }
  return best;
}

/** Leaf-wise growth by the definition: always split the leaf with the largest gain, the oldest among equals. */
export function growNaively(rows: readonly NaiveRow[], layout: BinLayout, options: GbdtOptions): NaiveNode {
  interface Draft {
    rows: readonly NaiveRow[];
    best: Candidate | undefined;
    gain: number;
    children?: readonly [Draft, Draft];
  }
  const draft = (part: readonly NaiveRow[]): Draft => {
    const best = search(part, layout, options);
    return { rows: part, best, gain: best === undefined ? 0 : best.value - share(part, options.l2) };
  };
  const root = draft(rows);
  const leaves = [root];
  while (leaves.length < options.leaves) {
    const gain = Math.max(...leaves.map((leaf) => leaf.gain));
    const leaf = leaves.find((candidate) => candidate.best !== undefined && candidate.gain === gain);
    if (leaf?.best === undefined) break;
    const { best } = leaf;
    const children = [
      draft(leaf.rows.filter((row) => goesLeft(row, best))),
      draft(leaf.rows.filter((row) => !goesLeft(row, best))),
    ] as const;
    leaf.children = children;
    leaves.splice(leaves.indexOf(leaf), 1, ...children);
  }
  const finish = (node: Draft): NaiveNode => {
    const step = -(sum(node.rows, "g") / gradientScale) / (sum(node.rows, "h") / hessianScale + options.l2);
    const value = Math.fround(options.learningRate * step);
    if (node.best === undefined || node.children === undefined) return { rows: node.rows, value };
    return {
      rows: node.rows,
      value,
      split: node.best,
      children: [finish(node.children[0]), finish(node.children[1])],
    };
  };
  return finish(root);
}

/** Bins of every row, one value at a time. */
export function binAll(columns: readonly Float32Array[], layout: BinLayout): readonly (readonly number[])[] {
  return Array.from(columns[0], (_, row) =>
    columns.map((column, f) => binOf(column[row], layout.bounds, f * boundsPerFeature)),
  );
}
