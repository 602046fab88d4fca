import { errorTable } from "../../kernel/index.js";

export const streamErrors = errorTable({
  MW0720: {
    title: "stream does not fit its graph",
    exit: 2,
    http: 500,
    about:
      "What is declared of a model that computes step by step is not true of its signature: an output or input that it " +
      "does not have, an output that feeds an input of another type or shape, or an end that is told by no single value.",
  },
  MW0721: {
    title: "end of stream is not told",
    exit: 3,
    http: 500,
    about:
      "The output that ends a stream held none or several values in one step, so that nobody knows whether to go on.",
  },
  MW0722: {
    title: "stream out of time",
    exit: 3,
    http: 504,
    about: "The deadline of a stream passed between two steps. The steps before it were sent.",
  },
});
