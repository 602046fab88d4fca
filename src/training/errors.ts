import { errorTable } from "../kernel/index.js";

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
      "The test rows cannot be evaluated: none, only one class or one day, or a score that is not a probability. Look at the split and the label.",
  },
});
