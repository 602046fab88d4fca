import { errorTable } from "../kernel/index.js";

export const featureErrors = errorTable({
  MW0301: {
    title: "bad view",
    exit: 2,
    http: 400,
    about:
      "A view's definition is not possible: an unknown entity column, a key of a wrong type, or no features.",
  },
  MW0302: {
    title: "bad feature set",
    exit: 2,
    http: 400,
    about:
      "The features of a model do not fit together: two of one name, a group that the spine has no column for, or a derived feature that is not a number.",
  },
  MW0303: {
    title: "value too large to aggregate",
    exit: 1,
    http: 422,
    about:
      "A value that a window aggregates is larger than 2^50 in its fixed-point unit (whole numbers count one by one, others in millionths). A dataset with such a row does not train; such an event is quarantined. Aggregate a larger unit, or let an expectation quarantine such rows.",
  },
  MW0305: {
    title: "tile damaged",
    exit: 3,
    http: 500,
    about:
      "What a shared store holds of an entity's features cannot be read: cut, of another format, or written by something else. Drop the view's space and build it again from the history and the log.",
  },
  MW0306: {
    title: "shared state out of step",
    exit: 3,
    http: 503,
    about:
      "What a shared store of features holds cannot be brought in step with this process: others changed an entity again and again, the store lost what it had acknowledged, a second process writes under the same name, or more events wait for the store than are kept. No event is lost, for the log has them all: try again, and if it stays, start again, so that the log is replayed.",
  },
  MW0307: {
    title: "checkpoint of another format",
    exit: 3,
    http: 500,
    about:
      "A checkpoint of a live state was written by another version of Millwright. It is left out; what it held is computed anew from the history and the log, which takes longer.",
  },
  MW0308: {
    title: "checkpoint contradicts itself",
    exit: 3,
    http: 500,
    about:
      "The parts of a checkpoint do not fit together, although their checksums are right. It is left out; what it held is computed anew from the history and the log.",
  },
  MW0309: {
    title: "SQL differs from the fold",
    exit: 3,
    http: 500,
    about:
      "A feature that DuckDB added up differs from what the fold gives for the same question. Every build that used SQL folds a sample of its questions as well; nothing was written. Build with the fold alone and report the view: it is a defect.",
  },
  MW0310: {
    title: "feature worker died",
    exit: 3,
    http: 500,
    about:
      "A thread that folds features ended before its part was done, most often because memory ran out. Nothing was written. Build with fewer threads.",
  },
});
