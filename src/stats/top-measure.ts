import type { Measure } from "./measure.js";
import type { Ranked } from "./ranking.js";
import { rowWeights, type SampleUnits } from "./resampling.js";
import { weightedAuc } from "./binary-measure.js";

/**
 * AUC, average precision, and precision among the k highest scores, of any finite scores. Of equal scores that only
 * partly fall among the k, the part counts by their mean (McSherry & Najork 2008). A replicate without both classes is
 * drawn again; one that weighs less than k has no precision.
 */
export function topMeasure(
  ranked: Ranked,
  units: SampleUnits,
  { k, weights: base }: { readonly k: number; readonly weights?: Float32Array },
): Measure {
  const { scores, labels, count, order } = ranked;
  const fill = rowWeights(units, { order, ...(base === undefined ? {} : { base }) });
  const weights = new Float64Array(count);
  const area = weightedAuc(ranked);
  return Object.freeze({
    figures: [{ name: "auc" }, { name: "averagePrecision" }, { name: "precisionAtK" }],
    of(multiplicity: Uint16Array) {
      fill(multiplicity, weights);
      const auc = area(weights);
      if (Number.isNaN(auc)) return undefined;
      let [found, total, precisionSum, top] = [0, 0, 0, NaN];
      for (let i = count - 1; i >= 0;) {
        const score = scores[i];
        let [tied, tiedFound] = [0, 0];
        for (; i >= 0 && scores[i] === score; i--) {
          tied += weights[i];
          tiedFound += weights[i] * labels[i];
        }
        if (tied === 0) continue;
        if (total < k && total + tied >= k) top = (found + (tiedFound * (k - total)) / tied) / k;
        found += tiedFound;
        total += tied;
        precisionSum += (tiedFound * found) / total;
      }
      return Float64Array.of(auc, precisionSum / found, top);
    },
  });
}
