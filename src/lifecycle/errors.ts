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
  MW1113: {
    title: "live log of another format",
    exit: 2,
    http: 500,
    about:
      "The event log of a live state was written by another version of Millwright, which cannot be read. It is left as it is. Use another `--live` name.",
  },
  MW1114: {
    title: "expectation blocks events",
    exit: 1,
    http: 422,
    about:
      "An event of a batch broke an expectation of severity `block`, so nothing of the batch was taken. `details.breaches` names the events.",
  },
  MW1115: {
    title: "too many events wait",
    exit: 3,
    http: 429,
    about:
      "More events wait to be written to the log than the server holds in memory, so this batch was refused as a whole. Send it again after the seconds in `Retry-After`.",
  },
  MW1116: {
    title: "log of another state",
    exit: 3,
    http: 500,
    about:
      "A log of a live state has another record where a checkpoint knows one that was acknowledged: the log was replaced, or restored from a backup and gone on with. The state does not start. Restore the log, or remove the checkpoint to go on with what the log has.",
  },
  MW1117: {
    title: "checkpoint not saved",
    exit: 3,
    http: 500,
    about:
      "A checkpoint of a live state could not be written, for instance because the disk is full. Nothing is lost, for the logs have everything: the next start takes longer.",
  },
  MW1118: {
    title: "shared store stands on another history",
    exit: 2,
    http: 500,
    about:
      "The store that online features share was filled from another dataset version or moment than this live state begins with. Windows over two histories would count events twice.",
  },
  MW1123: {
    title: "no final labels",
    exit: 1,
    http: 422,
    about:
      "No row of the spine has a label that is known and can no longer change, so there is no training set. `details` counts the rows by what they lack.",
  },
  MW1124: {
    title: "column name taken",
    exit: 2,
    http: 400,
    about:
      "A feature has the name of a column that every training set has: `spine_row`, `spine_time` or `label`. Rename the feature.",
  },
  MW1125: {
    title: "unknown live state",
    exit: 2,
    http: 404,
    about:
      "No live state of that name has begun in this project. `millwright serve --live <name>` begins one.",
  },
  MW1126: {
    title: "unknown view",
    exit: 2,
    http: 404,
    about: "No model of the project reads a view of that name. The message names the nearest one.",
  },
  MW1127: {
    title: "nothing to roll back to",
    exit: 1,
    http: 409,
    about: "A view has no retired version in this live state that could become active again.",
  },
  MW1128: {
    title: "two views of one name",
    exit: 2,
    http: 400,
    about:
      "Models of the project read different views of the same name, so that nobody could say which of them is active. Rename one.",
  },
  MW1140: {
    title: "task not followed",
    exit: 2,
    http: 400,
    about: "The verb follows outcomes that are true or false over time, which the model does not predict.",
  },
  MW1141: {
    title: "table without events",
    exit: 2,
    http: 400,
    about: "A live state logs events; the rows of a table have no time and are in no log.",
  },
  MW1142: {
    title: "acknowledged records are lost",
    exit: 3,
    http: 500,
    about:
      "A log of a live state ends before records that were acknowledged, as a checkpoint proves: the log was cut or restored from an older backup. The state does not start, for the numbers of the lost records would be given again. Restore the log, or remove the checkpoint to go on without them.",
  },
  MW1145: {
    title: "definition of a run changed",
    exit: 1,
    http: 409,
    about:
      "The configuration defines another model than the one that the run trained, so that it cannot be repeated here.",
  },
  MW1146: {
    title: "data of a run gone",
    exit: 3,
    http: 500,
    about: "A dataset version that a run learned from is not in the storage any more.",
  },
  MW1147: {
    title: "version without a run",
    exit: 1,
    http: 409,
    about: "The version was not trained in this project, so that there is no run to repeat.",
  },
  MW1148: {
    title: "unknown run",
    exit: 2,
    http: 404,
    about: "There is no training run of that id.",
  },
  MW1180: {
    title: "nothing to compare",
    exit: 2,
    http: 400,
    about:
      "A comparison of runs was asked of less than two different ones. `millwright runs show` looks at one.",
  },
});
