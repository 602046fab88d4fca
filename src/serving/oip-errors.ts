import { errorTable } from "../kernel/index.js";

/** What can be wrong with a request of the Open Inference Protocol, over whatever transport it came. */
export const oipErrors = errorTable({
  MW0817: {
    title: "malformed inference request",
    exit: 2,
    http: 400,
    about:
      "The request is not an inference request of the Open Inference Protocol V2: its JSON is cut off, a field is " +
      "missing or of another kind, a tensor is named that the model does not have, or a parameter asks for what this " +
      "server does not do. Nothing was computed.",
  },
  MW0818: {
    title: "tensor data does not fit",
    exit: 2,
    http: 400,
    about:
      "The JSON data of an input holds more or fewer elements than its shape, or an element that its datatype cannot " +
      "hold: a fraction among whole numbers, a number out of range, a text among numbers.",
  },
  MW0819: {
    title: "binary data does not fit",
    exit: 2,
    http: 400,
    about:
      "The bytes of a request are not what the rest of it says: a tensor's bytes are not as many as its shape times its " +
      "datatype, a text is not UTF-8, bytes are missing or left over, or, over HTTP, the header " +
      "Inference-Header-Content-Length points beyond the body.",
  },
  MW0820: {
    title: "unreadable compression",
    exit: 2,
    http: 400,
    about: "Bodies may be compressed with gzip or deflate; this one is compressed otherwise, or is damaged.",
  },
  MW0821: {
    title: "datatype has no JSON form",
    exit: 2,
    http: 400,
    about:
      "FP16 goes over HTTP as binary data only, in both directions. Send it so, and ask for outputs of this type with " +
      "the parameter binary_data or binary_data_output.",
  },
  MW0822: {
    title: "model does not stream",
    exit: 2,
    http: 400,
    about:
      "Only models whose outputs are declared to feed their inputs answer `generate` and `generate_stream`. Ask this one " +
      "with `infer`.",
  },
});
