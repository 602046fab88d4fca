import { weightedAuc } from "./binary-measure.js";
import type { Ranked } from "./ranking.js";
import { rowWeights, type SampleUnits } from "./resampling.js";

/** AUC when unit u occurs `multiplicity[u]` times; NaN where a class is absent. */
type DrawnAuc = (multiplicity: Uint16Array) => number;

/** Up to so many units their pairs are counted once; with more it is cheaper to read the rows for every replicate. */
const fewUnits = 400;

/** Prepares the AUC of a ranking for resampling. @param base what each of the caller's rows counts for; default 1 */
export function drawnAuc(ranked: Ranked, units: SampleUnits, base?: Float32Array): DrawnAuc {
  return units.count <= fewUnits ? aucByPairs(ranked, units, base) : aucByRows(ranked, units, base);
}

function aucByRows(ranked: Ranked, units: SampleUnits, base?: Float32Array): DrawnAuc {
  const area = weightedAuc(ranked);
  const fill = rowWeights(units, { order: ranked.order, ...(base === undefined ? {} : { base }) });
  const weights = new Float64Array(ranked.count);
  return (multiplicity) => {
    fill(multiplicity, weights);
    return area(weights);
  };
}

/**
 * The pairs that a positive of unit u wins over a negative of unit v, ties at half, are counted once for all u and v:
 * O(positives · units). A replicate is then a quadratic form of the multiplicities, however many rows there are.
 */
function aucByPairs(ranked: Ranked, { count, ofRow }: SampleUnits, base?: Float32Array): DrawnAuc {
  const { scores, labels, order } = ranked;
  const won = new Float64Array(count * count);
  const [positives, negatives] = [new Float64Array(count), new Float64Array(count)];
  const weight = (i: number) => (base === undefined ? 1 : base[order[i]]);
  for (let start = 0, end = 0; start < ranked.count; start = end) {
    // Negatives stand before positives within equal scores: half of each counts before, half after them.
    for (end = start; end < ranked.count && scores[end] === scores[start]; end++) {
      const unit = ofRow[order[end]];
      if (labels[end] === 0) {
        negatives[unit] += weight(end) / 2;
        continue;
      }
      positives[unit] += weight(end);
      for (let v = 0; v < count; v++) won[unit * count + v] += weight(end) * negatives[v];
    }
    for (let i = start; i < end && labels[i] === 0; i++) negatives[ofRow[order[i]]] += weight(i) / 2;
  }
  return (multiplicity) => {
    let [pairs, all, none] = [0, 0, 0];
    for (let u = 0; u < count; u++) {
      all += multiplicity[u] * positives[u];
      none += multiplicity[u] * negatives[u];
      let own = 0;
      for (let v = 0; v < count; v++) own += multiplicity[v] * won[u * count + v];
      pairs += multiplicity[u] * own;
    }
    return pairs / (all * none);
  };
}
