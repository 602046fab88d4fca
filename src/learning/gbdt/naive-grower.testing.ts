import { binOf, boundsPerFeature, type BinLayout } from "./bins.js";
import type { Scales } from "./fixed-point.js";
import type { GbdtOptions } from "./options.js";
import type { SetLimits } from "./set-split.js";

/** One row as the slow grower sees it: a bin per feature and integer derivatives. */
export interface NaiveRow {
  readonly bins: readonly number[];
  readonly g: number;
  readonly h: number;
}

export interface NaiveNode {
  readonly rows: readonly NaiveRow[];
  readonly value: number;
  readonly split?: Candidate;
  readonly children?: readonly [NaiveNode, NaiveNode];
}

interface Candidate {
  readonly feature: number;
  /** The highest bin that goes left, or all that do. */
  readonly bin: number | readonly number[];
  readonly missingLeft: boolean;
  readonly value: number;
  /** What the values of the children are penalised by besides the usual. */
  readonly penalty: number;
}

/** Values that a node may take. */
interface Limits {
  readonly low: number;
  readonly high: number;
  readonly penalty: number;
}

export interface NaiveContext {
  readonly layout: BinLayout;
  readonly options: GbdtOptions;
  readonly scales: Scales;
  readonly sets: SetLimits;
  /** Per feature 1, −1 or 0. */
  readonly monotone?: readonly number[];
}

const sum = (rows: readonly NaiveRow[], of: "g" | "h") => rows.reduce((total, row) => total + row[of], 0);

/** The value, in fixed point, that a node of these rows takes before shrinkage. */
function stepOf(
  rows: readonly NaiveRow[],
  { low, high, penalty }: Limits,
  { options, scales }: NaiveContext,
): number {
  const unit = scales.h / scales.g;
  const step = -sum(rows, "g") / (sum(rows, "h") + (options.l2 + penalty) * scales.h);
  return Math.min(high / unit, Math.max(low / unit, step));
}

/** Twice what the loss falls, to second order, when the rows take that value. */
function share(rows: readonly NaiveRow[], limits: Limits, context: NaiveContext): number {
  const g = sum(rows, "g");
  const curvature = sum(rows, "h") + (context.options.l2 + limits.penalty) * context.scales.h;
  if (curvature === 0) return 0;
  const step = stepOf(rows, limits, context);
  // The first is the second at its maximum; written out because sums of floating-point numbers differ.
  return step === -g / curvature ? (g * g) / curvature : -(2 * g + curvature * step) * step;
}

type Division = Pick<Candidate, "feature" | "bin" | "missingLeft">;

function goesLeft(row: NaiveRow, { feature, bin, missingLeft }: Division): boolean {
  const own = row.bins[feature];
  if (typeof bin !== "number") return bin.includes(own);
  return own === 0 ? missingLeft : own <= bin;
}

/** What a division is worth, or −1 where it is not allowed. */
function worth(
  rows: readonly NaiveRow[],
  division: Division,
  { limits, context }: { readonly limits: Limits; readonly context: NaiveContext },
): number {
  const left = rows.filter((row) => goesLeft(row, division));
  const right = rows.filter((row) => !goesLeft(row, division));
  if (!isLarge(left, rows, context) || !isLarge(right, rows, context)) return -1;
  const rise = stepOf(right, limits, context) - stepOf(left, limits, context);
  if ((context.monotone?.[division.feature] ?? 0) * rise < 0) return -1;
  return share(left, limits, context) + share(right, limits, context);
}

/** A leaf is large enough: by hessian, and by rows as far as its share of the hessian tells. */
function isLarge(
  part: readonly NaiveRow[],
  all: readonly NaiveRow[],
  { options, scales }: NaiveContext,
): boolean {
  const h = sum(part, "h");
  const forRows = ((options.minLeafRows - 0.5) * sum(all, "h")) / all.length;
  return h >= Math.max(1, options.minLeafHessian * scales.h, forRows);
}

/** Tries every split by dealing out the rows anew. Order of trial: feature, missing right then left, bin. */
function search(rows: readonly NaiveRow[], given: Limits, context: NaiveContext): Candidate | undefined {
  const limits = { ...given, penalty: 0 };
  let best: Candidate | undefined;
  let bestValue = share(rows, limits, context) * (1 + 1e-12) + 1e-12;
  for (let feature = 0; feature < context.layout.featureCount; feature++) {
    const divisions =
      context.layout.categories[feature] > 0
        ? setsOf(rows, feature, context)
        : thresholds(rows, feature, context);
    for (const { penalty, ...division } of divisions) {
      const value = worth(rows, division, { limits: { ...limits, penalty }, context });
      if (value <= bestValue) continue;
      bestValue = value;
      best = { ...division, missingLeft: unseenSide(rows, division), value, penalty };
    }
  }
  return best;
}

/** Where no row is missing, missing ones go to the side with more hessian, or outside the set. */
function unseenSide(rows: readonly NaiveRow[], division: Division): boolean {
  const { feature, bin, missingLeft } = division;
  if (typeof bin !== "number" || isMissingAnywhere(rows, feature)) return missingLeft;
  const left = rows.filter((row) => goesLeft(row, division));
  return 2 * sum(left, "h") > sum(rows, "h");
}

const isMissingAnywhere = (rows: readonly NaiveRow[], feature: number) =>
  rows.some((row) => row.bins[feature] === 0 && (row.g !== 0 || row.h !== 0));

type Trial = Division & { readonly penalty: number };

function thresholds(rows: readonly NaiveRow[], feature: number, { layout }: NaiveContext): readonly Trial[] {
  const bins = layout.offsets[feature + 1] - layout.offsets[feature] - 1;
  return (isMissingAnywhere(rows, feature) ? [false, true] : [false]).flatMap((missingLeft) =>
    Array.from({ length: bins }, (_, i) => ({ feature, bin: i + 1, missingLeft, penalty: 0 })),
  );
}

/** Each category by itself, or prefixes of the categories in order, from the low end and then from the high one. */
function setsOf(rows: readonly NaiveRow[], feature: number, context: NaiveContext): readonly Trial[] {
  const { layout, sets, scales } = context;
  const bins = [...Array(layout.categories[feature] + 1).keys()];
  const trial = (bin: readonly number[], penalty: number) => ({
    ...{ feature, bin: [...bin].sort((a, b) => a - b), penalty },
    missingLeft: bin.includes(0),
  });
  if (layout.categories[feature] <= sets.singles) return bins.map((bin) => trial([bin], 0));
  const of = (bin: number) => rows.filter((row) => row.bins[feature] === bin);
  const rowsWorth = (count: number) => ((count - 0.5) * sum(rows, "h")) / rows.length;
  const mean = (bin: number) => sum(of(bin), "g") / (sum(of(bin), "h") + sets.smoothing * scales.h);
  const order = bins
    .filter((bin) => sum(of(bin), "h") >= Math.max(1, rowsWorth(sets.smoothing)))
    .sort((a, b) => mean(a) - mean(b) || a - b);
  const most = Math.min(sets.mostCategories, Math.ceil(order.length / 2));
  return [order, [...order].reverse()].flatMap((from) => {
    let tried = 0;
    return Array.from({ length: most }, (_, i) => from.slice(0, i + 1)).flatMap((set) => {
      const inside = rows.filter((row) => set.includes(row.bins[feature]));
      const outside = rows.filter((row) => !set.includes(row.bins[feature]));
      const gained = sum(inside, "h") - tried;
      if (gained < rowsWorth(sets.groupRows) || sum(outside, "h") < rowsWorth(sets.groupRows)) return [];
      if (!isLarge(inside, rows, context)) return [];
      tried = sum(inside, "h");
      return [trial(set, sets.l2)];
    });
  });
}

interface Draft {
  readonly rows: readonly NaiveRow[];
  readonly limits: Limits;
  readonly best: Candidate | undefined;
  readonly gain: number;
  children?: readonly [Draft, Draft];
}

/** Leaf-wise growth by the definition: always split the leaf with the largest gain, the oldest among equals. */
export function growNaively(rows: readonly NaiveRow[], context: NaiveContext): NaiveNode {
  const { options, scales } = context;
  const draft = (part: readonly NaiveRow[], limits: Limits): Draft => {
    const fits =
      part.length >= 2 * options.minLeafRows && sum(part, "h") >= 2 * options.minLeafHessian * scales.h;
    const best = fits ? search(part, limits, context) : undefined;
    const gain = best === undefined ? 0 : best.value - share(part, { ...limits, penalty: 0 }, context);
    return { rows: part, limits, best, gain };
  };
  const root = draft(rows, { low: -Infinity, high: Infinity, penalty: 0 });
  const leaves = [root];
  while (leaves.length < options.leaves) {
    const gain = Math.max(...leaves.map((leaf) => leaf.gain));
    const leaf = leaves.find((candidate) => candidate.best !== undefined && candidate.gain === gain);
    if (leaf?.best === undefined) break;
    leaf.children = splitDraft(leaf, leaf.best, { context, draft });
    leaves.splice(leaves.indexOf(leaf), 1, ...leaf.children);
  }
  return finish(root, context);
}

function splitDraft(
  { rows, limits: { low, high } }: Draft,
  best: Candidate,
  {
    context,
    draft,
  }: { readonly context: NaiveContext; readonly draft: (rows: readonly NaiveRow[], limits: Limits) => Draft },
): readonly [Draft, Draft] {
  const left = rows.filter((row) => goesLeft(row, best));
  const right = rows.filter((row) => !goesLeft(row, best));
  const limits = { low, high, penalty: best.penalty };
  const direction = context.monotone?.[best.feature] ?? 0;
  if (direction === 0) return [draft(left, limits), draft(right, limits)];
  const unit = context.scales.h / context.scales.g;
  const middle = ((stepOf(left, limits, context) + stepOf(right, limits, context)) / 2) * unit;
  const [below, above] = [
    { ...limits, high: middle },
    { ...limits, low: middle },
  ];
  return direction > 0
    ? [draft(left, below), draft(right, above)]
    : [draft(left, above), draft(right, below)];
}

function finish(node: Draft, context: NaiveContext): NaiveNode {
  const unit = context.scales.h / context.scales.g;
  const value = Math.fround(context.options.learningRate * stepOf(node.rows, node.limits, context) * unit);
  if (node.best === undefined || node.children === undefined) return { rows: node.rows, value };
  return {
    rows: node.rows,
    value,
    split: node.best,
    children: [finish(node.children[0], context), finish(node.children[1], context)],
  };
}

/** Bins of every row, one value at a time. */
export function binAll(columns: readonly Float32Array[], layout: BinLayout): readonly (readonly number[])[] {
  return Array.from(columns[0], (_, row) =>
    columns.map((column, f) => binOf(column[row], layout.bounds, f * boundsPerFeature)),
  );
}
