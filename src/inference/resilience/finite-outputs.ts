import type { TensorValue } from "../../registry/index.js";
import type { Infer } from "../infer.js";
import { resilienceErrors } from "./resilience-errors.js";

/** Withholds an answer that holds NaN or an infinite number (MW0718). Texts and whole numbers are not looked at. */
export function withFiniteOutputs(infer: Infer): Infer {
  return async (inputs, options) => {
    const answer = await infer(inputs, options);
    for (const name of Object.keys(answer.outputs)) checkFinite(name, answer.outputs[name]);
    return answer;
  };
}

function checkFinite(output: string, { dtype, data }: TensorValue): void {
  if (dtype !== "float32" && dtype !== "float64") return;
  for (let index = 0; index < data.length; index++) {
    if (Number.isFinite(data[index])) continue;
    throw resilienceErrors.error("MW0718", {
      expected: "finite numbers in every output",
      found: `${data[index]} at element ${index} of ${output}`,
      remedy: "Look at the inputs for values far outside of the training data.",
      details: { output, index },
    });
  }
}
