import { binOf, quantileEdgesOfSorted, sortFinite } from "../stats/index.js";
import type { Examples, Feature, TargetOf } from "../learning/index.js";

/** A feature that leaves less of the label open than this is suspected. */
const openShare = 0.01;

/** Values of a number are looked at in so many intervals of equal numbers of rows. */
const intervals = 64;

/** Groups with fewer rows than this tell too little: a text that names every row would explain everything. */
const leastGroupRows = 5;

/**
 * Features that tell the label all by themselves, in words: of a class, all but one in a hundred of the rows' labels
 * follow from the feature's value; of a value, all but a hundredth of its variance does. Either the label stands
 * among the features, or something that only its outcome decides.
 */
export function findLeakingFeatures({ features, target, rowCount }: Examples): string[] {
  if (target.kind === "anomaly" || rowCount < intervals * leastGroupRows) return [];
  return features.flatMap((feature) => {
    const open = openOf(groupsOf(feature, target), target);
    if (open === undefined || open > openShare) return [];
    const told = `${((1 - open) * 100).toFixed(1)} %`;
    return [
      `feature "${feature.name}" alone tells ${told} of the label: is it known when a prediction is asked for?`,
    ];
  });
}

/** The group of each row: its category, or the interval of its number; −1 for missing. */
function groupsOf(feature: Feature, target: KnownTarget): Int32Array {
  if (feature.kind === "text") return feature.codes;
  const edges = quantileEdgesOfSorted(sortFinite(feature.values), intervals);
  const bins = Int32Array.from(feature.values, (value) => (Number.isNaN(value) ? -1 : binOf(edges, value)));
  return "labels" in target ? halved(bins, feature.values, target.labels) : bins;
}

/**
 * Each interval in two, where that leaves the fewest rows outside the more frequent class of their half: a border
 * between classes lies within an interval, and the rows of that one interval are many where a class is rare.
 */
function halved(bins: Int32Array, values: Float32Array, labels: Uint8Array | Uint16Array): Int32Array {
  const rowsOf = new Map<number, number[]>();
  bins.forEach((bin, row) => {
    if (bin < 0) return;
    const rows = rowsOf.get(bin);
    if (rows === undefined) rowsOf.set(bin, [row]);
    else rows.push(row);
  });
  const groups = bins.map((bin) => (bin < 0 ? bin : 2 * bin));
  for (const [bin, rows] of rowsOf) {
    rows.sort((a, b) => values[a] - values[b]);
    for (const row of rows.slice(bestCut(rows, values, labels))) groups[row] = 2 * bin + 1;
  }
  return groups;
}

/** How many of the rows, in the order of their values, make the first half. Equal values stay together. */
function bestCut(rows: readonly number[], values: Float32Array, labels: Uint8Array | Uint16Array): number {
  const [below, above] = [new Map<number, number>(), new Map<number, number>()];
  for (const row of rows) above.set(labels[row], (above.get(labels[row]) ?? 0) + 1);
  let best = rows.length;
  let mostRight = Math.max(...above.values());
  for (let cut = 1; cut < rows.length; cut++) {
    const label = labels[rows[cut - 1]];
    below.set(label, (below.get(label) ?? 0) + 1);
    above.set(label, (above.get(label) ?? 0) - 1);
    if (values[rows[cut]] === values[rows[cut - 1]]) continue;
    const right = Math.max(...below.values()) + Math.max(...above.values());
    if (right > mostRight) [best, mostRight] = [cut, right];
  }
  return best;
}

type KnownTarget = TargetOf<"binary" | "multiclass" | "regression" | "ranking">;

/** The share of the label's uncertainty that is left within the groups; undefined where groups are too small to tell. */
function openOf(groups: Int32Array, target: KnownTarget): number | undefined {
  const rowsOf = new Map<number, number>();
  for (const group of groups) rowsOf.set(group, (rowsOf.get(group) ?? 0) + 1);
  const told = groups.filter((group) => (rowsOf.get(group) ?? 0) >= leastGroupRows).length;
  if (told < groups.length / 2 || rowsOf.size < 2) return undefined;
  const large = (row: number) => (rowsOf.get(groups[row]) ?? 0) >= leastGroupRows;
  return "labels" in target
    ? openLabels(groups, target.labels, large)
    : openVariance(groups, "values" in target ? target.values : target.relevance, large);
}

/** Rows outside their group's most frequent class, by rows outside the most frequent class of all. */
function openLabels(
  groups: Int32Array,
  labels: Uint8Array | Uint16Array,
  large: (row: number) => boolean,
): number | undefined {
  const counts = new Map<number, Map<number, number>>();
  const total = new Map<number, number>();
  let rows = 0;
  for (let row = 0; row < labels.length; row++) {
    if (!large(row)) continue;
    rows++;
    const group = counts.get(groups[row]) ?? new Map<number, number>();
    counts.set(groups[row], group.set(labels[row], (group.get(labels[row]) ?? 0) + 1));
    total.set(labels[row], (total.get(labels[row]) ?? 0) + 1);
  }
  const others = rows - Math.max(...total.values());
  if (others === 0) return undefined;
  let wrong = rows;
  for (const group of counts.values()) wrong -= Math.max(...group.values());
  return wrong / others;
}

/** Variance within the groups by variance of all. */
function openVariance(
  groups: Int32Array,
  values: Float64Array,
  large: (row: number) => boolean,
): number | undefined {
  const sums = new Map<number, { count: number; sum: number; squares: number }>();
  const all = { count: 0, sum: 0, squares: 0 };
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  for (let row = 0; row < values.length; row++) {
    if (!large(row)) continue;
    const group = sums.get(groups[row]) ?? { count: 0, sum: 0, squares: 0 };
    sums.set(groups[row], group);
    for (const cell of [group, all]) {
      cell.count++;
      cell.sum += values[row] - mean;
      cell.squares += (values[row] - mean) ** 2;
    }
  }
  const within = ({ count, sum, squares }: typeof all) => squares - (sum * sum) / count;
  const whole = within(all);
  if (!(whole > 0)) return undefined;
  let left = 0;
  for (const group of sums.values()) left += within(group);
  return left / whole;
}
