import { errorTable } from "../../kernel/index.js";

export const importErrors = errorTable({
  MW1150: {
    title: "model name is taken",
    exit: 2,
    http: 409,
    about:
      "An imported graph takes tensors, and the name belongs to a model that the project defines or has trained, which " +
      "takes the fields of its features. Import the graph under another name.",
  },
  MW1151: {
    title: "probes cannot be made up",
    exit: 2,
    http: 422,
    about:
      "The imported graph refused every set of inputs that was made up from its signature, for instance because it " +
      "reads more of a number than its type says, or gave nothing but empty tensors. Nothing was registered. Give the probes with --probes.",
  },
  MW1152: {
    title: "answers do not repeat",
    exit: 1,
    http: 422,
    about:
      "The imported graph gives another answer for the same input each time, so far apart that no stored probe could " +
      "tell it from another graph. Nothing was registered. Export the model for inference, without dropout or sampling.",
  },
  MW1181: {
    title: "graph asks for too much memory",
    exit: 2,
    http: 422,
    about:
      "The imported graph asks for more memory than an import may take (4 GiB and four times the file), on the smallest " +
      "inputs that were made up from its signature. Nothing was registered. Export a graph that needs less.",
  },
});
