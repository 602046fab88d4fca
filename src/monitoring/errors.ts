import { errorTable } from "../kernel/index.js";

export const monitoringErrors = errorTable({
  MW0901: {
    title: "bad monitoring policy",
    exit: 2,
    http: 400,
    about:
      "A drift, performance or latency policy has an unknown key or a value outside its bounds. The message names " +
      "the key and, for an unknown one, the nearest valid name.",
  },
  MW0902: {
    title: "bad reference profile",
    exit: 3,
    http: 500,
    about:
      "The reference profile of a package is not one that this version wrote, or was altered. Build it again from " +
      "the training set.",
  },
  MW0903: {
    title: "windows of different references",
    exit: 3,
    http: 500,
    about:
      "Counts in the bins of one reference profile were merged or compared with those of another. Keep one window " +
      "profile per model version.",
  },
  MW0904: {
    title: "row does not fit the profile",
    exit: 3,
    http: 500,
    about: "A row or column to be profiled has other features, or another length, than the profile asks for.",
  },
  MW0905: {
    title: "bad time window",
    exit: 2,
    http: 400,
    about:
      "Monitoring windows need a start before the end and a positive whole number of milliseconds as their size.",
  },
});
