import { errorTable } from "../kernel/index.js";

export const learningErrors = errorTable({
  MW0401: {
    title: "bad learner option",
    exit: 2,
    http: 400,
    about: "A learner was given an option that it does not have, or a value outside the option's range.",
  },
  MW0402: {
    title: "bad label",
    exit: 3,
    http: 422,
    about: "Binary learners take one label per row, 0 or 1. Rows whose outcome is unknown must be left out.",
  },
  MW0403: {
    title: "single class",
    exit: 1,
    http: 422,
    about:
      "All training rows have the same label, so there is nothing to tell apart. Check the label's definition, or let the training part have rows of another class.",
  },
  MW0404: {
    title: "bad feature table",
    exit: 3,
    http: 422,
    about:
      "A feature table needs at least one feature, unique names, one value per row in every feature, and text codes that lie inside a dictionary of distinct texts.",
  },
  MW0405: {
    title: "infinite value",
    exit: 3,
    http: 422,
    about:
      "A number feature is infinite in some rows, or beyond the range of float32 (3.40282347e38), in which trees and graphs compute: mostly a division by zero. Make it missing in the feature's definition, or scale it down.",
  },
  MW0406: {
    title: "feature does not fit the model",
    exit: 3,
    http: 422,
    about:
      "A table to be scored lacks a feature that the model was trained with, or has it with another kind.",
  },
  MW0407: {
    title: "training worker failed",
    exit: 3,
    http: 500,
    about: "A worker thread of a learner stopped before its result was there. The cause is in the message.",
  },
  MW0408: {
    title: "task not learned",
    exit: 2,
    http: 400,
    about: "The learner does not learn this kind of target, such as classes where it fits numbers.",
  },
  MW0409: {
    title: "bad target value",
    exit: 3,
    http: 422,
    about:
      "A target must be a finite number in every row, and at most 1e30 either way: predictions are float32, and must stay finite far beyond the targets. Scale larger ones down in the label's definition. For the Poisson loss it must not be negative, nor 0 everywhere.",
  },
  MW0410: {
    title: "bad weight",
    exit: 3,
    http: 422,
    about: "Every row's weight must be a finite number above 0.",
  },
  MW0411: {
    title: "bad monotone constraint",
    exit: 2,
    http: 400,
    about:
      "A monotone constraint must name a number feature of the table, and its direction must be 1 or -1.",
  },
  MW0412: {
    title: "too many rows for a thread",
    exit: 3,
    http: 422,
    about:
      "A training thread of the trees can address 4 GB. Use more threads, fewer rows, features or leaves.",
  },
  MW0420: {
    title: "too few rows",
    exit: 1,
    http: 422,
    about:
      "A learner or a calibration was given fewer rows than it can be computed from. Give the training part more rows.",
  },
  MW0421: {
    title: "bad calibration data",
    exit: 3,
    http: 422,
    about:
      "A calibration is fitted to probabilities from 0 to 1 and labels of rows that the model was not trained on, equally many of each, of at least two classes.",
  },
  MW0422: {
    title: "graph cannot be calibrated",
    exit: 3,
    http: 422,
    about:
      "A calibration, and likewise intervals and sets, are appended to the first output of an ONNX graph, which must hold one number per row, or one per row and class, in 32-bit floats, with operator set 13 or later.",
  },
  MW0423: {
    title: "bad conformal data",
    exit: 3,
    http: 422,
    about:
      "Conformal prediction takes predictions and outcomes of rows that the model was not trained on, equally many and finite, and an error rate between 0 and 1.",
  },
  MW0424: {
    title: "bad explanation request",
    exit: 3,
    http: 422,
    about:
      "An explanation was asked of no background rows, of an output that the model lacks, or of a scorer whose answer is not finite.",
  },
});
