import { errorTable } from "../kernel/index.js";

export const cliErrors = errorTable({
  MW1201: {
    title: "bad argument",
    exit: 2,
    http: 400,
    about:
      "An argument of the command line is unknown or missing, or its value is not of the form that it takes.",
  },
  MW1202: {
    title: "something is in the way",
    exit: 2,
    http: 409,
    about: "A command writes only where nothing of the same name is in the way. Nothing was changed.",
  },
  MW1203: {
    title: "server did not answer as expected",
    exit: 3,
    http: 502,
    about: "A server that a command talks to could not be reached, or answered with an error that is shown.",
  },
});
