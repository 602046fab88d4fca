import { errorTable } from "../kernel/index.js";

export const statsErrors = errorTable({
  MW1401: {
    title: "bad statistical argument",
    exit: 3,
    http: 500,
    about:
      "A statistical function was called outside its domain, such as a quantile above 1 or two count vectors " +
      "of unequal length. The call is at fault, not the data.",
  },
  MW1402: {
    title: "scores are not probabilities",
    exit: 3,
    http: 500,
    about:
      "Log loss, Brier score and calibration need probabilities in [0, 1]; the scores that were ranked are not. " +
      "Ranking metrics (AUC, average precision, curves) accept any finite score.",
  },
  MW1403: {
    title: "damaged sketch",
    exit: 3,
    http: 500,
    about:
      "The stored JSON of a summary (distinct values, quantiles, frequencies) is not what such a summary writes. It is " +
      "refused as a whole, for its answers would be wrong: build it anew from its values.",
  },
});
