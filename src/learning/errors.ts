import { errorTable } from "../kernel/index.js";

export const learningErrors = errorTable({
  MW0401: {
    title: "bad learner option",
    exit: 2,
    http: 400,
    about: "A learner was given an option that it does not have, or a value outside the option's range.",
  },
  MW0402: {
    title: "bad label",
    exit: 3,
    http: 422,
    about: "Binary learners take one label per row, 0 or 1. Rows whose outcome is unknown must be left out.",
  },
  MW0403: {
    title: "single class",
    exit: 1,
    http: 422,
    about:
      "All training rows have the same label, so there is nothing to tell apart. Widen the training period.",
  },
  MW0404: {
    title: "bad feature table",
    exit: 3,
    http: 422,
    about:
      "A feature table needs at least one feature, unique names, one value per row in every feature, and text codes that lie inside a dictionary of distinct texts.",
  },
  MW0405: {
    title: "infinite value",
    exit: 3,
    http: 422,
    about:
      "A number feature has an infinite value in the training rows, mostly a division by zero. Make it missing in the feature's definition.",
  },
  MW0406: {
    title: "feature does not fit the model",
    exit: 3,
    http: 422,
    about:
      "A table to be scored lacks a feature that the model was trained with, or has it with another kind.",
  },
  MW0407: {
    title: "training worker failed",
    exit: 3,
    http: 500,
    about: "A worker thread of a learner stopped before its result was there. The cause is in the message.",
  },
});
