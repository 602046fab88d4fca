import { errorTable } from "../kernel/index.js";

export const grpcErrors = errorTable({
  MW0823: {
    title: "inference message does not hold together",
    exit: 2,
    http: 400,
    about:
      "A gRPC inference request contradicts itself or names what the model has not: an input's bytes or elements are not " +
      "as many as its shape says, contents come twice or in another type, or a parameter or requested output is unknown. " +
      "Nothing was computed.",
  },
  MW0824: {
    title: "message cannot be decoded",
    exit: 2,
    http: 400,
    about:
      "The bytes of a gRPC call are not the protobuf message of its method. The connection stays open; generate the " +
      "client's code from the protocol's definition, or use an official client.",
  },
  MW0825: {
    title: "not offered over gRPC",
    exit: 2,
    http: 501,
    about:
      "The protocol has this method or parameter, and this server does not: shared memory, trace and log settings, " +
      "several repositories, a model's files or configuration inside the call, and classification of outputs.",
  },
});
