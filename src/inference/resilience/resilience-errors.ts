import { errorTable } from "../../kernel/index.js";

/** Errors of what stands around a model's calls. */
export const resilienceErrors = errorTable({
  MW0715: {
    title: "breaker is open",
    exit: 3,
    http: 503,
    about:
      "Too many of the model's last calls failed, so it is left alone for a while. `retryAfterMs` in the details says " +
      "when a call is let through again; the cause is in the errors before this one.",
  },
  MW0716: {
    title: "no answer in time",
    exit: 3,
    http: 504,
    about: "A call took longer than the model's `timeoutMs`. What had not begun to compute is given up.",
  },
  MW0717: {
    title: "too many calls under way",
    exit: 3,
    http: 429,
    about:
      "The model has as many calls under way as its `maxConcurrent` allows. `retryAfterMs` in the details says when " +
      "one of them is likely to be done.",
  },
  MW0718: {
    title: "output tensor is not finite",
    exit: 3,
    http: 500,
    about:
      "An output of the model holds NaN or an infinite number, and its `rejectNaN` says that this is no answer.",
  },
  MW0719: {
    title: "fallback is not possible",
    exit: 2,
    http: 500,
    about:
      "The fallbacks of models lead back to a model they began with, or a declared default does not fit the outputs of " +
      "its model.",
  },
});
