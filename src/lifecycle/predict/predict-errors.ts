import { errorTable } from "../../kernel/index.js";

export const predictErrors = errorTable({
  MW1170: {
    title: "file and model do not fit",
    exit: 2,
    http: 400,
    about:
      "A file to predict from lacks a column that the model reads or that `--columns` names, or a column that is carried to the output has the name of a prediction. The message names the nearest column.",
  },
  MW1171: {
    title: "output is taken",
    exit: 2,
    http: 409,
    about:
      "There is something at the path where predictions are to be written, or another process is writing predictions of the same file there. Name another path, or overwrite a file with `--force`.",
  },
  MW1172: {
    title: "rows refused",
    exit: 1,
    http: 422,
    about:
      "Rows of the file are no valid requests of the model, and nothing was written. The message has the first of them with their reasons; `--on-bad-row skip` leaves such rows out, `--on-bad-row null` writes them without a prediction.",
  },
  MW1173: {
    title: "graph does not compute rows",
    exit: 2,
    http: 422,
    about:
      "Files are predicted row by row: the first dimension of every input and output of an imported graph counts rows, of which any number or one at a time may be given, and the others have fixed sizes.",
  },
  MW1174: {
    title: "file changed while it was read",
    exit: 3,
    http: 409,
    about:
      "The file to predict from was written to meanwhile, so that predictions may be of rows that are no longer there. Nothing was written; run the command again.",
  },
});
