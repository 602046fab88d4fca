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
});
