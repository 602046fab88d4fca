import { errorTable } from "../../kernel/index.js";

export const queueErrors = errorTable({
  MW0710: {
    title: "model is too busy",
    exit: 3,
    http: 429,
    about:
      "A call was refused before any work: the queue of the model version is full, or what waits before the call would " +
      "keep it past its deadline. `details.retryAfterMs` says when to try again.",
  },
  MW0711: {
    title: "deadline passed",
    exit: 3,
    http: 504,
    about:
      "The deadline of a call passed before it was computed. It was dropped and cost no work of the engine.",
  },
  MW0712: {
    title: "call was given up",
    exit: 3,
    http: 499,
    about: "The caller gave a call up before it was answered. What had not begun to compute never did.",
  },
  MW0713: {
    title: "outputs do not split by rows",
    exit: 3,
    http: 500,
    about:
      "A graph whose calls are computed together gave an output that does not have one row for each row of the " +
      "input. Serve it with `maxBatchRows: 1`, so that every call is computed by itself.",
  },
});
