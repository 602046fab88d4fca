import { errorTable } from "../../kernel/index.js";

export const governanceErrors = errorTable({
  MW1130: {
    title: "reachability cannot be told",
    exit: 3,
    http: 500,
    about:
      "The manifest of a registered package or a held blob is missing or damaged, so nobody can say which other " +
      "blobs it needs. Nothing was removed. Train or import the version again, which mends it.",
  },
  MW1131: {
    title: "may not approve",
    exit: 2,
    http: 403,
    about: "The configuration names the people whose approval counts, and this is none of them.",
  },
  MW1132: {
    title: "nothing of that name has a lineage",
    exit: 2,
    http: 404,
    about:
      "A lineage is asked for by the id of a logged prediction, a model, a version of it, or the id of a registered " +
      "package (12 digits of it suffice).",
  },
});
