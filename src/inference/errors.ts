import { errorTable } from "../kernel/index.js";

export const inferenceErrors = errorTable({
  MW0701: {
    title: "graph cannot be loaded",
    exit: 3,
    http: 500,
    about:
      "The engine refused the ONNX graph: it is cut off, not ONNX at all, or uses an operator or operator set " +
      "that the engine does not know.",
  },
  MW0702: {
    title: "graph does not match its signature",
    exit: 3,
    http: 500,
    about:
      "Inputs or outputs of the ONNX graph differ in name, type or shape from the signature in the manifest, or " +
      "the signature's feature columns do not fill its inputs.",
  },
  MW0703: {
    title: "output is not finite",
    exit: 3,
    http: 500,
    about: "The model gave NaN or an infinite number. The prediction is withheld.",
  },
  MW0704: {
    title: "input of wrong size",
    exit: 3,
    http: 500,
    about: "The number of values given to a model is not its number of rows times its number of columns.",
  },
  MW0705: {
    title: "engine failed",
    exit: 3,
    http: 500,
    about: "The engine failed while it computed a prediction; the message holds its own words.",
  },
  MW0706: {
    title: "model was disposed",
    exit: 3,
    http: 503,
    about: "A prediction was asked of a model that had been taken out of memory.",
  },
  MW0707: {
    title: "input tensors do not fit",
    exit: 2,
    http: 422,
    about:
      "The tensors given to a model are not those of its signature: one is missing or unknown, has another type or a " +
      "dimension of another size, or holds more or fewer elements than its shape says. A text with the character NUL, " +
      "at which the engine's texts end, is refused too, and so are inputs without rows for which the graph gives an " +
      "error. Over HTTP and gRPC the message speaks of datatypes and shapes as the Open Inference Protocol does.",
  },
  MW0708: {
    title: "computation ended",
    exit: 3,
    http: 504,
    about:
      "A model that computes in a process of its own took longer than its time limit. The process was ended and nothing " +
      "of it is left; the next call gets a fresh one. A graph that loops for ever, or inputs that are too large, do this.",
  },
  MW0709: {
    title: "engine's process died",
    exit: 3,
    http: 500,
    about:
      "The process in which a model computes ended while it loaded the model or computed: it crashed, ran out of memory, " +
      "or somebody ended it. The next call gets a fresh one.",
  },
  MW0714: {
    title: "no such provider",
    exit: 2,
    http: 422,
    about:
      "A model was to compute on a device or library that the engine does not have on this machine. The message lists " +
      "those that it has.",
  },
  MW0723: {
    title: "unknown placement",
    exit: 2,
    http: 500,
    about: "A graph computes `inline`, in the thread that serves, or in a `worker`, a process of its own.",
  },
});
