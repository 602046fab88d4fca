import { errorTable, type ErrorFacts } from "../kernel/index.js";

export const trainingErrors = errorTable({
  MW0501: {
    title: "bad model",
    exit: 2,
    http: 400,
    about: "A model's definition has a value that does not fit its type.",
  },
  MW0502: {
    title: "evaluation not possible",
    exit: 1,
    http: 422,
    about:
      "The test rows cannot be evaluated: none, only one class or one list, or a score, label or weight that does not fit the task. Look at the split and the label.",
  },
  MW0503: {
    title: "models cannot be compared",
    exit: 3,
    http: 422,
    about:
      "A paired comparison needs two models scored on the same test rows, with equal outcomes, and resampled with the same seed.",
  },
  MW0504: {
    title: "fairness not measured for this task",
    exit: 2,
    http: 422,
    about:
      "Gaps between groups are defined for yes-or-no outcomes and for numbers, not for the model's task.",
  },
  MW0505: {
    title: "bad columns",
    exit: 3,
    http: 422,
    about:
      "The columns by which rows are sliced, grouped or perturbed do not fit the scored rows: another number of rows, or scores for too few of them.",
  },
  MW0530: {
    title: "unknown class",
    exit: 1,
    http: 422,
    about: "A row's label is a class that the model's `classes` do not name.",
  },
  MW0531: {
    title: "bad weight",
    exit: 1,
    http: 422,
    about: "A row's weight is not above 0. A null weight leaves the row out.",
  },
  MW0532: {
    title: "bad tuning",
    exit: 2,
    http: 400,
    about:
      "The search for a trainer's options has a value that does not fit, such as bounds in the wrong order.",
  },
  MW0533: {
    title: "tuning without a result",
    exit: 1,
    http: 422,
    about: "Every trial of the search failed, so that there is nothing to choose from.",
  },
});

/** MW0501. */
export function badModel(name: string, { expected, found, remedy }: ErrorFacts) {
  return trainingErrors.error("MW0501", { expected: `${expected} in model "${name}"`, found, remedy });
}
