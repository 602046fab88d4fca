import { errorTable } from "../../kernel/index.js";

export const pythonErrors = errorTable({
  MW1501: {
    title: "Python missing",
    exit: 2,
    http: 500,
    about:
      "A trainer needs Python 3.10 or later, and the configured interpreter is absent, too old or does not start.",
  },
  MW1502: {
    title: "requirements not locked",
    exit: 2,
    http: 400,
    about:
      "A requirements file has a line that does not name one version with its hashes, so that two installs could differ. Write it with `uv pip compile --generate-hashes` or `pip-compile --generate-hashes`.",
  },
  MW1503: {
    title: "environment not made",
    exit: 3,
    http: 500,
    about:
      "The packages of a Python environment could not be installed; the last lines say why. Nothing of it was kept, the next attempt starts afresh.",
  },
  MW1504: {
    title: "Python file missing",
    exit: 2,
    http: 400,
    about: "The script or the requirements file of a trainer is not at its path in the project.",
  },
  MW1505: {
    title: "Python training failed",
    exit: 3,
    http: 500,
    about:
      "The script, or the library that it called, raised an error. The trace and the last lines are in the details.",
  },
  MW1506: {
    title: "Python training too long",
    exit: 3,
    http: 500,
    about: "A training did not end within its time limit and was ended with all its processes.",
  },
  MW1507: {
    title: "Python training silent",
    exit: 3,
    http: 500,
    about:
      "A trainer gave no sign of life for longer than its limit: it hangs with the interpreter locked, or was stopped. It was ended.",
  },
  MW1508: {
    title: "Python training out of memory",
    exit: 3,
    http: 500,
    about:
      "A training used more memory than its limit and was ended. Raise memoryLimitMb or train on fewer rows.",
  },
  MW1509: {
    title: "trainer protocol broken",
    exit: 3,
    http: 500,
    about:
      "What came from a trainer on file descriptor 3 is not what the protocol allows; that descriptor belongs to Millwright alone.",
  },
  MW1510: {
    title: "Python training without a model",
    exit: 3,
    http: 500,
    about: "A trainer ended without a model and without saying why: it crashed or was killed from outside.",
  },
  MW1511: {
    title: "Python model refused",
    exit: 3,
    http: 422,
    about:
      "The graph that a training returned does not keep the convention of inputs and outputs, does not load, or does not agree with the model's own predictions.",
  },
});
