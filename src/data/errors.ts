import { errorTable } from "../kernel/index.js";

export const dataErrors = errorTable({
  MW0201: {
    title: "source file missing",
    exit: 2,
    http: 400,
    about: "The file that a source names is not there or is not a readable file.",
  },
  MW0202: {
    title: "source not readable",
    exit: 2,
    http: 400,
    about: "The file is damaged or is not in the format that the source says: Parquet, CSV or JSON.",
  },
  MW0203: {
    title: "column missing",
    exit: 2,
    http: 400,
    about: "The file has no column of a name that the schema has. The message names the nearest one.",
  },
  MW0204: {
    title: "column of another type",
    exit: 2,
    http: 400,
    about:
      "A column of the file holds another type than the schema says; single odd values are quarantined instead.",
  },
  MW0205: {
    title: "expectation blocks",
    exit: 1,
    http: 422,
    about: "The data broke an expectation of severity `block`, so no dataset version was made.",
  },
  MW0206: {
    title: "bad source definition",
    exit: 2,
    http: 400,
    about: "A source, location or expectation in the configuration has a value that it does not admit.",
  },
  MW0207: {
    title: "unknown option",
    exit: 2,
    http: 400,
    about: "An option of a source or a split does not exist. The message names the nearest valid one.",
  },
  MW0208: {
    title: "unknown column in a source definition",
    exit: 2,
    http: 400,
    about: "A source's `eventTime` or `id` names a column that its schema does not have.",
  },
  MW0209: {
    title: "bad split",
    exit: 2,
    http: 400,
    about: "A split's ranges overlap, are not readable, or leave training or test without rows.",
  },
  MW0210: {
    title: "empty dataset",
    exit: 1,
    http: 422,
    about: "The source has no rows, or every row was quarantined; there is nothing to learn from.",
  },
  MW0211: {
    title: "data engine failed",
    exit: 3,
    http: 500,
    about:
      "The engine that reads and writes tables failed for a reason of its own, such as memory or disk space.",
  },
  MW0212: {
    title: "unknown column in an expectation",
    exit: 2,
    http: 400,
    about: "An expectation names a column that the schema does not have. The message names the nearest one.",
  },
  MW0213: {
    title: "expectation and column do not fit",
    exit: 2,
    http: 400,
    about:
      "An expectation is about a column of another type than its rule is for, such as the mean of a text, or about a value that is computed.",
  },
  MW0214: {
    title: "impossible bounds",
    exit: 2,
    http: 400,
    about: "The bounds of an expectation are missing, no finite numbers, or such that nothing can meet them.",
  },
  MW0215: {
    title: "bad pattern",
    exit: 2,
    http: 400,
    about:
      "A pattern is no regular expression, or its time would grow exponentially with the length of a text.",
  },
  MW0216: {
    title: "bad reference distribution",
    exit: 2,
    http: 400,
    about:
      "A reference distribution has the wrong members, edges that do not ascend, or counts that do not fit.",
  },
  MW0217: {
    title: "no dataset version yet",
    exit: 1,
    http: 409,
    about: "The command looks at the latest dataset version of a source, and there is none.",
  },
});
