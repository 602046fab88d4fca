import type { Inferred, Origin } from "../../inference/index.js";
import type { HostedModel } from "../../lifecycle/index.js";
import type { TensorSpec } from "../../registry/index.js";
import { binaryOf } from "../oip/binary-data.js";
import { datatypeOf } from "../oip/datatypes.js";
import type { InferResponse } from "./messages.js";

/** What an answer is made of. */
export interface Answered {
  readonly id: string;
  readonly model: HostedModel;
  readonly outputs: readonly TensorSpec[];
  readonly inferred: Inferred;
}

/** The answer with every output in raw_output_contents: the official Python client reads nothing else. */
export function writeAnswer({ id, model, outputs, inferred }: Answered): InferResponse {
  const parameters = originParameters(inferred.origin);
  return {
    model_name: model.name,
    model_version: model.version,
    id,
    ...(parameters === undefined ? {} : { parameters }),
    outputs: outputs.map(({ name }) => {
      const { dtype, shape } = inferred.outputs[name];
      return { name, datatype: datatypeOf(dtype)?.name ?? dtype, shape };
    }),
    raw_output_contents: outputs.map(({ name }) => binaryOf(inferred.outputs[name].data)),
  };
}

/** An answer that the model itself did not compute says so. */
function originParameters(origin: Origin): InferResponse["parameters"] {
  switch (origin.kind) {
    case "model":
      return undefined;
    case "cache":
      return { millwright_origin: { string_param: "cache" } };
    case "fallback":
      return {
        millwright_origin: { string_param: "fallback" },
        millwright_fallback: { string_param: origin.by },
        millwright_because: { string_param: origin.because },
      };
  }
}
