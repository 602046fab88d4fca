import { errorTable } from "../../kernel/index.js";

export const hostErrors = errorTable({
  MW1160: {
    title: "unknown model or version",
    exit: 2,
    http: 404,
    about:
      "The server hosts no model, or no version of the model, of this name; `POST /v2/repository/index` lists all.",
  },
  MW1161: {
    title: "model is not ready",
    exit: 3,
    http: 503,
    about:
      "The model is being loaded or unloaded, was unloaded, or could not be loaded; the message says why.",
  },
  MW1162: {
    title: "model cannot be loaded or unloaded here",
    exit: 2,
    http: 400,
    about:
      "Imported graphs are loaded and unloaded while a server runs. Models of features are served as long as the " +
      "configuration defines them; loading one moves it to another version.",
  },
  MW1163: {
    title: "fallback is no model of the project",
    exit: 2,
    http: 500,
    about:
      "A model of features can be stood in for by another model of features of the same project, named without a " +
      "version: the one that is served answers.",
  },
  MW1164: {
    title: "fallback does not answer the same question",
    exit: 2,
    http: 500,
    about:
      "A model that stands in for another must predict the same, and every request of the one must be a request of the " +
      "other: each field that it needs is there, of the same type, within its bounds, and null only where it may be.",
  },
  MW1165: {
    title: "default answer does not fit the task",
    exit: 2,
    http: 500,
    about:
      "The declared default of a model of features is an answer in the form of its task, with all that the version which " +
      "is loaded gives: `{ probability: 0.1 }` for a binary model, with a `set` where it declares sets.",
  },
});
