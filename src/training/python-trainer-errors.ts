import { errorTable } from "../kernel/index.js";

export const pythonTrainerErrors = errorTable({
  MW0515: {
    title: "bad Python trainer",
    exit: 2,
    http: 400,
    about: "An option of a trainer that runs in Python is missing or has a value that it cannot have.",
  },
  MW0516: {
    title: "no Python here",
    exit: 2,
    http: 500,
    about:
      "A trainer needs Python, but whoever asks for the fit gave it no way to run it. A project that is opened by its configuration has one.",
  },
  MW0517: {
    title: "feature name taken",
    exit: 2,
    http: 400,
    about:
      "The training set that a Python trainer is handed has columns `__target__`, `__weight__` and `__group__` besides the features. Rename the feature.",
  },
});
