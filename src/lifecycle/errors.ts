import { errorTable } from "../kernel/index.js";

export const lifecycleErrors = errorTable({
  MW1101: {
    title: "unknown model",
    exit: 2,
    http: 404,
    about: "The project has no model of that name. The message names the nearest one.",
  },
  MW1102: {
    title: "unknown source",
    exit: 2,
    http: 404,
    about: "The project has no source of that name. The message names the nearest one.",
  },
  MW1103: {
    title: "bad request",
    exit: 2,
    http: 422,
    about:
      "A prediction request has missing, unknown, wrongly typed or out-of-range fields. `details.problems` lists every one of them.",
  },
  MW1104: {
    title: "unknown prediction",
    exit: 2,
    http: 404,
    about: "A label names a prediction that this server never answered. Nothing was recorded for it.",
  },
  MW1105: {
    title: "bad label",
    exit: 2,
    http: 422,
    about: "A label is an object with the prediction's `id` and a `label` that is true, false, 1 or 0.",
  },
  MW1106: {
    title: "nothing to serve",
    exit: 1,
    http: 503,
    about: "No model of the project has a champion. Train one whose gates pass, or name a version.",
  },
  MW1107: {
    title: "definition changed",
    exit: 1,
    http: 409,
    about:
      "The features or the label in the configuration are not those that the version was trained with. Train again, or restore the definition.",
  },
  MW1108: {
    title: "time out of range",
    exit: 2,
    http: 422,
    about:
      "A request's time is ahead of the server's clock. Accepting it would move the windows of all later requests.",
  },
  MW1109: {
    title: "not trained",
    exit: 1,
    http: 409,
    about:
      "The verb needs a trained version with its evaluation, and there is none. Run `millwright train` first.",
  },
  MW1110: {
    title: "live state does not fit",
    exit: 2,
    http: 409,
    about:
      "The live folder was begun with another dataset version or another starting time. Use another `--live` name, or the same start.",
  },
  MW1111: {
    title: "empty range",
    exit: 1,
    http: 422,
    about: "There are no rows in the asked range of time.",
  },
});
